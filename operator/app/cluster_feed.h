// ClusterFeed: what is read of other clusters becomes events of the Engine.
//
// The composition root puts it between the registry of clusters and the Engine. Any thread; a call waits
// while the Engine's inbox is full, and so does the watch behind it.
#pragma once

#include "operator/app/engine.h"
#include "operator/clusters/registry.h"
#include "operator/runtime/readiness.h"

namespace fairlead::app {

class ClusterFeed final : public clusters::ClusterSink {
 public:
  ClusterFeed(Engine* engine, runtime::Readiness* readiness)
      : engine_(engine), pending_(readiness->Wait("first lists of other clusters")) {}

  void OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) override;
  void OnObject(const std::string& cluster, AnyObject object) override;
  void OnObjectGone(const std::string& cluster, const ObjectKey& key) override;
  void OnKept(const std::string& cluster, std::vector<AnyObject> objects) override;
  void OnState(const std::string& cluster, const reconcilers::RemoteStatus& status) override;
  void OnGone(const std::string& cluster) override;
  void OnSettled() override;

 private:
  Engine* const engine_;
  runtime::Readiness::Token pending_;  // of the registry's worker
};

}  // namespace fairlead::app
