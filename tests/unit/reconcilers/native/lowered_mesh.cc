#include "tests/unit/reconcilers/native/lowered_mesh.h"

#include <memory>

namespace fairlead::testing {
namespace {

using reconcilers::IsolationView;
using reconcilers::ResolvedWorkspace;

IsolationView ViewOf(const Mesh& mesh, const MeshWorkspace& workspace) {
  IsolationView out;
  for (const MeshAccount& account : workspace.ingress) out.ingress.insert({account.ns, account.name});
  std::set<int> shared;
  for (const MeshService& service : mesh.services) {
    if (workspace.namespaces.count(service.ns) == 0) {
      shared.insert(service.waypoint);
      continue;
    }
    reconcilers::IsolatedService one{{service.ns, service.name}, service.labels, service.selector, {}};
    if (service.waypoint >= 0) {
      const MeshWaypoint& waypoint = mesh.waypoints[static_cast<size_t>(service.waypoint)];
      one.waypoint = {waypoint.ns, waypoint.name};
    }
    out.services.push_back(std::move(one));
  }
  for (size_t i = 0; i < mesh.waypoints.size(); ++i) {
    const MeshWaypoint& waypoint = mesh.waypoints[i];
    if (workspace.namespaces.count(waypoint.ns) > 0)
      out.waypoints.push_back({{waypoint.ns, waypoint.name},
                               {waypoint.ns, waypoint.name},
                               shared.count(static_cast<int>(i)) > 0});
  }
  for (const MeshWorkspace& other : mesh.workspaces) out.namespaces_of[other.name] = other.namespaces;
  return out;
}

}  // namespace

LoweredMesh Lower(const Mesh& mesh) {
  reconcilers::Membership membership("Kubernetes");
  reconcilers::Tenancy tenancy;
  for (const MeshWorkspace& w : mesh.workspaces) {
    if (w.namespaces.empty()) continue;  // a workspace has at least one
    auto workspace = std::make_shared<api::Workspace>();
    workspace->meta.name = w.name;
    workspace->isolation = w.isolation;
    workspace->namespaces.push_back({"*", {w.namespaces.begin(), w.namespaces.end()}, {}});
    auto settings = std::make_shared<api::WorkspaceSettings>();
    settings->meta.name = "settings";
    settings->meta.ns = *w.namespaces.begin();
    settings->import_from = w.import_from;
    settings->export_to = w.export_to;
    membership.SetWorkspace(w.name, workspace);
    for (const std::string& ns : w.namespaces) membership.See(ns);
    tenancy.SetWorkspace(w.name, workspace);
    tenancy.SetSettings(settings->meta.nn(), settings);
  }
  tenancy.Resolve(membership);
  LoweredMesh out;
  for (const MeshWorkspace& w : mesh.workspaces) {
    const Ptr<ResolvedWorkspace> resolved = tenancy.Find(w.name);
    if (resolved == nullptr) continue;
    const IsolationView view = ViewOf(mesh, w);
    reconcilers::Isolation isolation = LowerIsolation(*resolved, view);
    for (auto& object : isolation.objects) out.objects.push_back(std::move(object));
    for (auto& object : LowerExports(*resolved, view)) out.objects.push_back(std::move(object));
    out.limits.merge(isolation.limits);
  }
  return out;
}

IstioAccess AccessBy(const std::vector<reconcilers::OwnedObject>& objects) {
  std::vector<Json::Value> policies;
  for (const auto& object : objects) {
    if (object.kind == "AuthorizationPolicy") policies.push_back(object.object);
  }
  return IstioAccess(policies);
}

}  // namespace fairlead::testing
