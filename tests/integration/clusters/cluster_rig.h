// ClusterRig: a registry of clusters in this process, the keeper of copies beside it, and a World that it
// feeds; what is asked of it is the members of the Service shop/ratings, which is global here.
//
// Who calls: the tests of other clusters, with embedded or real API servers. Any thread.
//
//   ClusterRig rig(home_kubeconfig, {.backoff_max = …});
//   ASSERT_TRUE(rig.AwaitMembers({"10.2.0.1 west"}));
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "operator/clusters/registry.h"
#include "operator/kube/cpprest_transport.h"
#include "reconcilers/world.h"

namespace fairlead::testing {

class ClusterRig final : private clusters::ClusterSink {
 public:
  // `home`: text of the kubeconfig of our own API server.
  ClusterRig(const std::string& home, const kube::WatcherOptions& watches,
             std::chrono::milliseconds stale_limit = std::chrono::minutes(15),
             std::chrono::milliseconds settle_limit = std::chrono::minutes(5));
  ~ClusterRig() override;  // in good order
  void Die();              // else: what was not written by now is not

  // Each false: not within a minute. A state as in ClusterReport; "": there is no such cluster.
  bool AwaitState(const std::string& cluster, const std::string& state);
  // "10.2.0.1 west", "10.2.0.1 west ill".
  bool AwaitMembers(const std::vector<std::string>& members);
  bool AwaitReason(const std::string& cluster, const std::string& part);  // of its state
  bool AwaitEvents(uint64_t written);
  // With these members at that moment; nullopt: whatever there was.
  bool AwaitSettled(const std::optional<std::vector<std::string>>& members = std::nullopt);
  bool AwaitProblem(const std::string& part);  // of a message; "": there is none

  std::vector<std::string> Members();
  // Times that the endpoints of a Service had to be looked at anew.
  uint64_t Lowered();
  clusters::Registry& registry() { return *registry_; }
  std::string Metrics() const { return metrics_.Text(); }
  std::string Log();

 private:
  void OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) override;
  void OnObject(const std::string& cluster, AnyObject object) override;
  void OnObjectGone(const std::string& cluster, const ObjectKey& key) override;
  void OnKept(const std::string& cluster, std::vector<AnyObject> objects) override;
  void OnState(const std::string& cluster, const reconcilers::RemoteStatus& status) override;
  void OnGone(const std::string& cluster) override;
  void OnSettled() override;
  template <class F>
  void Change(F f);
  bool Await(const std::function<bool()>& holds);
  std::vector<std::string> MembersNow() const;

  std::unique_ptr<kube::HttpTransport> transport_;
  runtime::Metrics metrics_;
  std::mutex log_mutex_;
  std::string lines_;
  runtime::Log log_;
  kube::Client client_;
  runtime::EventRecorder events_;
  runtime::Fence fence_;

  std::mutex mutex_;
  std::condition_variable changed_;
  reconcilers::World world_;
  std::optional<std::vector<std::string>> settled_;
  std::unique_ptr<clusters::CopyKeeper> copies_;
  std::unique_ptr<clusters::Registry> registry_;
};

// Manifests of what is read of a cluster.
std::string RatingsService();                            // global
std::string RatingsSlice(const std::string& addresses);  // "10.2.0.1, 10.2.0.2"
// A Secret in fairlead-system, of cluster name to kubeconfig.
std::string ClusterSecret(const std::string& name, const std::map<std::string, std::string>& clusters);

}  // namespace fairlead::testing
