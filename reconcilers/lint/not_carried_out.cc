// What this version accepts and does not carry out: said for each object, so that nobody relies on it.
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {
namespace {

void Check(const api::WorkspaceSettings& settings, Findings* out) {
  if (settings.defaults == api::WorkspaceSettings::Defaults()) return;
  out->Add(LintCode::kNotCarriedOut, {settings.kKind, settings.meta.ns, settings.meta.name}, "spec.defaults",
           "this version sets nothing by default", "say it by a policy of scope Workspace, or by labels");
}
void Check(const api::DataPlane& data_plane, Findings* out) {
  out->Add(LintCode::kNotCarriedOut, {data_plane.kKind, data_plane.meta.ns, data_plane.meta.name}, "",
           "this version checks a DataPlane and does not carry it out: nothing is installed or rolled out");
}

// Scopes of policies use which namespaces belong together, and admission its roles.
void Check(const api::Workspace& workspace, Findings* out) {
  const ObjectKey key{Kind::kWorkspace, "", workspace.meta.name};
  if (workspace.isolation != api::Isolation::kOff) {
    out->Add(
        LintCode::kNotCarriedOut, key, "spec.isolation",
        "it is written as AuthorizationPolicies, and this version leaves it to istiod to carry them out: "
        "where none runs, nobody is refused",
        "isolate with a NetworkPolicy there, or set Off to say that nothing is isolated");
  }
  if (workspace.waypoints == api::WaypointMode::kAuto) {
    out->Add(LintCode::kNotCarriedOut, key, "spec.waypoints", "this version makes no waypoints by itself",
             "create the Gateway, and set the label istio.io/use-waypoint");
  }
}

template <class T>
void CheckAll(const Tables& tables, Findings* out) {
  tables.ForEach<T>([&](const Ptr<T>& object) { Check(*object, out); });
}

}  // namespace

void LintNotCarriedOut(const World& world, Findings* out) {
  const Tables& tables = world.view().tables;
  CheckAll<api::WorkspaceSettings>(tables, out);
  CheckAll<api::DataPlane>(tables, out);
  CheckAll<api::Workspace>(tables, out);
}

void LintNotCarriedOut(const AnyObject& object, Findings* out) {
  std::visit(
      [&](const auto& value) {
        if constexpr (requires { Check(*value, out); }) Check(*value, out);
      },
      object);
}

}  // namespace fairlead::reconcilers
