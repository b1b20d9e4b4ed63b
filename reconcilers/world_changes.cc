// What a change of one object marks to be lowered anew. Work is proportional to what the object touches.
#include <algorithm>

#include "reconcilers/calls/callees.h"
#include "reconcilers/lower/backends.h"
#include "reconcilers/lower/locality.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/routes.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::string_view kGatewayName = "gateway.networking.k8s.io/gateway-name";

bool SameAsBackend(const core::Service& a, const core::Service& b) {
  return a.type == b.type && PortsOf(a) == PortsOf(b);
}
bool SameAsBackend(const istio::ServiceEntry& a, const istio::ServiceEntry& b) {
  return PortsOf(a) == PortsOf(b);
}

template <class T>
const ObjectMeta* Meta(const Ptr<T>& object) {
  return object == nullptr ? nullptr : &object->meta;
}

}  // namespace

// Policies of the moved namespaces look elsewhere now; others that see the workspace they left or came to
// gain and lose just the objects there.
void World::Impl::MembershipChanged(const MembershipChange& change) {
  for (const std::string& name : change.workspaces) tenancy.Touch(name);
  for (const MembershipChange::Move& move : change.moved) {
    tables.ForEachIn<api::WorkspaceSettings>(move.ns, [&](const Ptr<api::WorkspaceSettings>& settings) {
      dirty_tenancy.insert({Kind::kWorkspaceSettings, settings->meta.ns, settings->meta.name});
    });
    const auto& policies = workspace_policies.Find(move.ns);
    dirty_policies.insert(policies.begin(), policies.end());
    const auto mark = [&](const auto& object) {
      using T = std::remove_cvref_t<decltype(*object)>;
      dirty_selection.insert({T::kKind, object->meta.ns, object->meta.name});
    };
    tables.ForEachIn<core::Service>(move.ns, mark);
    tables.ForEachIn<istio::ServiceEntry>(move.ns, mark);
    tables.ForEachIn<gateway::HTTPRoute>(move.ns, mark);
    tables.ForEachIn<gateway::GRPCRoute>(move.ns, mark);
    MarkJoinedIn(move.ns);
    MarkAskedFrom(move);
    MarkServedByDefaultFrom(move.ns);
    MarkPlan(move.ns);
  }
}

// A namespace is known while it, or something in it, is there.
void World::Impl::NamespaceSeen(const std::string& ns) {
  const bool known = tables.Has<core::Namespace>("", ns) || tables.HasAny<core::Service>(ns) ||
                     tables.HasAny<istio::ServiceEntry>(ns) || tables.HasAny<gateway::HTTPRoute>(ns) ||
                     tables.HasAny<gateway::GRPCRoute>(ns) || tables.HasAny<api::RetryTimeoutPolicy>(ns) ||
                     tables.HasAny<api::FailoverPolicy>(ns) || tables.HasAny<api::WorkspaceSettings>(ns);
  MembershipChanged(known ? membership.See(ns) : membership.Forget(ns));
}

void World::Impl::MarkWorkspaceOf(const std::string& ns) {
  const std::string& name = membership.WorkspaceOf(ns);
  if (!name.empty()) dirty_workspaces.insert(name);
}

void World::Impl::MarkPoliciesAt(const ObjectKey& target) {
  for (const Attachment& attachment : attachments.At(target)) dirty_pairs.insert({attachment.key(), target});
  for (const auto& failover : failovers.At(target)) dirty_statuses.insert(failover.key());
}

void World::Impl::MarkPoliciesOf(const ObjectKey& service) {
  MarkPoliciesAt(service);
  for (const ObjectKey& route : routes_of.Find(service)) MarkPoliciesAt(route);
}

void World::Impl::MarkTarget(const ObjectKey& target) {
  if (target.kind == Kind::kService || target.kind == Kind::kServiceEntry) {
    dirty_services.insert(target);
    return;
  }
  if (const auto* parents = ParentsOf(view, target)) {
    for (ObjectKey& parent : ServiceParents(*parents)) dirty_services.insert(std::move(parent));
  }
}

// An object that a policy can stand at: its labels or its existence matter to selectors and statuses.
void World::Impl::TargetChanged(const ObjectMeta* old, const ObjectMeta* now, const ObjectKey& key) {
  if (old == nullptr || now == nullptr) NamespaceSeen(key.ns);
  MarkWorkspaceOf(key.ns);
  MarkPoliciesAt(key);
  if (old == nullptr || now == nullptr || old->labels != now->labels) dirty_selection.insert(key);
}

