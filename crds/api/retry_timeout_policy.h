// RetryTimeoutPolicy (rtp): timeouts and retries for routes and services.
//
// A field that is left out (nullopt) leaves the decision to less specific policies, and at last to
// kRetryDefaults; the merge (reconcilers/) fills defaults once, so this value holds just what the user wrote.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "crds/base/duration.h"

namespace fairlead::api {

struct Timeouts {
  std::optional<Duration> request;  // whole request with all its tries; 0s: none
  std::optional<Duration> idle;     // stream with no bytes either way; 0s: none
  friend bool operator==(const Timeouts&, const Timeouts&) = default;
};

// What makes a try a failure. The names are Envoy's retry_on values in the API's spelling.
enum class RetryOn : unsigned char {
  kConnectFailure,      // no connection was made: the request was not carried out
  kRefusedStream,       // REFUSED_STREAM: not carried out
  kResetBeforeRequest,  // reset before the request's headers were sent: not carried out
  kGatewayError,        // 502, 503, 504
  kReset,               // connection or stream ended without a response
  kHttp5xx,             // any 5xx, no response included
  kRetriable4xx,        // 409
  kCancelled,
  kDeadlineExceeded,
  kInternal,
  kResourceExhausted,
  kUnavailable,  // gRPC status in response headers
};
std::string_view ToString(RetryOn on);  // "ConnectFailure"
// True where the request cannot have been carried out, so that any method may be tried again.
bool IsSafeForAnyMethod(RetryOn on);

struct RetryMethods {
  enum class Choice : unsigned char { kIdempotent, kAll, kListed };  // Idempotent: RFC 9110 section 9.2.2
  Choice choice = Choice::kIdempotent;
  std::vector<std::string> listed;  // upper case, sorted, unique; only for kListed
  friend bool operator==(const RetryMethods&, const RetryMethods&) = default;
};

struct RetryBackoff {
  std::optional<Duration> base;  // >= 1ms
  std::optional<Duration> max;   // >= base
  friend bool operator==(const RetryBackoff&, const RetryBackoff&) = default;
};

// Concurrent retries may be at most `percent` of the active requests, but `min_per_second` are always
// allowed. Envoy limits concurrency, not rate: see docs/api.md.
struct RetryBudget {
  std::optional<int> percent;         // 0..100
  std::optional<int> min_per_second;  // 0..1,000,000
  friend bool operator==(const RetryBudget&, const RetryBudget&) = default;
};

struct Retries {
  std::optional<int>
      attempts;  // retries after the first try, 0..10; 0 = off, and then no other field of retries may be set
  std::optional<Duration> per_try_timeout;  // > 0, <= timeouts.request
  std::optional<std::vector<RetryOn>> on;   // sorted, unique
  std::optional<std::vector<int>> codes;    // 400..599, sorted, unique
  std::optional<RetryMethods> methods;
  RetryBackoff backoff;
  RetryBudget budget;
  std::optional<bool> remote_localities;
  friend bool operator==(const Retries&, const Retries&) = default;
};

struct RetryTimeoutPolicy {
  static constexpr Kind kKind = Kind::kRetryTimeoutPolicy;
  ObjectMeta meta;
  PolicyTargets targets;
  Timeouts timeouts;
  std::optional<Retries> retries;      // present: retries are configured, defaults fill what it leaves out
  std::optional<PolicyStatus> status;  // what the API server has, to compare before a write
  friend bool operator==(const RetryTimeoutPolicy&, const RetryTimeoutPolicy&) = default;
};

Parsed<RetryTimeoutPolicy> ParseRetryTimeoutPolicy(const JsonNode& object);
Json::Value ToJson(const RetryTimeoutPolicy& policy);      // canonical: defaults shown
Json::Value SpecToJson(const RetryTimeoutPolicy& policy);  // the value of `spec` in it

// Used where `retries` is present in some policy that applies and no policy sets the field.
struct RetryDefaults {
  static constexpr int kAttempts = 2;
  static constexpr Duration kBackoffBase = Duration::Milliseconds(25);
  static constexpr Duration kBackoffMax = Duration::Milliseconds(250);
  static constexpr int kBudgetPercent = 20;
  static constexpr int kBudgetMinPerSecond = 10;
  // ConnectFailure, RefusedStream, ResetBeforeRequest, GatewayError
  static const std::vector<RetryOn>& On();
};

}  // namespace fairlead::api
