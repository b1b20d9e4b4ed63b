#include "tests/support/tenancy/istio_access.h"

#include <algorithm>
#include <stdexcept>

namespace fairlead::testing {
namespace {

constexpr char kRoot[] = "istio-system";

void Know(const Json::Value& object, std::initializer_list<const char*> members) {
  for (const std::string& name : object.getMemberNames()) {
    if (std::find(members.begin(), members.end(), name) == members.end())
      throw std::logic_error("an AuthorizationPolicy has " + name);
  }
}

std::vector<std::string> Texts(const Json::Value& list) {
  std::vector<std::string> out;
  for (const Json::Value& item : list) out.push_back(item.asString());
  if (out.empty()) throw std::logic_error("an AuthorizationPolicy has a list that is empty");
  return out;
}

bool Matches(const std::string& pattern, const std::string& value) {
  if (pattern == "*") return !value.empty();
  if (pattern.ends_with("*")) return value.starts_with(pattern.substr(0, pattern.size() - 1));
  if (pattern.starts_with("*")) return value.ends_with(pattern.substr(1));
  return pattern == value;
}

}  // namespace

IstioAccess::IstioAccess(const std::vector<Json::Value>& policies) {
  for (const Json::Value& policy : policies) policies_.push_back(Read(policy));
}

IstioAccess::Policy IstioAccess::Read(const Json::Value& policy) {
  const Json::Value& spec = policy["spec"];
  Know(spec, {"action", "rules", "selector", "targetRefs"});
  Policy out;
  out.ns = policy["metadata"]["namespace"].asString();
  out.action = spec.get("action", "ALLOW").asString();
  if (out.action != "ALLOW" && out.action != "DENY" && out.action != "AUDIT")
    throw std::logic_error("the action " + out.action);
  out.dry_run = policy["metadata"]["annotations"]["istio.io/dry-run"] == "true";
  out.at_waypoint = spec.isMember("targetRefs");
  for (const Json::Value& ref : spec["targetRefs"])
    out.targets.push_back({ref["group"].asString(), ref["kind"].asString(), ref["name"].asString()});
  const Json::Value& labels = spec["selector"]["matchLabels"];
  for (const std::string& key : labels.getMemberNames()) out.selector.Set(key, labels[key].asString());
  for (const Json::Value& rule : spec["rules"]) {
    Know(rule, {"from"});
    if (!rule.isMember("from")) throw std::logic_error("a rule is empty");
    for (const Json::Value& from : rule["from"]) {
      const Json::Value& source = from["source"];
      Know(source, {"principals", "notPrincipals", "namespaces", "notNamespaces"});
      // ztunnel takes a match without any condition for none.
      if (source.empty()) throw std::logic_error("a source is empty");
      std::vector<Ask>& asks = out.sources.emplace_back();
      for (const char* what : {"principals", "namespaces"}) {
        const std::string negated = std::string("not") + static_cast<char>(what[0] - 'a' + 'A') + (what + 1);
        if (source.isMember(what)) asks.push_back({what, true, Texts(source[what])});
        if (source.isMember(negated)) asks.push_back({what, false, Texts(source[negated])});
      }
    }
  }
  return out;
}

// Of the policies that hold at a place.
bool IstioAccess::Passes(const std::vector<const Policy*>& policies, const MeshAccount& caller) {
  const std::string principal = "cluster.local/ns/" + caller.ns + "/sa/" + caller.name;
  const auto holds = [&](const Ask& ask) {
    const std::string& value = ask.what == "principals" ? principal : caller.ns;
    return std::any_of(ask.patterns.begin(), ask.patterns.end(),
                       [&](const std::string& p) { return Matches(p, value); }) == ask.wanted;
  };
  bool allows = false, allowed = false;
  for (const Policy* policy : policies) {
    if (policy->dry_run || policy->action == "AUDIT") continue;
    const bool matches = std::any_of(policy->sources.begin(), policy->sources.end(), [&](const auto& asks) {
      return std::all_of(asks.begin(), asks.end(), holds);
    });
    if (policy->action == "DENY" && matches) return false;
    if (policy->action == "DENY") continue;
    allows = true;
    allowed |= matches;
  }
  return !allows || allowed;
}

bool IstioAccess::ReachesPod(const MeshAccount& caller, const MeshPod& pod) const {
  std::vector<const Policy*> here;
  for (const Policy& policy : policies_) {
    if (policy.at_waypoint || (policy.ns != pod.ns && policy.ns != kRoot)) continue;
    if (policy.selector.empty() || Selects(policy.selector, pod.labels)) here.push_back(&policy);
  }
  return Passes(here, caller);
}

bool IstioAccess::PassesWaypoint(const MeshAccount& caller, const MeshService& service,
                                 const MeshWaypoint& waypoint) const {
  std::vector<const Policy*> here;
  for (const Policy& policy : policies_) {
    for (const Target& ref : policy.targets) {
      if ((ref.group.empty() && ref.kind == "Service" && policy.ns == service.ns &&
           ref.name == service.name) ||
          (ref.group == "gateway.networking.k8s.io" && ref.kind == "Gateway" && policy.ns == waypoint.ns &&
           ref.name == waypoint.name))
        here.push_back(&policy);
    }
  }
  return Passes(here, caller);
}

bool IstioAccess::MayCall(const Mesh& mesh, const MeshAccount& caller, const MeshService& service,
                          const MeshPod& pod) const {
  if (service.waypoint < 0) return ReachesPod(caller, pod);
  const MeshWaypoint& waypoint = mesh.waypoints[static_cast<size_t>(service.waypoint)];
  return PassesWaypoint(caller, service, waypoint) && ReachesPod({waypoint.ns, waypoint.name}, pod);
}

}  // namespace fairlead::testing