template <class T>
void World::Impl::ServiceChanged(const Ptr<T>& old, const Ptr<T>& now, const ObjectKey& key) {
  TargetChanged(Meta(old), Meta(now), key);
  Labelled(Meta(now), key);
  dirty_services.insert(key);
  dirty_endpoints.insert(key);
  if (old == nullptr || now == nullptr || !SameAsBackend(*old, *now)) {
    for (const ObjectKey& user : users_of.Find(key)) dirty_services.insert(user);
  }
  // Routes name the service as parent: whether it exists is in the status of their policies.
  if (old == nullptr || now == nullptr) {
    for (const ObjectKey& route : routes_of.Find(key)) MarkPoliciesAt(route);
  }
}

void World::Impl::Changed(const Ptr<core::Service>& old, const Ptr<core::Service>& now,
                          const ObjectKey& key) {
  ServiceChanged(old, now, key);
  hosts.Change(old.get(), now.get());
  callers_of.Set(key, now == nullptr ? std::vector<ObjectKey>() : CalleesOf(now->meta));
}

void World::Impl::Changed(const Ptr<istio::ServiceEntry>& old, const Ptr<istio::ServiceEntry>& now,
                          const ObjectKey& key) {
  ServiceChanged(old, now, key);
  hosts.Change(old.get(), now.get());
  const bool over_pods = now != nullptr && !now->workload_selector.empty();
  selecting_entries.Set(key.nn(), over_pods ? std::vector<std::string>{key.ns} : std::vector<std::string>{});
  if (over_pods) {
    all_selecting_entries.insert(key.nn());
  } else {
    all_selecting_entries.erase(key.nn());
  }
}

template <class T>
void World::Impl::RouteChanged(const Ptr<T>& old, const Ptr<T>& now, const ObjectKey& key) {
  TargetChanged(Meta(old), Meta(now), key);
  if (old != nullptr) {
    for (const ObjectKey& parent : ServiceParents(old->parents)) {
      dirty_services.insert(parent);
      routes_of.Remove(parent, key);
    }
  }
  if (now != nullptr) {
    for (const ObjectKey& parent : ServiceParents(now->parents)) {
      dirty_services.insert(parent);
      routes_of.Add(parent, key);
    }
  }
}

void World::Impl::Changed(const Ptr<gateway::HTTPRoute>& old, const Ptr<gateway::HTTPRoute>& now,
                          const ObjectKey& key) {
  RouteChanged(old, now, key);
  callers_of.Set(key, now == nullptr ? std::vector<ObjectKey>() : CalleesOf(*now));
}

void World::Impl::Changed(const Ptr<gateway::GRPCRoute>& old, const Ptr<gateway::GRPCRoute>& now,
                          const ObjectKey& key) {
  RouteChanged(old, now, key);
}

void World::Impl::Changed(const Ptr<gateway::Gateway>&, const Ptr<gateway::Gateway>&, const ObjectKey& key) {
  dirty_waypoints.insert(key.nn());
  MarkPlansAt(key.nn());
  MarkWorkspaceOf(key.ns);
  for (const ObjectKey& service : bound_to.Find(key.nn())) {
    dirty_services.insert(service);
    dirty_rows.insert(service);
    MarkWorkspaceOf(service.ns);
  }
}

void World::Impl::Changed(const Ptr<gateway::ReferenceGrant>&, const Ptr<gateway::ReferenceGrant>&,
                          const ObjectKey& key) {
  for (const ObjectKey& user : users_of.Find(GrantsOf(key.ns))) dirty_services.insert(user);
}

void World::Impl::Changed(const Ptr<core::EndpointSlice>& old, const Ptr<core::EndpointSlice>& now,
                          const ObjectKey& key) {
  if (old != nullptr) dirty_endpoints.insert({Kind::kService, key.ns, old->service});
  std::vector<NamespacedName> services;
  std::vector<std::string> nodes;
  if (now != nullptr) {
    dirty_endpoints.insert({Kind::kService, key.ns, now->service});
    services.push_back({key.ns, now->service});
    for (const core::Endpoint& endpoint : now->endpoints) {
      if (!endpoint.node_name.empty()) nodes.push_back(endpoint.node_name);
    }
  }
  slices_of.Set(key.nn(), std::move(services));
  slices_on.Set(key.nn(), std::move(nodes));
}

