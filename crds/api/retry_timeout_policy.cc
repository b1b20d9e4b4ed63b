#include "crds/api/retry_timeout_policy.h"

#include <algorithm>

#include "crds/api/policy_reader.h"
#include "crds/base/meta_json.h"

namespace fairlead::api {
namespace {

constexpr EnumName<RetryOn> kRetryOn[] = {
    {"ConnectFailure", RetryOn::kConnectFailure},
    {"RefusedStream", RetryOn::kRefusedStream},
    {"ResetBeforeRequest", RetryOn::kResetBeforeRequest},
    {"GatewayError", RetryOn::kGatewayError},
    {"Reset", RetryOn::kReset},
    {"Http5xx", RetryOn::kHttp5xx},
    {"Retriable4xx", RetryOn::kRetriable4xx},
    {"Cancelled", RetryOn::kCancelled},
    {"DeadlineExceeded", RetryOn::kDeadlineExceeded},
    {"Internal", RetryOn::kInternal},
    {"ResourceExhausted", RetryOn::kResourceExhausted},
    {"Unavailable", RetryOn::kUnavailable},
};
constexpr EnumName<RetryMethods::Choice> kChoices[] = {{"Idempotent", RetryMethods::Choice::kIdempotent},
                                                       {"All", RetryMethods::Choice::kAll}};
// CONNECT is missing: a tunnel cannot be retried.
const std::vector<std::string_view> kMethods = {"DELETE", "GET",  "HEAD", "OPTIONS",
                                                "PATCH",  "POST", "PUT",  "TRACE"};
constexpr size_t kMaxCodes = 32;
constexpr int kMaxPerSecond = 1'000'000;

template <class T>
std::vector<T> Sorted(std::vector<T> list) {
  std::sort(list.begin(), list.end());
  return list;
}

// YAML 1.1, and so kubectl, takes the key `on` without quotes for the boolean true, and sends "true".
constexpr std::string_view kOnAlias = "true";

std::optional<std::vector<RetryOn>> ReadOn(ObjectReader& r) {
  std::vector<RetryOn> out;
  if (r.Has("on") && r.Has(kOnAlias)) r.field().Add("must not have on both quoted and unquoted");
  r.TakeFor("on", kOnAlias);
  r.List("on", {.max = std::size(kRetryOn)}, [&](JsonNode item, Field at) {
    const auto on = ReadEnumValue(item, at, kRetryOn);
    if (on && IsNew(*on, out, at)) out.push_back(*on);
  });
  if (!r.Has("on")) return std::nullopt;
  return Sorted(std::move(out));
}

std::optional<std::vector<int>> ReadCodes(ObjectReader& r) {
  std::vector<int> out;
  r.List("codes", {.max = kMaxCodes}, [&](JsonNode item, Field at) {
    const auto code = ReadInt(item, at, 400, 599);
    if (code && IsNew(*code, out, at)) out.push_back(*code);
  });
  if (!r.Has("codes")) return std::nullopt;
  return Sorted(std::move(out));
}

std::optional<RetryMethods> ReadMethods(ObjectReader& r) {
  const std::optional<JsonNode> node = r.Take("methods");
  if (!node) return std::nullopt;
  RetryMethods out;
  if (node->IsString()) {
    const auto choice = ReadEnumValue(*node, r.at("methods"), kChoices);
    if (!choice) return std::nullopt;
    out.choice = *choice;
    return out;
  }
  if (!node->IsArray()) {
    r.at("methods").Add("must be Idempotent, All or a list of methods such as [GET, PUT]");
    return std::nullopt;
  }
  out.choice = RetryMethods::Choice::kListed;
  r.List("methods", {.min = 1, .max = kMethods.size()}, [&](JsonNode item, Field at) {
    if (const auto index = ReadEnum(item, at, kMethods)) out.listed.emplace_back(kMethods[*index]);
  });
  std::sort(out.listed.begin(), out.listed.end());
  out.listed.erase(std::unique(out.listed.begin(), out.listed.end()), out.listed.end());
  return out;
}

RetryBackoff ReadBackoff(ObjectReader& r) {
  RetryBackoff out;
  const DurationRule rule{.min = Duration::Milliseconds(1), .max = {}};
  out.base = r.ReadDuration("base", rule);
  out.max = r.ReadDuration("max", rule);
  if (out.base && out.max && *out.max < *out.base) {
    r.at("max").Add("must not be less than " + r.at("base").path() + " (" + out.base->ToString() + ")");
  } else if (out.base && !r.Has("max") && *out.base > RetryDefaults::kBackoffMax) {
    r.at("base").Warn("is above the default of " + r.at("max").path() + " (" +
                      RetryDefaults::kBackoffMax.ToString() + "); set that too");
  }
  return out;
}

Retries ReadRetries(ObjectReader& r) {
  Retries out;
  out.attempts = r.Int("attempts", 0, 10);
  out.per_try_timeout = r.ReadDuration("perTryTimeout", {.min = Duration::Milliseconds(1), .max = {}});
  out.on = ReadOn(r);
  out.codes = ReadCodes(r);
  out.methods = ReadMethods(r);
  r.Object("backoff", [&](ObjectReader& b) { out.backoff = ReadBackoff(b); });
  r.Object("budget", [&](ObjectReader& b) {
    out.budget.percent = b.Int("percent", 0, 100);
    out.budget.min_per_second = b.Int("minPerSecond", 0, kMaxPerSecond);
    if (out.budget.percent == 0 && out.budget.min_per_second == 0) {
      b.field().Warn("allows no retry at all; attempts: 0 says so more plainly");
    }
  });
  out.remote_localities = r.Bool("remoteLocalities");

  std::string others;
  for (const char* name :
       {"perTryTimeout", "on", "codes", "methods", "backoff", "budget", "remoteLocalities"}) {
    if (r.Has(name)) others += (others.empty() ? "" : ", ") + std::string(name);
  }
  if (out.attempts == 0 && !others.empty()) {
    r.field().Add("attempts: 0 turns retries off, so nothing else may be set here: " + others);
  }
  const auto on = r.Peek("on"), codes = r.Peek("codes");
  const auto is_empty = [](const std::optional<JsonNode>& list) {
    return !list || list->Items().begin() == list->Items().end();
  };
  if (on && on->IsArray() && is_empty(on) && is_empty(codes)) {
    r.at("on").Add(
        "must not be empty without codes: nothing would be retried; attempts: 0 turns retries off");
  }
  return out;
}

bool RetriesAnyResponse(const Retries& r) {
  const std::vector<RetryOn>& on = r.on ? *r.on : RetryDefaults::On();
  return (r.codes && !r.codes->empty()) || !std::all_of(on.begin(), on.end(), IsSafeForAnyMethod);
}

bool TargetsGrpc(const PolicyTargets& targets) {
  const auto grpc = [](const auto& target) { return target.kind == Kind::kGRPCRoute; };
  return std::any_of(targets.refs.begin(), targets.refs.end(), grpc) ||
         std::any_of(targets.selectors.begin(), targets.selectors.end(), grpc);
}

void WarnOfMethods(ObjectReader& spec, const PolicyTargets& targets, const Retries& retries) {
  if (retries.attempts == 0 || !RetriesAnyResponse(retries)) return;
  const Field at = spec.at("retries")["methods"];
  const RetryMethods methods = retries.methods.value_or(RetryMethods{});
  const auto listed = [&](const char* name) {
    return std::find(methods.listed.begin(), methods.listed.end(), name) != methods.listed.end();
  };
  if (methods.choice == RetryMethods::Choice::kAll) {
    at.Warn("All repeats requests that may have been carried out already, POST and PATCH too");
  } else if (listed("POST") || listed("PATCH")) {
    at.Warn("POST and PATCH are not idempotent: a request may be carried out more than once");
  } else if (TargetsGrpc(targets)) {
    at.Warn(
        "gRPC calls are POST requests: with " +
        std::string(methods.choice == RetryMethods::Choice::kIdempotent ? "Idempotent" : "this list") +
        " they are retried only where the call cannot have been carried out (ConnectFailure, RefusedStream, "
        "ResetBeforeRequest); All retries them in every case");
  }
}

void CheckTimes(ObjectReader& spec, const RetryTimeoutPolicy& policy) {
  if (!policy.retries || !policy.timeouts.request || policy.timeouts.request->zero()) return;
  const Duration request = *policy.timeouts.request;
  const std::optional<Duration> per_try = policy.retries->per_try_timeout;
  if (!per_try) return;
  const Field at = spec.at("retries")["perTryTimeout"];
  if (*per_try > request) {
    at.Add("must not be more than " + spec.at("timeouts")["request"].path() + " (" + request.ToString() +
           ")");
    return;
  }
  const int tries = 1 + policy.retries->attempts.value_or(RetryDefaults::kAttempts);
  if (per_try->milliseconds() * tries > request.milliseconds()) {
    at.Warn(std::to_string(tries) + " tries of " + per_try->ToString() + " do not fit in " +
            spec.at("timeouts")["request"].path() + " (" + request.ToString() +
            "), which ends the later ones");
  }
}

void ReadSpec(ObjectReader& spec, RetryTimeoutPolicy* out) {
  out->targets = ReadTargets(spec, {Kind::kHTTPRoute, Kind::kGRPCRoute, Kind::kService, Kind::kServiceEntry});
  spec.Object("timeouts", [&](ObjectReader& r) {
    out->timeouts.request = r.ReadDuration("request");
    out->timeouts.idle = r.ReadDuration("idle");
    if (!r.Has("request") && !r.Has("idle")) r.field().Add("must have request or idle");
  });
  spec.Object("retries", [&](ObjectReader& r) { out->retries = ReadRetries(r); });
  if (!spec.Has("timeouts") && !spec.Has("retries")) spec.field().Add("must have timeouts or retries");
  CheckTimes(spec, *out);
  if (out->retries) WarnOfMethods(spec, out->targets, *out->retries);
}

template <class T>
void Set(Json::Value* object, const char* name, const std::optional<T>& value) {
  if (value) (*object)[name] = *value;
}
void Set(Json::Value* object, const char* name, const std::optional<Duration>& value) {
  if (value) (*object)[name] = value->ToString();
}

Json::Value ToJson(const Retries& r) {
  Json::Value out(Json::objectValue);
  Set(&out, "attempts", r.attempts);
  Set(&out, "perTryTimeout", r.per_try_timeout);
  if (r.on) {
    out["on"] = Json::Value(Json::arrayValue);
    for (RetryOn on : *r.on) out["on"].append(std::string(ToString(on)));
  }
  if (r.codes) {
    out["codes"] = Json::Value(Json::arrayValue);
    for (int code : *r.codes) out["codes"].append(code);
  }
  if (r.methods) {
    out["methods"] = r.methods->choice == RetryMethods::Choice::kListed
                         ? fairlead::ToJson(r.methods->listed)
                         : Json::Value(std::string(NameOf(kChoices, r.methods->choice)));
  }
  Json::Value backoff(Json::objectValue), budget(Json::objectValue);
  Set(&backoff, "base", r.backoff.base);
  Set(&backoff, "max", r.backoff.max);
  if (!backoff.empty()) out["backoff"] = backoff;
  Set(&budget, "percent", r.budget.percent);
  Set(&budget, "minPerSecond", r.budget.min_per_second);
  if (!budget.empty()) out["budget"] = budget;
  Set(&out, "remoteLocalities", r.remote_localities);
  return out;
}

}  // namespace

std::string_view ToString(RetryOn on) { return NameOf(kRetryOn, on); }

bool IsSafeForAnyMethod(RetryOn on) {
  return on == RetryOn::kConnectFailure || on == RetryOn::kRefusedStream ||
         on == RetryOn::kResetBeforeRequest;
}

const std::vector<RetryOn>& RetryDefaults::On() {
  static const std::vector<RetryOn> on = {RetryOn::kConnectFailure, RetryOn::kRefusedStream,
                                          RetryOn::kResetBeforeRequest, RetryOn::kGatewayError};
  return on;
}

Parsed<RetryTimeoutPolicy> ParseRetryTimeoutPolicy(const JsonNode& object) {
  return ParseOwn<RetryTimeoutPolicy>(object, ReadSpec, [](const JsonNode& status, RetryTimeoutPolicy* out) {
    out->status = ParsePolicyStatus(status);
  });
}

Json::Value ToJson(const RetryTimeoutPolicy& policy) {
  Json::Value out = ObjectToJson(policy.kKind, policy.meta);
  out["spec"] = SpecToJson(policy);
  if (policy.status) out["status"] = ToJson(*policy.status);
  return out;
}

Json::Value SpecToJson(const RetryTimeoutPolicy& policy) {
  Json::Value spec;
  WriteTargets(policy.targets, &spec);
  Json::Value timeouts(Json::objectValue);
  Set(&timeouts, "request", policy.timeouts.request);
  Set(&timeouts, "idle", policy.timeouts.idle);
  if (!timeouts.empty()) spec["timeouts"] = timeouts;
  if (policy.retries) spec["retries"] = ToJson(*policy.retries);
  return spec;
}

}  // namespace fairlead::api
