// Carriers: a FailoverPolicy as whoever carries it at a service keeps it.
//
// Our own waypoints keep all of it, those of istiod what a DestinationRule can say, and ztunnel, where there
// is no waypoint, an order. Who calls: the statuses, the rehearsal, explain. Pure.
//
//   Carriers carriers(view, policy);
//   for (…) report(*carriers.At(service).policy);
#pragma once

#include <optional>
#include <string>

#include "crds/api/failover_policy.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

struct Carried {
  const api::FailoverPolicy* policy;  // lives as long as the Carriers
  std::string why_not;  // nobody carries it there, and `policy` is as it is written; empty: it is carried
};

class Carriers {
 public:
  Carriers(const View& view, const api::FailoverPolicy& policy) : view_(view), policy_(policy) {}

  // Whether objects of ours for istiod stand in each other's way is not looked at.
  Carried At(const EffectiveService& service);

 private:
  const View& view_;
  const api::FailoverPolicy& policy_;
  // Made once, as services are many, and carriers few.
  std::optional<api::FailoverPolicy> by_istiod_, by_ztunnel_;
};

}  // namespace fairlead::reconcilers::failover
