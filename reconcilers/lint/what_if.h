// WhatIf: what a policy would come to at its targets, were it stored as it is, beside what is there.
//
// Who calls: LintCandidate. Lowers the services at the policy's targets once more with the policy attached,
// out of the same view; nothing is changed. Bounded: the targets that it names, and a few of those that it
// selects. Pure.
//
//   const WhatIf what_if(world.view(), policy);
//   LintPage(key, *policy, what_if.page(), &findings);
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/policy/attachments.h"
#include "reconcilers/status/book.h"

namespace fairlead::reconcilers {

class WhatIf {
 public:
  static constexpr size_t kMaxSelected = 16;  // targets looked at, of those that selectors take

  // A policy that is not there yet and has no time of creation is the youngest.
  WhatIf(const View& view, const api::RetryTimeoutPolicy& policy);

  const PolicyPage& page() const { return book_.At(key_); }
  // The services at its targets, as they would be.
  const ServiceRows& rows() const { return rows_; }
  // Policies of the same level that would lose fields to this one, being younger: "RetryTimeoutPolicy shop/b
  // (spec.timeouts.request)", at that target. Sorted.
  std::vector<std::string> LosersAt(const ObjectKey& target) const;

 private:
  const ObjectKey key_;
  Attachments attachments_;  // over the view's, with the policy
  ServiceRows rows_;
  PolicyBook book_;
};

}  // namespace fairlead::reconcilers
