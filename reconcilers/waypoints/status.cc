#include "reconcilers/waypoints/status.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "reconcilers/status/losses.h"
#include "reconcilers/waypoints/gateway.h"

namespace fairlead::reconcilers {
namespace {

constexpr size_t kNamespaces = 8, kReasons = 3;  // that are told

std::string Count(size_t n) { return std::to_string(n) + (n == 1 ? " service" : " services"); }

struct Summary {
  bool refused = false, awaited = false;
  std::vector<std::string> parts;
};

// What is said of a stand, beside how many it is said of.
std::string Title(const WaypointStand& stand) {
  const std::string at = "Gateway " + stand.gateway.ToString();
  switch (stand.stand) {
    case Stand::kMoved:
      return stand.why.empty() ? at + " serves" : at + " is to serve";
    case Stand::kMoves:
      return "about to move to " + at;
    case Stand::kAwaits:
    case Stand::kPrepared:
      return "waiting for " + at;
    case Stand::kReleased:
    case Stand::kLeaves:
      return "leaving " + at;
    case Stand::kStays:
      return "still at " + at;
    case Stand::kOptedOut:
      return "opted out";
    case Stand::kRefused:
      return "not moved to " + at;
  }
  return "";
}

void AddNamespace(const View& view, const std::string& ns, const WaypointPlan& plan, Summary* out) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> groups;  // title, why -> services
  for (const auto& [key, stand] : plan.services) {
    out->refused |= stand.stand == Stand::kRefused;
    out->awaited |= stand.stand != Stand::kMoved && stand.stand != Stand::kOptedOut;
    out->awaited |= stand.stand == Stand::kMoved && !stand.why.empty();
    groups[{Title(stand), stand.why}].push_back(key.name);
  }
  std::vector<std::string> parts;
  for (const auto& [title, services] : groups) {
    parts.push_back(title.first + ": " + Count(services.size()) + " (" + JoinBounded(services, ", ") + ")" +
                    (title.second.empty() ? "" : ", " + title.second));
  }
  if (plan.own == WaypointPlan::Own::kDelete)
    parts.push_back("Gateway " + ns + "/" + kOwnWaypoint + " goes, for nothing needs it");
  if (const auto problems = view.waypoint_plans.problems.find(ns);
      problems != view.waypoint_plans.problems.end()) {
    out->refused = true;
    for (const auto& [object, problem] : problems->second)
      parts.push_back(object.ToString() + ": " + problem);
  }
  if (!parts.empty()) out->parts.push_back("in " + ns + ": " + JoinBounded(parts, "; ", kReasons));
}

}  // namespace

std::optional<Condition> WaypointsCondition(const View& view, const ResolvedWorkspace& workspace,
                                            int64_t generation) {
  if (!view.options.istio_mode) return std::nullopt;
  Summary summary;
  for (const std::string& ns : workspace.namespaces) {
    const auto plan = view.waypoint_plans.by_namespace.find(ns);
    if (plan != view.waypoint_plans.by_namespace.end()) AddNamespace(view, ns, plan->second, &summary);
  }
  const bool asked =
      workspace.workspace->waypoints == api::WaypointMode::kAuto || DefaultWaypointOf(workspace);
  if (summary.parts.empty() && !asked) return std::nullopt;
  Condition out;
  out.type = "Waypoints";
  const bool well = !summary.refused && !summary.awaited;
  out.status = well ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  out.reason = summary.refused ? "Refused" : summary.awaited ? "Reconciling" : "Ready";
  out.message = summary.parts.empty() ? "no service needs a waypoint of the workspace"
                                      : JoinBounded(summary.parts, "; ", kNamespaces);
  out.observed_generation = generation;
  return out;
}

}  // namespace fairlead::reconcilers
