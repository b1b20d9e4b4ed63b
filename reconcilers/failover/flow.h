// Flow: where the requests of one source go, also while a drill is on.
//
// Of the requests all but the drill's weight go as if what it takes out had failed. Who calls: statuses and
// the rehearsal. Pure.
//
//   Flow flow(policy, source, members, view.drills.At(destination));
//   flow.shares().steps[0].percent   // of all requests
#pragma once

#include <vector>

#include "reconcilers/failover/shares.h"
#include "reconcilers/failover/steps.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers::failover {

class Flow {
 public:
  // `drill`: that is on at the destination; null: none.
  Flow(const api::FailoverPolicy& policy, const Source& source, const Members& members,
       const EffectiveDrill* drill);

  const Plan& plan() const { return plan_; }
  // Of all requests. The healthy are counted with those that the drill leaves out.
  const Shares& shares() const { return shares_; }
  int LeftOut(size_t step) const { return left_out_.empty() ? 0 : left_out_[step]; }  // healthy endpoints
  std::vector<double> OfMembers() const;  // by Plan::members, 0..1 of all requests

 private:
  Plan plan_, drilled_;
  Shares shares_;
  Shares always_, while_drilled_;  // of the requests that the drill leaves alone, and of the others
  std::vector<int> left_out_;      // by step; empty: there is no drill
  int weight_ = 100;               // percent that the drill leaves alone
};

}  // namespace fairlead::reconcilers::failover
