#include "dataplane/envoy/retry.h"

#include <envoy/extensions/retry/host/previous_hosts/v3/previous_hosts.pb.h>
#include <envoy/extensions/retry/priority/previous_priorities/v3/previous_priorities_config.pb.h>

#include <algorithm>

namespace fairlead::envoy {
namespace {

using api::RetryMethods;
using api::RetryOn;
using reconcilers::EffectivePolicy;
using reconcilers::EffectiveRetries;

// Picks of a host before the retry takes one that was tried already.
constexpr int kHostSelectionAttempts = 5;

std::string_view EnvoyName(RetryOn on) {
  switch (on) {
    case RetryOn::kConnectFailure:
      return "connect-failure";
    case RetryOn::kRefusedStream:
      return "refused-stream";
    case RetryOn::kResetBeforeRequest:
      return "reset-before-request";
    case RetryOn::kGatewayError:
      return "gateway-error";
    case RetryOn::kReset:
      return "reset";
    case RetryOn::kHttp5xx:
      return "5xx";
    case RetryOn::kRetriable4xx:
      return "retriable-4xx";
    case RetryOn::kCancelled:
      return "cancelled";
    case RetryOn::kDeadlineExceeded:
      return "deadline-exceeded";
    case RetryOn::kInternal:
      return "internal";
    case RetryOn::kResourceExhausted:
      return "resource-exhausted";
    case RetryOn::kUnavailable:
      return "unavailable";
  }
  return "";
}

const std::vector<std::string>& MethodsOf(const RetryMethods& methods) {
  static const std::vector<std::string> kIdempotent = {"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"};
  return methods.choice == RetryMethods::Choice::kListed ? methods.listed : kIdempotent;
}

bool HasCodes(const EffectiveRetries& retries) { return retries.codes && !retries.codes->value.empty(); }

bool IsSafeThroughout(const EffectiveRetries& retries) {
  return !HasCodes(retries) &&
         std::all_of(retries.on.value.begin(), retries.on.value.end(), &api::IsSafeForAnyMethod);
}

// `all`: every condition; else those that are safe for any method.
std::string ConditionsOf(const EffectiveRetries& retries, bool all) {
  std::string out;
  const auto add = [&out](std::string_view name) { out.append(out.empty() ? "" : ",").append(name); };
  for (RetryOn on : retries.on.value) {
    if (all || api::IsSafeForAnyMethod(on)) add(EnvoyName(on));
  }
  if (all && HasCodes(retries)) add("retriable-status-codes");
  return out;
}

void EncodeHostSelection(const EffectiveRetries& retries, route_v3::RetryPolicy* out) {
  auto* predicate = out->add_retry_host_predicate();
  predicate->set_name("envoy.retry_host_predicates.previous_hosts");
  *predicate->mutable_typed_config() =
      Pack(::envoy::extensions::retry::host::previous_hosts::v3::PreviousHostsPredicate());
  out->set_host_selection_retry_max_attempts(kHostSelectionAttempts);
  if (!retries.remote_localities || !retries.remote_localities->value) return;
  // A retry leaves the priority levels that were tried, and so the near localities, for the next ones.
  ::envoy::extensions::retry::priority::previous_priorities::v3::PreviousPrioritiesConfig priorities;
  priorities.set_update_frequency(1);
  out->mutable_retry_priority()->set_name("envoy.retry_priorities.previous_priorities");
  *out->mutable_retry_priority()->mutable_typed_config() = Pack(priorities);
}

std::optional<route_v3::RetryPolicy> Encode(const EffectiveRetries& retries, bool all) {
  route_v3::RetryPolicy out;
  if (retries.per_try_timeout) Assign(retries.per_try_timeout->value, out.mutable_per_try_timeout());
  const std::string conditions = ConditionsOf(retries, all);
  if (conditions.empty()) {
    // Nothing may be tried again, yet the one try there is keeps its timeout.
    if (!retries.per_try_timeout) return std::nullopt;
    out.mutable_num_retries()->set_value(0);
    return out;
  }
  out.set_retry_on(conditions);
  out.mutable_num_retries()->set_value(static_cast<uint32_t>(retries.attempts.value));
  if (all && HasCodes(retries)) {
    for (int code : retries.codes->value) out.add_retriable_status_codes(static_cast<uint32_t>(code));
  }
  Assign(retries.backoff_base.value, out.mutable_retry_back_off()->mutable_base_interval());
  Assign(retries.backoff_max.value, out.mutable_retry_back_off()->mutable_max_interval());
  EncodeHostSelection(retries, &out);
  return out;
}

}  // namespace

std::vector<RetryVariant> RetryVariantsOf(const EffectivePolicy& policy, const std::string& method) {
  if (!policy.retries) return {RetryVariant{}};
  const EffectiveRetries& retries = *policy.retries;
  if (retries.methods.value.choice == RetryMethods::Choice::kAll || IsSafeThroughout(retries)) {
    return {RetryVariant{{}, Encode(retries, true)}};
  }
  const std::vector<std::string>& methods = MethodsOf(retries.methods.value);
  if (!method.empty()) {
    const bool listed = std::find(methods.begin(), methods.end(), method) != methods.end();
    return {RetryVariant{{}, Encode(retries, listed)}};
  }
  if (methods.empty()) return {RetryVariant{{}, Encode(retries, false)}};
  return {RetryVariant{methods, Encode(retries, true)}, RetryVariant{{}, Encode(retries, false)}};
}

std::optional<RetryBudget> BudgetOf(const EffectivePolicy& policy) {
  if (!policy.retries) return std::nullopt;
  return RetryBudget{policy.retries->budget_percent.value, policy.retries->budget_min_per_second.value};
}

}  // namespace fairlead::envoy
