#include "reconcilers/policy/fields.h"

namespace fairlead::reconcilers {

bool FieldSet::Has(PolicyField field) const {
  switch (field) {
    case PolicyField::kRequestTimeout:
      return request_timeout.has_value();
    case PolicyField::kIdleTimeout:
      return idle_timeout.has_value();
    case PolicyField::kAttempts:
      return attempts.has_value();
    case PolicyField::kPerTryTimeout:
      return per_try_timeout.has_value();
    case PolicyField::kRetryOn:
      return on != nullptr;
    case PolicyField::kRetryCodes:
      return codes != nullptr;
    case PolicyField::kRetryMethods:
      return methods != nullptr;
    case PolicyField::kBackoffBase:
      return backoff_base.has_value();
    case PolicyField::kBackoffMax:
      return backoff_max.has_value();
    case PolicyField::kBudgetPercent:
      return budget_percent.has_value();
    case PolicyField::kBudgetMinPerSecond:
      return budget_min_per_second.has_value();
    case PolicyField::kRemoteLocalities:
      return remote_localities.has_value();
  }
  return false;
}

FieldSet FieldsOf(const api::RetryTimeoutPolicy& policy) {
  FieldSet fields;
  fields.request_timeout = policy.timeouts.request;
  fields.idle_timeout = policy.timeouts.idle;
  if (!policy.retries) return fields;
  const api::Retries& retries = *policy.retries;
  fields.retries = true;
  fields.attempts = retries.attempts;
  fields.per_try_timeout = retries.per_try_timeout;
  if (retries.on) fields.on = &*retries.on;
  if (retries.codes) fields.codes = &*retries.codes;
  if (retries.methods) fields.methods = &*retries.methods;
  fields.backoff_base = retries.backoff.base;
  fields.backoff_max = retries.backoff.max;
  fields.budget_percent = retries.budget.percent;
  fields.budget_min_per_second = retries.budget.min_per_second;
  fields.remote_localities = retries.remote_localities;
  return fields;
}

FieldSet FieldsOf(const gateway::HttpRouteRule& rule) {
  FieldSet fields;
  fields.request_timeout = rule.timeouts.request;
  fields.per_try_timeout = rule.timeouts.backend_request;
  if (!rule.retry) return fields;
  fields.retries = true;
  fields.attempts = rule.retry->attempts;
  if (!rule.retry->codes.empty()) fields.codes = &rule.retry->codes;
  fields.backoff_base = rule.retry->backoff;
  return fields;
}

bool IsRetryField(PolicyField field) {
  return field != PolicyField::kRequestTimeout && field != PolicyField::kIdleTimeout;
}

}  // namespace fairlead::reconcilers
