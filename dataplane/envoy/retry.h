// The effective retry policy in Envoy's terms, with retries that are safe by default.
//
// Envoy decides on a retry without looking at the method. So one route entry becomes two Envoy routes where
// methods differ: the first takes the methods that may be tried again whatever happened, the second the
// others, with only the conditions under which the request cannot have been carried out. Pure.
#pragma once

#include <envoy/config/route/v3/route_components.pb.h>

#include <optional>
#include <string>
#include <vector>

#include "dataplane/envoy/names.h"
#include "dataplane/envoy/proto.h"
#include "reconcilers/model/policy.h"

namespace fairlead::envoy {

struct RetryVariant {
  std::vector<std::string> methods;  // the route is for these only; empty: for all that the match takes
  std::optional<route_v3::RetryPolicy> policy;
};

// One or two, in the order in which Envoy is to try them. `method`: what the match asks for, empty for any.
std::vector<RetryVariant> RetryVariantsOf(const reconcilers::EffectivePolicy& policy,
                                          const std::string& method);

// minPerSecond becomes Envoy's min_retry_concurrency: Envoy bounds how many retries are under way at once,
// not how many start in a second. With tries shorter than a second this allows more than the figure says,
// with longer ones fewer.
std::optional<RetryBudget> BudgetOf(const reconcilers::EffectivePolicy& policy);

}  // namespace fairlead::envoy
