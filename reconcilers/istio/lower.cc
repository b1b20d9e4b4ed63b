#include "reconcilers/istio/lower.h"

#include <algorithm>
#include <string>

#include "reconcilers/istio/carry.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers::istiod {
namespace {

constexpr std::string_view kApiVersion = "networking.istio.io/v1";
// RFC 9110 section 9.2.2, as a regular expression of RE2 that must match the whole method.
constexpr const char* kIdempotent = "GET|HEAD|OPTIONS|TRACE|PUT|DELETE";

// Protobuf's JSON form of a duration, which is all that every version of Istio takes: "0.250s".
std::string Seconds(Duration duration) {
  const int64_t ms = duration.milliseconds();
  std::string out = std::to_string(ms / 1000);
  if (ms % 1000 != 0) {
    const std::string rest = std::to_string(1000 + ms % 1000);
    out += "." + rest.substr(1);
  }
  return out + "s";
}

const char* RetryOnWord(api::RetryOn on) {
  switch (on) {
    case api::RetryOn::kConnectFailure:
      return "connect-failure";
    case api::RetryOn::kRefusedStream:
      return "refused-stream";
    case api::RetryOn::kResetBeforeRequest:
      return "reset-before-request";
    case api::RetryOn::kGatewayError:
      return "gateway-error";
    case api::RetryOn::kReset:
      return "reset";
    case api::RetryOn::kHttp5xx:
      return "5xx";
    case api::RetryOn::kRetriable4xx:
      return "retriable-4xx";
    case api::RetryOn::kCancelled:
      return "cancelled";
    case api::RetryOn::kDeadlineExceeded:
      return "deadline-exceeded";
    case api::RetryOn::kInternal:
      return "internal";
    case api::RetryOn::kResourceExhausted:
      return "resource-exhausted";
    case api::RetryOn::kUnavailable:
      return "unavailable";
  }
  return "";
}

Json::Value Off() {
  Json::Value out(Json::objectValue);
  out["attempts"] = 0;
  return out;
}

// `safe_only`: for requests that may not be carried out twice.
Json::Value RetriesOf(const EffectiveRetries& retries, bool safe_only,
                      const IstioCapabilities& capabilities) {
  std::string on;
  const auto add = [&](const std::string& word) { on += (on.empty() ? "" : ",") + word; };
  for (api::RetryOn condition : retries.on.value) {
    if (!safe_only || api::IsSafeForAnyMethod(condition)) add(RetryOnWord(condition));
  }
  if (!safe_only && retries.codes) {
    for (int code : retries.codes->value) add(std::to_string(code));
  }
  if (on.empty()) return Off();
  Json::Value out(Json::objectValue);
  out["attempts"] = retries.attempts.value;
  out["retryOn"] = on;
  if (retries.per_try_timeout) out["perTryTimeout"] = Seconds(retries.per_try_timeout->value);
  if (retries.remote_localities) out["retryRemoteLocalities"] = retries.remote_localities->value;
  if (capabilities.retry_backoff) out["backoff"] = Seconds(retries.backoff_base.value);
  return out;
}

bool HasUnsafe(const EffectiveRetries& retries) {
  return retries.codes || std::any_of(retries.on.value.begin(), retries.on.value.end(),
                                      [](api::RetryOn on) { return !api::IsSafeForAnyMethod(on); });
}

std::string MethodRegex(const api::RetryMethods& methods) {
  if (methods.choice == api::RetryMethods::Choice::kIdempotent) return kIdempotent;
  std::string out;
  for (const std::string& method : methods.listed) out += (out.empty() ? "" : "|") + method;
  return out;
}

Json::Value RouteTo(const EffectiveService& service, const EffectivePort& port,
                    const EffectivePolicy& policy) {
  Json::Value destination(Json::objectValue);
  destination["host"] = service.hostnames.front();
  destination["port"]["number"] = port.port;
  Json::Value target(Json::objectValue);
  target["destination"] = std::move(destination);
  Json::Value out(Json::objectValue);
  out["route"].append(std::move(target));
  if (policy.request_timeout && !policy.request_timeout->value.zero()) {
    out["timeout"] = Seconds(policy.request_timeout->value);
  }
  return out;
}

void AddRoutes(const EffectiveService& service, const EffectivePort& port, const EffectivePolicy& policy,
               const IstioCapabilities& capabilities, Json::Value* http) {
  Json::Value match(Json::objectValue);
  match["port"] = port.port;
  Json::Value base = RouteTo(service, port, policy);
  const std::string name = "port-" + std::to_string(port.port);
  if (policy.retries && policy.retries->methods.value.choice != api::RetryMethods::Choice::kAll &&
      HasUnsafe(*policy.retries)) {
    Json::Value repeatable = base;
    Json::Value by_method = match;
    by_method["method"]["regex"] = MethodRegex(policy.retries->methods.value);
    repeatable["name"] = name + "-repeatable";
    repeatable["match"].append(std::move(by_method));
    repeatable["retries"] = RetriesOf(*policy.retries, false, capabilities);
    http->append(std::move(repeatable));
    base["retries"] = RetriesOf(*policy.retries, true, capabilities);
  } else if (policy.retries) {
    base["retries"] = RetriesOf(*policy.retries, false, capabilities);
  } else if (policy.retries_off) {
    base["retries"] = Off();
  }
  base["name"] = name;
  base["match"].append(std::move(match));
  http->append(std::move(base));
}

// A Service's name has no dots, so "fairlead-ratings" and "fairlead.ratings" never name the same.
std::string NameFor(const ObjectKey& service) {
  return (service.kind == Kind::kService ? "fairlead-" : "fairlead.") + service.name;
}

Json::Value Frame(const char* kind, const EffectiveService& service, const ObjectMeta& meta) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = std::string(kApiVersion);
  out["kind"] = kind;
  Json::Value& metadata = out["metadata"];
  metadata["name"] = NameFor(service.key);
  metadata["namespace"] = service.key.ns;
  metadata["labels"][kManagedByLabel] = kManagedByValue;
  std::string names;
  for (const ObjectKey& policy : service.policies)
    names += (names.empty() ? "" : ",") + policy.nn().ToString();
  metadata["annotations"]["fairlead.dev/policies"] = names;
  if (meta.uid.empty()) return out;  // offline: there is no cluster, and no uid
  const KindInfo& owner_kind = InfoOf(service.key.kind);
  Json::Value owner(Json::objectValue);
  owner["apiVersion"] =
      (owner_kind.group.empty() ? "" : std::string(owner_kind.group) + "/") + std::string(owner_kind.version);
  owner["kind"] = std::string(owner_kind.name);
  owner["name"] = service.key.name;
  owner["uid"] = meta.uid;
  owner["controller"] = true;
  owner["blockOwnerDeletion"] = false;
  metadata["ownerReferences"].append(std::move(owner));
  return out;
}

