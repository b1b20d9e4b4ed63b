#include "reconcilers/policy/resolver.h"

#include <algorithm>
#include <set>

namespace fairlead::reconcilers {
namespace {

Level NamedLevel(const api::TargetRef& ref) {
  if (ref.kind == Kind::kService || ref.kind == Kind::kServiceEntry) return Level::kService;
  return ref.section_name ? Level::kRouteRule : Level::kRoute;
}

template <class T>
void Collect(const View& view, const PolicyHead& policy,
             const std::optional<std::vector<std::string>>& namespaces, std::vector<Placement>* out) {
  const auto take = [&](const Ptr<T>& object) {
    if (!Selects(policy, T::kKind, object->meta.labels)) return;
    out->push_back({{T::kKind, object->meta.ns, object->meta.name}, "", SelectedLevel(policy.targets.scope)});
  };
  if (!namespaces) {
    view.tables.ForEach<T>(take);
    return;
  }
  for (const std::string& ns : *namespaces) view.tables.ForEachIn<T>(ns, take);
}

}  // namespace

std::string ScopeProblem(const View& view, const PolicyHead& policy) {
  switch (policy.targets.scope) {
    case api::Scope::kNamespace:
      return "";
    case api::Scope::kWorkspace:
      if (!view.membership.WorkspaceOf(policy.meta.ns).empty()) return "";
      return "Workspace needs namespace " + policy.meta.ns +
             " to be in a Workspace: add it to one, or use scope Namespace";
    case api::Scope::kMesh:
      if (policy.meta.ns == view.options.root_namespace) return "";
      return "Mesh is allowed in namespace " + view.options.root_namespace +
             " only: move the policy there, or use scope Namespace or Workspace";
  }
  return "";
}

std::optional<std::vector<std::string>> SelectedNamespaces(const View& view, const PolicyHead& policy) {
  switch (policy.targets.scope) {
    case api::Scope::kNamespace:
      return std::vector<std::string>{policy.meta.ns};
    case api::Scope::kWorkspace: {
      const auto& members = view.membership.NamespacesOf(view.membership.WorkspaceOf(policy.meta.ns));
      return std::vector<std::string>(members.begin(), members.end());
    }
    case api::Scope::kMesh:
      return std::nullopt;
  }
  return std::nullopt;
}

std::vector<Placement> PlacementsOf(const View& view, const PolicyHead& policy) {
  std::vector<Placement> placements;
  for (const api::TargetRef& ref : policy.targets.refs) {
    placements.push_back(
        {{ref.kind, policy.meta.ns, ref.name}, ref.section_name.value_or(""), NamedLevel(ref)});
  }
  std::set<Kind> kinds;
  for (const api::TargetSelector& selector : policy.targets.selectors) kinds.insert(selector.kind);
  const auto namespaces = SelectedNamespaces(view, policy);
  if (kinds.count(Kind::kService)) Collect<core::Service>(view, policy, namespaces, &placements);
  if (kinds.count(Kind::kServiceEntry)) Collect<istio::ServiceEntry>(view, policy, namespaces, &placements);
  if (kinds.count(Kind::kHTTPRoute)) Collect<gateway::HTTPRoute>(view, policy, namespaces, &placements);
  if (kinds.count(Kind::kGRPCRoute)) Collect<gateway::GRPCRoute>(view, policy, namespaces, &placements);
  return placements;
}

bool Selects(const PolicyHead& policy, Kind kind, const Labels& labels) {
  return std::any_of(policy.targets.selectors.begin(), policy.targets.selectors.end(),
                     [&](const auto& s) { return s.kind == kind && s.selector.Matches(labels); });
}

Level SelectedLevel(api::Scope scope) {
  switch (scope) {
    case api::Scope::kNamespace:
      return Level::kNamespace;
    case api::Scope::kWorkspace:
      return Level::kWorkspace;
    case api::Scope::kMesh:
      return Level::kMesh;
  }
  return Level::kNamespace;
}

}  // namespace fairlead::reconcilers
