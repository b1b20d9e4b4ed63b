#include "reconcilers/render.h"

#include <map>

#include "reconcilers/policy/print.h"
#include "reconcilers/words.h"

namespace fairlead::reconcilers {
namespace {

Json::Value Value(Duration value) { return value.ToString(); }
Json::Value Value(int value) { return value; }
Json::Value Value(bool value) { return value; }
Json::Value Value(const api::RetryMethods& value) {
  if (value.choice != api::RetryMethods::Choice::kListed) return Print(value);
  Json::Value out(Json::arrayValue);
  for (const std::string& method : value.listed) out.append(method);
  return out;
}
Json::Value Value(const std::vector<int>& value) {
  Json::Value out(Json::arrayValue);
  for (int code : value) out.append(code);
  return out;
}
Json::Value Value(const std::vector<api::RetryOn>& value) {
  Json::Value out(Json::arrayValue);
  for (api::RetryOn on : value) out.append(std::string(api::ToString(on)));
  return out;
}

template <class T>
void Put(Json::Value* out, PolicyField field, const Sourced<T>& sourced) {
  Json::Value item(Json::objectValue);
  item["value"] = Value(sourced.value);
  item["level"] = std::string(ToString(sourced.origin.level));
  if (sourced.origin.level != Level::kBuiltIn) item["from"] = sourced.origin.object.ToString();
  if (sourced.origin.is_override) item["override"] = true;
  // "spec.retries.attempts" -> retries.attempts
  (*out)[std::string(PathOf(field).substr(5))] = std::move(item);
}

template <class T>
void Put(Json::Value* out, PolicyField field, const std::optional<Sourced<T>>& sourced) {
  if (sourced) Put(out, field, *sourced);
}

Json::Value ToJson(const EffectiveRule& rule) {
  Json::Value out(Json::objectValue);
  out["route"] = rule.route.ToString();
  out["rule"] = rule.index;
  if (!rule.name.empty()) out["name"] = rule.name;
  for (const gateway::HttpFilter& filter : rule.filters) out["filters"].append(InWords(filter));
  for (const Backend& backend : rule.backends) {
    std::string words = InWords(backend);
    for (const gateway::HttpFilter& filter : backend.filters) words += ", " + InWords(filter);
    out["backends"].append(words);
  }
  for (const MirrorTarget& mirror : rule.mirrors) {
    const std::string share = std::to_string(mirror.numerator) + "/" + std::to_string(mirror.denominator);
    out["mirrors"].append(
        (mirror.destination ? InWords(*mirror.destination) : "none (" + mirror.problem + ")") + " " + share);
  }
  if (rule.answers_500) out["answers500"] = true;
  Json::Value policy = ToJson(rule.policy);
  if (!policy.empty()) out["policy"] = std::move(policy);
  return out;
}

Json::Value ToJson(const EffectivePort& port) {
  Json::Value out(Json::objectValue);
  out["port"] = port.port;
  if (!port.name.empty()) out["name"] = port.name;
  out["protocol"] = std::string(ToString(port.protocol));
  for (const EffectiveRule& rule : port.rules) out["rules"].append(ToJson(rule));
  for (const RouteEntry& entry : port.entries) {
    out["order"].append(InWords(entry.match) + " -> " + std::to_string(entry.rule));
  }
  return out;
}

template <class T>
Json::Value Frame(const char* kind, const T& ns, const std::string& name) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = "fairlead.dev/v1alpha1";
  out["kind"] = kind;
  out["metadata"]["name"] = name;
  out["metadata"]["namespace"] = ns;
  return out;
}

}  // namespace

