// What this version accepts and does not carry out: said for each object, so that nobody relies on it.
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {
namespace {

void Check(const api::DataPlane& data_plane, bool, Findings* out) {
  out->Add(LintCode::kNotCarriedOut, {data_plane.kKind, data_plane.meta.ns, data_plane.meta.name}, "",
           "this version checks a DataPlane and does not carry it out: nothing is installed or rolled out");
}

// Scopes of policies use which namespaces belong together, and admission its roles.
void Check(const api::Workspace& workspace, bool istio_mode, Findings* out) {
  const ObjectKey key{Kind::kWorkspace, "", workspace.meta.name};
  if (workspace.isolation != api::Isolation::kOff && !istio_mode) {
    out->Add(
        LintCode::kNotCarriedOut, key, "spec.isolation",
        "it is written as AuthorizationPolicies, and this version leaves it to istiod to carry them out: "
        "where none runs, nobody is refused",
        "isolate with a NetworkPolicy there, or set Off to say that nothing is isolated");
  }
  if (workspace.waypoints == api::WaypointMode::kAuto && !istio_mode) {
    out->Add(LintCode::kNotCarriedOut, key, "spec.waypoints",
             "in the built-in mode this version makes no waypoints by itself; in Istio mode it does",
             "create the Gateway, and set the label istio.io/use-waypoint");
  }
}

template <class T>
void CheckAll(const View& view, Findings* out) {
  view.tables.ForEach<T>([&](const Ptr<T>& object) { Check(*object, view.options.istio_mode, out); });
}

}  // namespace

void LintNotCarriedOut(const World& world, Findings* out) {
  const View& view = world.view();
  CheckAll<api::DataPlane>(view, out);
  CheckAll<api::Workspace>(view, out);
}

void LintNotCarriedOut(const AnyObject& object, bool istio_mode, Findings* out) {
  std::visit(
      [&](const auto& value) {
        if constexpr (requires { Check(*value, istio_mode, out); }) Check(*value, istio_mode, out);
      },
      object);
}

}  // namespace fairlead::reconcilers