// Endpoints of the pod that says itself where it is, or whose labels a FailoverPolicy goes by. Few do, and
// rarely change it: no index of slices by pod is worth its memory.
void World::Impl::PlaceChanged(const core::Pod* old, const core::Pod* now, const ObjectKey& key) {
  const auto place = [](const core::Pod* pod) {
    return pod == nullptr ? std::string_view() : pod->meta.labels.Get(kLocalityLabel);
  };
  const bool moved = place(old) != place(now);
  const bool relabelled = old == nullptr || now == nullptr || old->meta.labels != now->meta.labels;
  const auto goes_by_labels = [&](const ObjectKey& service) {
    const auto& policies = failovers.At(service);
    return std::any_of(policies.begin(), policies.end(),
                       [](const auto& at) { return !at.policy->priority_labels.empty(); });
  };
  if (!moved && (!relabelled || failovers.empty())) return;
  tables.ForEachIn<core::EndpointSlice>(key.ns, [&](const Ptr<core::EndpointSlice>& slice) {
    const auto is_it = [&](const core::Endpoint& endpoint) { return endpoint.target_pod == key.name; };
    const ObjectKey service{Kind::kService, key.ns, slice->service};
    if (!moved && !goes_by_labels(service)) return;
    if (std::any_of(slice->endpoints.begin(), slice->endpoints.end(), is_it)) dirty_endpoints.insert(service);
  });
}

void World::Impl::MarkWaypoints() {
  for (const auto& [name, waypoint] : waypoints) dirty_waypoints.insert(name);
}

void World::Impl::Changed(const Ptr<core::Pod>& old, const Ptr<core::Pod>& now, const ObjectKey& key) {
  PlaceChanged(old.get(), now.get(), key);
  for (const NamespacedName& gateway : pods_of.KeysOf(key.nn())) dirty_waypoints.insert(gateway);
  const std::string_view name = now == nullptr ? "" : now->meta.labels.Get(kGatewayName);
  std::vector<NamespacedName> gateways;
  if (!name.empty()) gateways.push_back({key.ns, std::string(name)});
  for (const NamespacedName& gateway : gateways) dirty_waypoints.insert(gateway);
  pods_of.Set(key.nn(), std::move(gateways));
  for (const NamespacedName& entry : selecting_entries.Find(key.ns)) {
    const auto found = tables.Get<istio::ServiceEntry>(entry);
    if (found == nullptr) continue;
    const LabelSelector selector{found->workload_selector, {}};
    const bool was = old != nullptr && selector.Matches(old->meta.labels);
    const bool is = now != nullptr && selector.Matches(now->meta.labels);
    if (was || is) dirty_endpoints.insert({Kind::kServiceEntry, entry.ns, entry.name});
  }
}

void World::Impl::Changed(const Ptr<core::Node>& old, const Ptr<core::Node>& now, const ObjectKey& key) {
  if (old != nullptr && now != nullptr && old->meta.labels == now->meta.labels) return;
  for (const NamespacedName& name : slices_on.Find(key.name)) {
    const auto slice = tables.Get<core::EndpointSlice>(name);
    if (slice != nullptr) dirty_endpoints.insert({Kind::kService, name.ns, slice->service});
  }
  MarkWaypoints();
  MarkFailover();  // statuses tell of all places from which requests may come
  // Entries over pods are few, and labels of nodes change rarely: no index of pods by node is worth its
  // memory.
  for (const NamespacedName& entry : all_selecting_entries) {
    dirty_endpoints.insert({Kind::kServiceEntry, entry.ns, entry.name});
  }
}

void World::Impl::Changed(const Ptr<core::Namespace>& old, const Ptr<core::Namespace>& now,
                          const ObjectKey& key) {
  const MembershipChange change =
      membership.SetLabels(key.name, now == nullptr ? nullptr : Ptr<Labels>(now, &now->meta.labels));
  if (old != nullptr && now != nullptr && old->meta.labels == now->meta.labels) return;
  NetworkChanged(old, now);
  MembershipChanged(change);
  if (now == nullptr) NamespaceSeen(key.name);
  MarkWorkspaceOf(key.name);
  MarkServicesIn(key.name);
  MarkPlan(key.name);
  NamespaceLabelled(old.get());
  NamespaceLabelled(now.get());
}

void World::Impl::Changed(const Ptr<api::Workspace>&, const Ptr<api::Workspace>& now, const ObjectKey& key) {
  tenancy.SetWorkspace(key.name, now);
  MembershipChanged(membership.SetWorkspace(key.name, now));
}

void World::Impl::Changed(const Ptr<api::WorkspaceSettings>& old, const Ptr<api::WorkspaceSettings>& now,
                          const ObjectKey& key) {
  if (old == nullptr || now == nullptr) NamespaceSeen(key.ns);
  tenancy.SetSettings(key.nn(), now);
}

}  // namespace fairlead::reconcilers