Json::Value ToJson(const EffectivePolicy& policy) {
  Json::Value out(Json::objectValue);
  Put(&out, PolicyField::kRequestTimeout, policy.request_timeout);
  Put(&out, PolicyField::kIdleTimeout, policy.idle_timeout);
  Put(&out, PolicyField::kAttempts, policy.retries_off);
  if (!policy.retries) return out;
  const EffectiveRetries& retries = *policy.retries;
  Put(&out, PolicyField::kAttempts, retries.attempts);
  Put(&out, PolicyField::kPerTryTimeout, retries.per_try_timeout);
  Put(&out, PolicyField::kRetryOn, retries.on);
  Put(&out, PolicyField::kRetryCodes, retries.codes);
  Put(&out, PolicyField::kRetryMethods, retries.methods);
  Put(&out, PolicyField::kBackoffBase, retries.backoff_base);
  Put(&out, PolicyField::kBackoffMax, retries.backoff_max);
  Put(&out, PolicyField::kBudgetPercent, retries.budget_percent);
  Put(&out, PolicyField::kBudgetMinPerSecond, retries.budget_min_per_second);
  Put(&out, PolicyField::kRemoteLocalities, retries.remote_localities);
  return out;
}

Json::Value ToJson(const EffectiveService& service) {
  Json::Value out = Frame("EffectiveService", service.key.ns, service.key.name);
  out["spec"]["of"] = std::string(ToString(service.key.kind));
  for (const std::string& name : service.hostnames) out["spec"]["hostnames"].append(name);
  for (const std::string& address : service.addresses) out["spec"]["addresses"].append(address);
  if (service.waypoint) out["spec"]["waypoint"] = service.waypoint->ToString();
  if (!service.waypoint_problem.empty()) out["spec"]["noWaypoint"] = service.waypoint_problem;
  out["spec"]["ports"] = Json::Value(Json::arrayValue);
  for (const EffectivePort& port : service.ports) out["spec"]["ports"].append(ToJson(port));
  return out;
}

Json::Value ToJson(const EffectiveEndpoints& endpoints) {
  Json::Value out =
      Frame("EffectiveEndpoints", endpoints.destination.service.ns, endpoints.destination.service.name);
  out["spec"]["of"] = InWords(endpoints.destination);
  if (endpoints.discovery == Discovery::kDns) out["spec"]["discovery"] = "DNS";
  out["spec"]["endpoints"] = Json::Value(Json::arrayValue);
  for (const EffectiveEndpoint& endpoint : endpoints.endpoints) {
    std::string words = endpoint.address + ":" + std::to_string(endpoint.port);
    if (!endpoint.region.empty() || !endpoint.zone.empty()) {
      words += " in " + endpoint.region + "/" + endpoint.zone;
      if (!endpoint.subzone.empty()) words += "/" + endpoint.subzone;
    }
    if (endpoint.weight != 1) words += " weight " + std::to_string(endpoint.weight);
    out["spec"]["endpoints"].append(words);
  }
  return out;
}

Json::Value ToJson(const EffectiveWaypoint& waypoint) {
  Json::Value out = Frame("EffectiveWaypoint", waypoint.name.ns, waypoint.name.name);
  out["spec"]["class"] = waypoint.class_name;
  out["spec"]["proxies"] = Json::Value(Json::arrayValue);
  for (const std::string& proxy : waypoint.proxies) out["spec"]["proxies"].append(proxy);
  if (waypoint.plaintext_port) out["spec"]["plaintextPort"] = *waypoint.plaintext_port;
  if (waypoint.programmed_by_istiod) out["spec"]["programmedBy"] = "istiod";
  return out;
}

std::vector<Json::Value> RenderService(const World& world, const ObjectKey& key,
                                       const RenderOptions& options) {
  const Ptr<EffectiveService> service = world.Lowered(key);
  if (service == nullptr || (options.only_routed && !service->waypoint)) return {};
  std::vector<Json::Value> documents = {ToJson(*service)};
  if (!options.endpoints) return documents;
  for (auto at = world.endpoints().lower_bound({key, 0});
       at != world.endpoints().end() && at->first.service == key; ++at) {
    documents.push_back(ToJson(*at->second));
  }
  return documents;
}

std::vector<Json::Value> RenderEffective(const World& world, const RenderOptions& options) {
  std::vector<Json::Value> documents;
  for (const auto& [key, service] : world.services()) {
    for (Json::Value& document : RenderService(world, key, options)) documents.push_back(std::move(document));
  }
  return documents;
}

}  // namespace fairlead::reconcilers
