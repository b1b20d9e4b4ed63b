#include "reconcilers/ledger/services.h"

#include <algorithm>

#include "reconcilers/lower/routes.h"
#include "reconcilers/policy/resolver.h"

namespace fairlead::reconcilers {
namespace {

using Services = std::set<ObjectKey>;

void AddAllIn(const View& view, const std::string& ns, Services* out) {
  view.tables.ForEachIn<core::Service>(ns, [&](const auto& service) {
    out->insert({Kind::kService, ns, service->meta.name});
  });
  view.tables.ForEachIn<istio::ServiceEntry>(ns, [&](const auto& entry) {
    out->insert({Kind::kServiceEntry, ns, entry->meta.name});
  });
}

bool Selects(const View& view, const api::Workspace& workspace, const std::string& ns) {
  const Labels& labels = view.membership.LabelsOf(ns);
  return std::any_of(workspace.namespaces.begin(), workspace.namespaces.end(), [&](const auto& selection) {
    const bool named = std::any_of(selection.names.begin(), selection.names.end(),
                                   [&](const auto& name) { return GlobMatches(name, ns); });
    return GlobMatches(selection.cluster, view.options.cluster_name) &&
           (named || (selection.selector && selection.selector->Matches(labels)));
  });
}

// Both kinds of policies stand at their targets alike.
template <class T>
void AddTargets(const View& view, const T& policy, Services* out) {
  if (!ScopeProblem(view, policy).empty()) return;
  for (const Placement& placement : PlacementsOf(view, policy)) {
    const ObjectKey& target = placement.target;
    if (target.kind == Kind::kService || target.kind == Kind::kServiceEntry) {
      out->insert(target);
    } else if (const auto* parents = ParentsOf(view, target)) {
      for (ObjectKey& parent : ServiceParents(*parents)) out->insert(std::move(parent));
    }
  }
}

}  // namespace

std::set<ObjectKey> ServicesOf(const View& view, const AnyObject& policy) {
  Services out;
  if (const auto* retry = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&policy)) {
    AddTargets(view, **retry, &out);
  } else if (const auto* failover = std::get_if<Ptr<api::FailoverPolicy>>(&policy)) {
    AddTargets(view, **failover, &out);
  } else if (const auto* workspace = std::get_if<Ptr<api::Workspace>>(&policy)) {
    std::set<std::string> namespaces;
    for (const NamespacedName& service : view.tables.Names(Kind::kService)) namespaces.insert(service.ns);
    for (const NamespacedName& entry : view.tables.Names(Kind::kServiceEntry)) namespaces.insert(entry.ns);
    for (const std::string& ns : namespaces) {
      if (Selects(view, **workspace, ns)) AddAllIn(view, ns, &out);
    }
  } else if (std::holds_alternative<Ptr<api::WorkspaceSettings>>(policy)) {
    const std::string& owner = view.membership.WorkspaceOf(MetaOf(policy).ns);
    for (const std::string& ns : view.membership.NamespacesOf(owner)) AddAllIn(view, ns, &out);
  }
  return out;
}

std::string ServiceName(const ObjectKey& service) {
  return service.kind == Kind::kService ? service.nn().ToString() : service.ToString();
}

api::PolicyChange::Services NamedServices(const std::set<ObjectKey>& services) {
  api::PolicyChange::Services out;
  out.count = static_cast<int>(services.size());
  for (const ObjectKey& service : services) {
    if (out.names.size() == api::kMaxChangeServices) break;
    out.names.push_back(ServiceName(service));
  }
  return out;
}

}  // namespace fairlead::reconcilers
