// What this version accepts and does not carry out: said for each object, so that nobody relies on it.
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {
namespace {

template <class T>
void Whole(const Tables& tables, const std::string& consequence, Findings* out) {
  tables.ForEach<T>([&](const auto& object) {
    out->Add(LintCode::kNotCarriedOut, {T::kKind, object->meta.ns, object->meta.name}, "",
             "this version checks a " + std::string(ToString(T::kKind)) +
                 " and does not carry it out: " + consequence);
  });
}

// A Workspace says which namespaces belong together, and scopes of policies use that; the rest waits.
void WorkspaceParts(const api::Workspace& workspace, Findings* out) {
  const ObjectKey key{Kind::kWorkspace, "", workspace.meta.name};
  if (workspace.isolation != api::Isolation::kOff) {
    out->Add(
        LintCode::kNotCarriedOut, key, "spec.isolation",
        "this version does not carry it out: callers from outside are neither refused nor reported",
        "isolate with an AuthorizationPolicy or a NetworkPolicy, or set Off to say that nothing is isolated");
  }
  if (workspace.waypoints == api::WaypointMode::kAuto) {
    out->Add(LintCode::kNotCarriedOut, key, "spec.waypoints", "this version makes no waypoints by itself",
             "create the Gateway, and set the label istio.io/use-waypoint");
  }
  if (!workspace.roles.empty()) {
    out->Add(LintCode::kNotCarriedOut, key, "spec.roles",
             "this version does not enforce them: whoever may write a policy by RBAC may write all of it",
             "bound by RBAC who may write policies");
  }
}

}  // namespace

void LintNotCarriedOut(const World& world, Findings* out) {
  const Tables& tables = world.view().tables;
  Whole<api::FailoverPolicy>(tables, "traffic goes to endpoints as without it", out);
  Whole<api::WorkspaceSettings>(tables, "nothing is imported, exported or set by default", out);
  Whole<api::DataPlane>(tables, "nothing is installed or rolled out", out);
  tables.ForEach<api::Workspace>([&](const auto& workspace) { WorkspaceParts(*workspace, out); });
}

}  // namespace fairlead::reconcilers
