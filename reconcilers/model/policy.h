// The effective policy of one route rule: every field with its origin, as merged from all policies that apply
// (GEP-713).
//
// Written by the merge (reconcilers/policy/), read by the encoders of dataplane/, by the Istio lowering and
// by `explain`. Values; nothing here names Envoy or Istio.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "crds/api/retry_timeout_policy.h"
#include "crds/base/duration.h"
#include "crds/base/key.h"
#include "reconcilers/model/boxed.h"

namespace fairlead::reconcilers {

// From the least to the most specific. kInline: written in the route's own rule. kBuiltIn: a default of ours.
// kDefaults: what a workspace's settings say where no policy does.
enum class Level : unsigned char {
  kBuiltIn,
  kDefaults,
  kMesh,
  kWorkspace,
  kNamespace,
  kService,
  kRoute,
  kRouteRule,
  kInline
};
std::string_view ToString(Level level);  // "Service"

// The fields that are merged one by one, in the order in which they are printed.
enum class PolicyField : unsigned char {
  kRequestTimeout,
  kIdleTimeout,
  kAttempts,
  kPerTryTimeout,
  kRetryOn,
  kRetryCodes,
  kRetryMethods,
  kBackoffBase,
  kBackoffMax,
  kBudgetPercent,
  kBudgetMinPerSecond,
  kRemoteLocalities,
};
inline constexpr size_t kPolicyFieldCount = static_cast<size_t>(PolicyField::kRemoteLocalities) + 1;
std::string_view PathOf(PolicyField field);  // "spec.retries.attempts"

// Where a value came from.
struct Origin {
  Level level = Level::kBuiltIn;
  bool is_override = false;  // by a policy of mode Override
  // The policy; for kInline the route, for kDefaults the WorkspaceSettings; default-constructed for kBuiltIn.
  ObjectKey object;
  int64_t generation = 0;  // of a policy or route
  friend bool operator==(const Origin&, const Origin&) = default;
};

template <class T>
struct Sourced {
  T value{};
  Origin origin;
  friend bool operator==(const Sourced&, const Sourced&) = default;
};

struct EffectiveRetries {
  Origin enabled_by;      // the first in precedence that configures retries at all, be it with defaults alone
  Sourced<int> attempts;  // >= 1 (0 = off is no EffectiveRetries at all, see EffectivePolicy)
  std::optional<Sourced<Duration>> per_try_timeout;
  Sourced<std::vector<api::RetryOn>> on;
  std::optional<Sourced<std::vector<int>>> codes;
  Sourced<api::RetryMethods> methods;
  Sourced<Duration> backoff_base;
  Sourced<Duration> backoff_max;
  Sourced<int> budget_percent;
  Sourced<int> budget_min_per_second;
  std::optional<Sourced<bool>> remote_localities;
  friend bool operator==(const EffectiveRetries&, const EffectiveRetries&) = default;
};

struct EffectivePolicy {
  std::optional<Sourced<Duration>> request_timeout;  // 0: explicitly none
  std::optional<Sourced<Duration>> idle_timeout;
  Boxed<EffectiveRetries> retries;
  std::optional<Sourced<int>> retries_off;  // attempts: 0 won, here is who said so
  friend bool operator==(const EffectivePolicy&, const EffectivePolicy&) = default;
};

}  // namespace fairlead::reconcilers
