// PolicyStatus of a policy out of its page in the book and of what the proxies say (GEP-713).
//
// Messages name fields, winners and what to do, are bounded, and are the same for the same state. Pure.
#pragma once

#include "crds/api/policy_common.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/book.h"

namespace fairlead::reconcilers {

struct StatusInput {
  const PolicyPage& page;
  const PolicyHead* policy = nullptr;  // in force; null: none that could be read
  const Invalid* invalid = nullptr;    // the newest version cannot be read
  std::string scope_problem;
  const api::ProxyCounts& proxies;
};

api::PolicyStatus StatusFrom(const StatusInput& input);

}  // namespace fairlead::reconcilers
