// Other clusters: what a change there marks here.
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {

// Services of other clusters: of each, ours of the same name, if they are joined.
void World::Impl::MarkJoined(const Remotes::Touched& services) {
  for (const NamespacedName& name : services) {
    const auto own = tables.Get<core::Service>(name);
    if (own != nullptr && IsGlobal(*own)) dirty_endpoints.insert({Kind::kService, name.ns, name.name});
  }
}

// Statuses of FailoverPolicies tell of the states of clusters.
void World::Impl::MarkFailover() {
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
  if (before == clusters.end() || before->second.status.state != status.state) impl_->MarkFailover();
  impl_->MarkJoined(impl_->remotes.SetStatus(cluster, status));
}

void World::RemoveRemote(const std::string& cluster) {
  if (impl_->remotes.clusters().contains(cluster)) impl_->MarkFailover();
  impl_->MarkJoined(impl_->remotes.Forget(cluster));
}

}  // namespace fairlead::reconcilers
