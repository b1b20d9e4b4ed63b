#include "reconcilers/istio/lower.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "reconcilers/failover/winner.h"
#include "reconcilers/istio/carry.h"
#include "reconcilers/istio/seconds.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers::istiod {
namespace {

constexpr std::string_view kApiVersion = "networking.istio.io/v1";
// RFC 9110 section 9.2.2, as a regular expression of RE2 that must match the whole method.
constexpr const char* kIdempotent = "GET|HEAD|OPTIONS|TRACE|PUT|DELETE";

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
  if (!names.empty()) metadata["annotations"]["fairlead.dev/policies"] = names;
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

// Of the policies for timeouts and retries, without an object where none is to be written.
struct Requests {
  std::optional<Json::Value> virtual_service;
  const EffectiveRetries* budget = nullptr;
};

Requests RequestsOf(const EffectiveService& service, const ObjectMeta& meta,
                    const IstioCapabilities& capabilities) {
  Requests out;
  if (!CarriageOf(service, capabilities).carried) return out;
  Json::Value http(Json::arrayValue);
  bool any = false;
  for (const EffectivePort& port : service.ports) {
    if (!IsHttp(port.protocol) || port.rules.empty()) continue;
    any = any || HasPolicy(port.rules.front().policy);
    AddRoutes(service, port, port.rules.front().policy, capabilities, &http);
  }
  if (!any) return out;
  if (capabilities.retry_budget) out.budget = AskedBudget(service);
  out.virtual_service = Frame("VirtualService", service, meta);
  Json::Value& spec = (*out.virtual_service)["spec"];
  for (const std::string& host : service.key.kind == Kind::kService
                                     ? std::vector<std::string>{service.hostnames.front()}
                                     : service.hostnames) {
    spec["hosts"].append(host);
  }
  spec["http"] = std::move(http);
  return out;
}

// One for a host, whatever it is for: istiod takes one only.
std::optional<Json::Value> DestinationRuleOf(const EffectiveService& service, const ObjectMeta& meta,
                                             const EffectiveRetries* budget,
                                             const std::vector<PortFailover>& failover) {
  Json::Value policy(Json::objectValue);
  if (budget != nullptr) {
    policy["retryBudget"]["percent"] = budget->budget_percent.value;
    policy["retryBudget"]["minRetryConcurrency"] = budget->budget_min_per_second.value;
  }
  AddFailover(failover, &policy);
  if (policy.empty()) return std::nullopt;
  Json::Value out = Frame("DestinationRule", service, meta);
  std::set<std::string> names;
  for (const PortFailover& port : failover) {
    if (port.policy != nullptr) names.insert(port.policy->meta.nn().ToString());
  }
  std::string joined;
  for (const std::string& name : names) joined += (joined.empty() ? "" : ",") + name;
  if (!joined.empty()) out["metadata"]["annotations"]["fairlead.dev/failover-policies"] = joined;
  out["spec"]["host"] = service.hostnames.front();
  out["spec"]["trafficPolicy"] = std::move(policy);
  return out;
}

}  // namespace

std::string OtherClusterOf(const Json::Value& object, const std::string& own_cluster,
                           const std::string& service_uid) {
  const Json::Value& meta = object["metadata"];
  if (meta["labels"][kManagedByLabel] != kManagedByValue) return "";
  const Json::Value& cluster = meta["annotations"][kClusterAnnotation];
  if (!cluster.isString() || cluster == own_cluster) return "";
  for (const Json::Value& owner : meta["ownerReferences"]) {
    if (!service_uid.empty() && owner["uid"] == service_uid) return "";
  }
  return cluster.asString();
}

bool IsServedByIstiod(const View& view, const EffectiveService& service) {
  if (!service.waypoint) return false;
  const auto gateway = view.tables.Get<gateway::Gateway>(*service.waypoint);
  return gateway != nullptr && IsProgrammedByIstiod(view.options, *gateway);
}

std::vector<PortFailover> FailoverAt(const View& view, const EffectiveService& service) {
  std::vector<PortFailover> out;
  for (const EffectivePort& port : service.ports)
    out.push_back({port.port, failover::WinnerAt(view, service.key, port.name)});
  return out;
}

std::vector<Json::Value> LowerToIstio(const EffectiveService& service,
                                      const std::vector<PortFailover>& failover, const ObjectMeta& meta,
                                      const IstioCapabilities& capabilities) {
  std::vector<Json::Value> objects;
  if (service.hostnames.empty() || !capabilities.installed) return objects;
  Requests requests = RequestsOf(service, meta, capabilities);
  if (auto rule = DestinationRuleOf(service, meta, requests.budget, failover)) {
    objects.push_back(*std::move(rule));
  }
  if (requests.virtual_service) objects.push_back(*std::move(requests.virtual_service));
  return objects;
}

std::vector<Json::Value> LowerToIstio(const World& world, const ObjectKey& service) {
  const auto found = world.services().find(service);
  if (found == world.services().end() || !IsServedByIstiod(world.view(), *found->second)) return {};
  const View& view = world.view();
  std::vector<Json::Value> out = LowerToIstio(*found->second, FailoverAt(view, *found->second),
                                              *view.tables.MetaOf(service), view.options.istio);
  // A name that was not given tells clusters apart no more than none.
  const std::string& cluster = view.options.cluster_name;
  if (cluster == WorldOptions().cluster_name) return out;
  for (Json::Value& object : out) object["metadata"]["annotations"][kClusterAnnotation] = cluster;
  return out;
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
