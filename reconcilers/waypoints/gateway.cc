#include "reconcilers/waypoints/gateway.h"

#include <algorithm>

#include "crds/base/meta_json.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/waypoints/stand.h"

namespace fairlead::reconcilers {
namespace {

constexpr char kWaypointFor[] = "istio.io/waypoint-for";
constexpr char kListener[] = "mesh";
constexpr char kProtocol[] = "HBONE";
constexpr uint16_t kPort = 15008;
constexpr size_t kMaxWords = 200;  // of somebody else's, in ours

std::string InWords(const gateway::Programmed& programmed) {
  std::string out = programmed.reason;
  if (!programmed.message.empty()) out += (out.empty() ? "" : ": ") + programmed.message;
  if (out.size() > kMaxWords) {
    size_t end = kMaxWords;
    while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;  // whole characters
    out = out.substr(0, end) + "...";
  }
  return out.empty() ? "" : " (" + out + ")";
}

}  // namespace

OwnedObject OwnWaypoint(const std::string& ns, const std::string& workspace) {
  OwnedObject out{"gateway.networking.k8s.io/v1", "Gateway", ns, kOwnWaypoint, Json::objectValue};
  out.object["metadata"]["labels"][kWaypointFor] = "service";
  Json::Value& spec = out.object["spec"];
  spec["gatewayClassName"] = std::string(gateway::kIstioWaypointClass);
  Json::Value listener(Json::objectValue);
  listener["name"] = kListener;
  listener["port"] = kPort;
  listener["protocol"] = kProtocol;
  listener["allowedRoutes"]["namespaces"]["from"] = "Same";
  spec["listeners"].append(std::move(listener));
  Own(workspace, &out);
  return out;
}

bool IsOwnWaypoint(const gateway::Gateway& gateway) {
  return gateway.meta.labels.Get(kManagedByLabel) == kManagedByFairlead;
}

bool IsOwnWaypointCurrent(const gateway::Gateway& gateway, const std::string& workspace) {
  const Labels& labels = gateway.meta.labels;
  return IsOwnWaypoint(gateway) && labels.Get(kWorkspaceLabel) == workspace &&
         labels.Get(kWaypointFor) == "service" && gateway.class_name == gateway::kIstioWaypointClass &&
         std::any_of(gateway.listeners.begin(), gateway.listeners.end(), [](const gateway::Listener& l) {
           return l.name == kListener && l.port == kPort && l.protocol == kProtocol &&
                  l.allowed_from == gateway::Listener::From::kSame;
         });
}

std::string NotProgrammed(const gateway::Gateway& gateway) {
  if (!gateway.programmed) return "is not Programmed: nobody has said so yet; does istiod run?";
  const gateway::Programmed& programmed = *gateway.programmed;
  if (programmed.status != ConditionStatus::kTrue) {
    const std::string since = programmed.since == Timestamp() ? "" : " since " + programmed.since.ToString();
    return "is not Programmed" + since + InWords(programmed);
  }
  if (programmed.observed_generation < gateway.meta.generation)
    return "is not known to be Programmed at generation " + std::to_string(gateway.meta.generation);
  return "";
}

std::optional<DefaultWaypoint> DefaultWaypointOf(const ResolvedWorkspace& workspace) {
  if (workspace.settings == nullptr) return std::nullopt;
  const std::optional<NamespacedName> gateway = DefaultWaypointOf(*workspace.settings);
  if (!gateway) return std::nullopt;
  return DefaultWaypoint{
      *gateway, "spec.defaults.waypoint of WorkspaceSettings " + workspace.settings->meta.nn().ToString()};
}

NotReadyYet NotReady(const View& view, const NamespacedName& waypoint, const std::string& ns,
                     const ResolvedWorkspace& workspace) {
  const std::optional<DefaultWaypoint> by_default = DefaultWaypointOf(workspace);
  const bool own = !by_default;
  const std::string who = "Gateway " + waypoint.ToString();
  const std::string said = who + (own ? "" : ", which " + by_default->said_by + " names,");
  const auto gateway = view.tables.Get<gateway::Gateway>(waypoint);
  if (gateway == nullptr) {
    return own ? NotReadyYet{false, who + " is not there yet"}
               : NotReadyYet{true, said + " does not exist: create it"};
  }
  if (own && !IsOwnWaypoint(*gateway))
    return {true, who + " exists and is not managed by fairlead: it is left as it is"};
  if (const std::string of_another = NotSharedWith(view, waypoint, workspace.name()); !of_another.empty())
    return {true, said + " " + of_another};
  if (gateway->meta.deleting) return {false, said + " is being deleted"};
  const bool ours = own && !IsOwnWaypointCurrent(*gateway, workspace.name());  // it is written anew first
  if (std::string problem = WaypointProblem(view, waypoint, ns); !problem.empty())
    return {!ours, std::move(problem)};
  const std::string problem = NotProgrammed(*gateway);
  return {false, problem.empty() ? "" : said + " " + problem};
}

Json::Value UseWaypoint(const ObjectKey& service, const std::string& uid,
                        const std::optional<NamespacedName>& waypoint) {
  ObjectMeta meta;
  meta.name = service.name;
  meta.ns = service.ns;
  meta.uid = uid;
  if (waypoint) {
    meta.labels.Set(std::string(kUseWaypoint), waypoint->name);
    if (waypoint->ns != service.ns) meta.labels.Set(std::string(kUseWaypointNamespace), waypoint->ns);
  }
  return ObjectToJson(service.kind, meta);
}

std::vector<OwnedObject> LowerWaypoints(const View& view) {
  std::vector<OwnedObject> out;
  for (const auto& [ns, plan] : view.waypoint_plans.by_namespace) {
    if (plan.workspace.empty()) continue;
    if (plan.own == WaypointPlan::Own::kWrite || plan.own == WaypointPlan::Own::kKept)
      out.push_back(OwnWaypoint(ns, plan.workspace));
  }
  return out;
}

}  // namespace fairlead::reconcilers
