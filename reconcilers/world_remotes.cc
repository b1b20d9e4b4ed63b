// Other clusters: what a change there marks here.
#include <algorithm>

#include "reconcilers/store/network.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {

// Services of other clusters: of each, ours of the same name, if they are joined.
void World::Impl::MarkJoined(const Remotes::Touched& services) {
  for (const NamespacedName& name : services) {
    const auto own = tables.Get<core::Service>(name);
    if (own == nullptr || !IsGlobal(*own)) continue;
    const ObjectKey key{Kind::kService, name.ns, name.name};
    dirty_endpoints.insert(key);
    // What those of other clusters ask is told by the statuses of ours.
    for (const auto& policy : failovers.At(key)) dirty_statuses.insert(policy.key());
  }
}

void World::Impl::MarkJoinedIn(const std::string& ns) {
  if (remotes.clusters().empty()) return;
  Remotes::Touched services;
  tables.ForEachIn<core::Service>(
      ns, [&](const Ptr<core::Service>& service) { services.insert(service->meta.nn()); });
  MarkJoined(services);
}

// Policies that stand in the namespace in other clusters may be for those that it shares a workspace with
// here.
void World::Impl::MarkAskedFrom(const MembershipChange::Move& move) {
  const bool any = std::any_of(remotes.clusters().begin(), remotes.clusters().end(), [&](const auto& named) {
    return named.second.tables.template HasAny<api::FailoverPolicy>(move.ns);
  });
  if (!any) return;
  for (const std::string& workspace : {move.from, move.to}) {
    for (const std::string& ns : membership.NamespacesOf(workspace)) MarkJoinedIn(ns);
  }
}

// Whose endpoints can be reached from here depends on where we are, and so does what is near by that label.
void World::Impl::NetworkChanged(const Ptr<core::Namespace>& old, const Ptr<core::Namespace>& now) {
  const auto network = [](const Ptr<core::Namespace>& ns) {
    return ns == nullptr ? std::string_view() : ns->meta.labels.Get(kNetworkLabel);
  };
  if (network(old) == network(now)) return;
  for (const auto& [name, cluster] : remotes.clusters()) {
    cluster.tables.ForEach<core::Service>(
        [&](const Ptr<core::Service>& service) { MarkJoined({service->meta.nn()}); });
  }
  if (!priority_labels.Has(kNetworkLabel)) return;
  MarkWaypoints();
  MarkFailover();
  tables.ForEach<api::FailoverPolicy>([&](const Ptr<api::FailoverPolicy>& policy) {
    const auto& labels = policy->priority_labels;
    if (std::find(labels.begin(), labels.end(), kNetworkLabel) == labels.end()) return;
    for (const Placement& placement :
         failovers.Of({Kind::kFailoverPolicy, policy->meta.ns, policy->meta.name}))
      dirty_endpoints.insert(placement.target);
  });
}

// Statuses of FailoverPolicies tell of the states of clusters.
void World::Impl::MarkFailover() {
  dirty_drills.insert(drilled.begin(), drilled.end());
  for (const NamespacedName& name : tables.Names(Kind::kFailoverPolicy))
    dirty_statuses.insert({Kind::kFailoverPolicy, name.ns, name.name});
}

void World::ApplyRemote(const std::string& cluster, const AnyObject& object) {
  impl_->MarkJoined(impl_->remotes.Apply(cluster, object));
}

void World::RemoveRemoteObject(const std::string& cluster, const ObjectKey& key) {
  impl_->MarkJoined(impl_->remotes.Remove(cluster, key));
}

void World::ReplaceRemote(const std::string& cluster, Kind kind, const std::vector<AnyObject>& objects) {
  impl_->MarkJoined(impl_->remotes.Replace(cluster, kind, objects));
}

void World::SetRemoteState(const std::string& cluster, const RemoteStatus& status) {
  const auto& clusters = impl_->remotes.clusters();
  const auto before = clusters.find(cluster);
  if (before == clusters.end() || before->second.status.state != status.state ||
      before->second.status.kept != status.kept) {
    impl_->MarkFailover();
  }
  impl_->MarkJoined(impl_->remotes.SetStatus(cluster, status));
}

void World::KeepRemote(const std::string& cluster, const std::vector<AnyObject>& objects) {
  impl_->MarkJoined(impl_->remotes.Keep(cluster, objects));
}

void World::RemoveRemote(const std::string& cluster) {
  if (impl_->remotes.clusters().contains(cluster)) impl_->MarkFailover();
  impl_->MarkJoined(impl_->remotes.Forget(cluster));
}

}  // namespace fairlead::reconcilers
