// FieldSet: the fields of a policy, or of a route rule's own timeouts and retry, as the merge sees them.
//
// An absent field leaves the decision to others. Pointers are into the policy or rule, which must outlive it.
#pragma once

#include <optional>
#include <vector>

#include "crds/api/retry_timeout_policy.h"
#include "crds/gateway/http_route.h"
#include "reconcilers/model/policy.h"

namespace fairlead::reconcilers {

struct FieldSet {
  std::optional<Duration> request_timeout;
  std::optional<Duration> idle_timeout;
  bool retries = false;  // retries are configured, if only by defaults
  std::optional<int> attempts;
  std::optional<Duration> per_try_timeout;
  const std::vector<api::RetryOn>* on = nullptr;
  const std::vector<int>* codes = nullptr;
  const api::RetryMethods* methods = nullptr;
  std::optional<Duration> backoff_base;
  std::optional<Duration> backoff_max;
  std::optional<int> budget_percent;
  std::optional<int> budget_min_per_second;
  std::optional<bool> remote_localities;

  bool Has(PolicyField field) const;
};

FieldSet FieldsOf(const api::RetryTimeoutPolicy& policy);
FieldSet FieldsOf(const gateway::HttpRouteRule& rule);

// In spec.retries.
bool IsRetryField(PolicyField field);

}  // namespace fairlead::reconcilers