// Only for a budget that somebody asked for: a DestinationRule may stand in the way of one of the user's own.
const EffectiveRetries* AskedBudget(const EffectiveService& service) {
  for (const EffectivePort& port : service.ports) {
    for (const EffectiveRule& rule : port.rules) {
      if (!rule.policy.retries) continue;
      const EffectiveRetries& retries = *rule.policy.retries;
      if (retries.budget_percent.origin.level != Level::kBuiltIn ||
          retries.budget_min_per_second.origin.level != Level::kBuiltIn) {
        return &retries;
      }
    }
  }
  return nullptr;
}

}  // namespace

std::vector<Json::Value> LowerToIstio(const EffectiveService& service, const ObjectMeta& meta,
                                      const IstioCapabilities& capabilities) {
  std::vector<Json::Value> objects;
  if (service.hostnames.empty() || !CarriageOf(service, capabilities).carried) return objects;
  Json::Value http(Json::arrayValue);
  bool any = false;
  for (const EffectivePort& port : service.ports) {
    if (!IsHttp(port.protocol) || port.rules.empty()) continue;
    any = any || HasPolicy(port.rules.front().policy);
    AddRoutes(service, port, port.rules.front().policy, capabilities, &http);
  }
  if (!any) return objects;
  if (const EffectiveRetries* budget = AskedBudget(service); budget != nullptr && capabilities.retry_budget) {
    Json::Value rule = Frame("DestinationRule", service, meta);
    rule["spec"]["host"] = service.hostnames.front();
    Json::Value& retry_budget = rule["spec"]["trafficPolicy"]["retryBudget"];
    retry_budget["percent"] = budget->budget_percent.value;
    retry_budget["minRetryConcurrency"] = budget->budget_min_per_second.value;
    objects.push_back(std::move(rule));
  }
  Json::Value virtual_service = Frame("VirtualService", service, meta);
  for (const std::string& host : service.key.kind == Kind::kService
                                     ? std::vector<std::string>{service.hostnames.front()}
                                     : service.hostnames) {
    virtual_service["spec"]["hosts"].append(host);
  }
  virtual_service["spec"]["http"] = std::move(http);
  objects.push_back(std::move(virtual_service));
  return objects;
}

std::vector<Json::Value> LowerToIstio(const World& world, const ObjectKey& service) {
  const View& view = world.view();
  const auto found = world.services().find(service);
  if (found == world.services().end() || !found->second->waypoint) return {};
  const auto gateway = view.tables.Get<gateway::Gateway>(*found->second->waypoint);
  if (gateway == nullptr || !IsProgrammedByIstiod(view.options, *gateway)) return {};
  return LowerToIstio(*found->second, *view.tables.MetaOf(service), view.options.istio);
}

std::vector<Json::Value> LowerToIstio(const World& world) {
  std::vector<Json::Value> rules, services;
  for (const auto& [key, service] : world.services()) {
    for (Json::Value& object : LowerToIstio(world, key)) {
      (object["kind"] == "DestinationRule" ? rules : services).push_back(std::move(object));
    }
  }
  rules.insert(rules.end(), std::make_move_iterator(services.begin()),
               std::make_move_iterator(services.end()));
  return rules;
}

}  // namespace fairlead::reconcilers::istiod
