// Workspaces: what a change of one marks beside what it is lowered to itself.
#include <algorithm>
#include <iterator>

#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {

// Before services and endpoints are lowered: settings say which clusters are joined, and what holds by
// default.
void World::Impl::ResolveTenancy() {
  for (const std::string& name : tenancy.Resolve(membership)) {
    resolved_workspaces.insert(name);
    MarkPlansOf(name);
    RenewDefaults(name);
    if (const Ptr<ResolvedWorkspace> workspace = tenancy.Find(name)) {
      for (const std::string& ns : workspace->namespaces) MarkJoinedIn(ns);
    }
  }
}

// Services are lowered anew where other defaults hold than before.
void World::Impl::RenewDefaults(const std::string& workspace) {
  DefaultsInForce now;
  const Ptr<ResolvedWorkspace> picture = tenancy.Find(workspace);
  if (picture != nullptr && picture->settings != nullptr) {
    now.settings = picture->settings->meta.nn();
    now.values = picture->settings->defaults;
    if (now.values != api::WorkspaceSettings::Defaults()) now.namespaces = picture->namespaces;
  }
  const auto at = defaults_in_force.find(workspace);
  const DefaultsInForce before = at == defaults_in_force.end() ? DefaultsInForce() : at->second;
  if (now == before) return;
  std::set<std::string> others;
  if (now.settings == before.settings && now.values == before.values) {
    std::set_symmetric_difference(now.namespaces.begin(), now.namespaces.end(), before.namespaces.begin(),
                                  before.namespaces.end(), std::inserter(others, others.end()));
  } else {
    others = before.namespaces;
    others.insert(now.namespaces.begin(), now.namespaces.end());
  }
  for (const std::string& ns : others) MarkServicesIn(ns);
  if (now.namespaces.empty()) {
    if (at != defaults_in_force.end()) defaults_in_force.erase(at);
  } else {
    defaults_in_force.insert_or_assign(workspace, std::move(now));
  }
}

// A Gateway in that namespace serves by default where it is of no other workspace.
void World::Impl::MarkServedByDefaultFrom(const std::string& ns) {
  for (const auto& [workspace, defaults] : defaults_in_force) {
    if (!defaults.values.waypoint || !defaults.values.waypoint->starts_with(ns + "/")) continue;
    for (const std::string& served : defaults.namespaces) {
      MarkServicesIn(served);
      MarkPlan(served);
    }
  }
}

void World::Impl::MarkServicesIn(const std::string& ns) {
  const auto mark = [&](const auto& object) {
    using T = std::remove_cvref_t<decltype(*object)>;
    dirty_services.insert({T::kKind, object->meta.ns, object->meta.name});
  };
  tables.ForEachIn<core::Service>(ns, mark);
  tables.ForEachIn<istio::ServiceEntry>(ns, mark);
}

}  // namespace fairlead::reconcilers
