// Plans for waypoints: what a change marks, and what a plan that is another one makes necessary.
#include <algorithm>

#include "reconcilers/lower/waypoint.h"
#include "reconcilers/waypoints/gateway.h"
#include "reconcilers/waypoints/plan.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {
namespace {

// What isolation reads of a stand: where the service is about to be.
enum class Way : unsigned char { kNone, kIn, kOut };
Way WayOf(Stand stand) {
  if (stand == Stand::kPrepared || stand == Stand::kMoves) return Way::kIn;
  return stand == Stand::kReleased || stand == Stand::kLeaves ? Way::kOut : Way::kNone;
}

bool AsksForWaypoints(const ResolvedWorkspace& workspace) {
  return workspace.workspace->waypoints == api::WaypointMode::kAuto || DefaultWaypointOf(workspace);
}

}  // namespace

void World::Impl::MarkPlan(const std::string& ns) {
  if (options.istio_mode) dirty_plans.insert(ns);
}

void World::Impl::MarkPlansOf(const std::string& workspace) {
  const Ptr<ResolvedWorkspace> found = tenancy.Find(workspace);
  if (found == nullptr) return;
  for (const std::string& ns : found->namespaces) MarkPlan(ns);
}

void World::Impl::MarkPlans() {
  for (const auto& [ns, plan] : waypoint_plans.by_namespace) MarkPlan(ns);
}

void World::Impl::MarkPlansAt(const NamespacedName& gateway) {
  if (!options.istio_mode) return;
  MarkPlan(gateway.ns);
  for (const ObjectKey& service : bound_to.Find(gateway)) MarkPlan(service.ns);
  for (const auto& [name, workspace] : tenancy.by_name()) {
    const std::optional<DefaultWaypoint> by_default = DefaultWaypointOf(*workspace);
    if (by_default && by_default->gateway == gateway) MarkPlansOf(name);
  }
}

void World::Impl::MarkNamed(const NamespacedName& gateway) {
  if (gateway.name == kOwnWaypoint) MarkPlan(gateway.ns);
}

void World::Impl::NamespaceLabelled(const core::Namespace* ns) {
  if (ns == nullptr) return;
  const std::string_view in = ns->meta.labels.Get(kUseWaypointNamespace);
  if (!in.empty()) MarkNamed({std::string(in), std::string(ns->meta.labels.Get(kUseWaypoint))});
}

void World::Impl::Labelled(const ObjectMeta* now, const ObjectKey& service) {
  if (now != nullptr && now->own_fields != OwnFields::kNone) {
    labelled.Add(service.ns, service);
  } else {
    labelled.Remove(service.ns, service);
  }
}

void World::Impl::PlanChanged(const std::string& ns, const WaypointPlan& before, const WaypointPlan& now) {
  std::set<ObjectKey> keys;
  for (const WaypointPlan* plan : {&before, &now}) {
    for (const auto& [key, stand] : plan->services) keys.insert(key);
    if (!plan->workspace.empty()) dirty_tenancy.insert({Kind::kWorkspace, "", plan->workspace});
  }
  for (const ObjectKey& key : keys) {
    const auto was = before.services.find(key), is = now.services.find(key);
    const bool there = was != before.services.end(), here = is != now.services.end();
    if (there && here && was->second == is->second) continue;
    MarkPoliciesOf(key);
    const Way old = there ? WayOf(was->second.stand) : Way::kNone;
    const Way next = here ? WayOf(is->second.stand) : Way::kNone;
    const bool other_gateway = there && here && was->second.gateway != is->second.gateway;
    if (old != next || (next == Way::kIn && other_gateway)) MarkWorkspaceOf(ns);
  }
}

void World::Impl::DrainPlans(Delta* delta) {
  for (const std::string& ns : std::exchange(dirty_plans, {})) {
    const auto at = waypoint_plans.by_namespace.find(ns);
    const bool planned = at != waypoint_plans.by_namespace.end();
    const std::string& name = membership.WorkspaceOf(ns);
    const Ptr<ResolvedWorkspace> workspace = tenancy.Find(name);
    if (!planned && (workspace == nullptr || !AsksForWaypoints(*workspace)) && labelled.Find(ns).empty() &&
        !tables.Has<gateway::Gateway>(ns, kOwnWaypoint))
      continue;
    WaypointFacts facts{.rows = rows, .naming = bound_to.Find({ns, kOwnWaypoint})};
    if (planned) facts.before = &at->second;
    if (options.tenancy_reported) {
      const auto state = tenancy_states.find(name);
      const bool reported = state != tenancy_states.end() && state->second.report;
      facts.rules = !reported                                ? WaypointFacts::Rules::kAwaited
                    : state->second.report->problems.empty() ? WaypointFacts::Rules::kWritten
                                                             : WaypointFacts::Rules::kRefused;
    }
    WaypointPlan now = PlanWaypoints(view, ns, facts);
    if (planned ? now == at->second : now.empty()) continue;
    PlanChanged(ns, planned ? at->second : WaypointPlan(), now);
    delta->waypoint_plans.insert(ns);
    if (now.empty()) {
      waypoint_plans.by_namespace.erase(at);
    } else {
      waypoint_plans.by_namespace.insert_or_assign(ns, std::move(now));
    }
  }
}

void World::ReportWaypoints(const std::string& ns, std::map<ObjectKey, std::string> problems) {
  auto& all = impl_->waypoint_plans.problems;
  const auto at = all.find(ns);
  if (at == all.end() ? problems.empty() : at->second == problems) return;
  if (problems.empty()) {
    all.erase(at);
  } else {
    all.insert_or_assign(ns, std::move(problems));
  }
  const auto plan = impl_->waypoint_plans.by_namespace.find(ns);
  if (plan == impl_->waypoint_plans.by_namespace.end()) return;
  for (const auto& [service, stand] : plan->second.services) impl_->MarkPoliciesOf(service);
  impl_->dirty_tenancy.insert({Kind::kWorkspace, "", plan->second.workspace});
}

}  // namespace fairlead::reconcilers
