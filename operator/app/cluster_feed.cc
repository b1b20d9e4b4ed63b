#include "operator/app/cluster_feed.h"

#include <utility>

namespace fairlead::app {

void ClusterFeed::OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) {
  engine_->Push(Engine::Remote{cluster, Engine::Replace{kind, std::move(objects)}});
}

void ClusterFeed::OnObject(const std::string& cluster, AnyObject object) {
  engine_->Push(Engine::Remote{cluster, Engine::Upsert{std::move(object)}});
}

void ClusterFeed::OnObjectGone(const std::string& cluster, const ObjectKey& key) {
  engine_->Push(Engine::Remote{cluster, Engine::Remove{key}});
}

void ClusterFeed::OnKept(const std::string& cluster, std::vector<AnyObject> objects) {
  engine_->Push(Engine::Remote{cluster, Engine::Kept{std::move(objects)}});
}

void ClusterFeed::OnState(const std::string& cluster, const reconcilers::RemoteStatus& status) {
  engine_->Push(Engine::Remote{cluster, status});
}

void ClusterFeed::OnGone(const std::string& cluster) {
  engine_->Push(Engine::Remote{cluster, Engine::Gone{}});
}

void ClusterFeed::OnSettled() {
  engine_->Push(Engine::ClustersSettled{});
  pending_.Done();
}

}  // namespace fairlead::app
