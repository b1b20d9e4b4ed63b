#include "operator/app/waypoint_round.h"

#include "crds/base/meta_json.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/waypoints/gateway.h"

namespace fairlead::app {

using reconcilers::Stand;
using reconcilers::WaypointPlan;

WaypointRound ReadWaypointRound(const reconcilers::World& world, const std::string& ns) {
  WaypointRound round;
  const reconcilers::View& view = world.view();
  const auto found = view.waypoint_plans.by_namespace.find(ns);
  if (found == view.waypoint_plans.by_namespace.end()) return round;
  const WaypointPlan& plan = found->second;
  for (const auto& [key, stand] : plan.services) {
    const ObjectMeta* meta = view.tables.MetaOf(key);
    if (meta == nullptr) continue;
    WaypointRound::Label label{key, meta->uid, {}, false, false, ""};
    label.told = !view.waypoint_plans.ProblemOf(key).empty();
    if (stand.stand == Stand::kLeaves) {
      label.urgent = view.tables.Get<gateway::Gateway>(stand.gateway) == nullptr;
      label.why = stand.why.empty() ? "nothing needs it any more" : stand.why;
      round.leaving.push_back(std::move(label));
    } else if (stand.stand == Stand::kMoves) {
      label.to = stand.gateway;
      label.why = stand.need;
      round.coming.push_back(std::move(label));
    }
  }
  const auto gateway = view.tables.Get<gateway::Gateway>({ns, reconcilers::kOwnWaypoint});
  if (gateway != nullptr) round.version = gateway->meta.resource_version;
  if (plan.own == WaypointPlan::Own::kWrite)
    round.gateway = reconcilers::OwnWaypoint(ns, plan.workspace).object;
  if (plan.own == WaypointPlan::Own::kDelete) round.deletion = ObjectToJson(Kind::kGateway, gateway->meta);
  if (!round.leaving.empty() || round.deletion) {
    std::set<std::string> workspaces;
    if (gateway != nullptr) {
      if (const auto of = gateway->meta.labels.Find(reconcilers::kWorkspaceLabel)) workspaces.emplace(*of);
    }
    round.membership.Look(world, {ns}, workspaces);
  }
  return round;
}

}  // namespace fairlead::app
