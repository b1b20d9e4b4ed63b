// Registry: the other clusters: read from Secrets, connected, watched, and let go, while the operator runs.
//
// The composition root starts and stops it; what is read goes to a ClusterSink, from many threads. Each
// cluster has a Connection of its own, so one that is slow or gone delays no other, nor our own start. Its
// worker is the only one who makes and ends connections. A Secret that becomes wrong leaves a cluster that is
// connected as it is, and says so. One that cannot be reached from the start on is known by the copy that was
// kept of it, if there is one. Thread-safe.
//
//   Registry registry({.ns = "fairlead-system", …}, {&transport, &feed, &events, &metrics, &log, &clock});
//   registry.Start();
#pragma once

#include <json/value.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "operator/clusters/cluster_secrets.h"
#include "operator/clusters/connection.h"
#include "operator/clusters/copy_keeper.h"
#include "operator/clusters/health.h"
#include "operator/runtime/events.h"
#include "operator/runtime/log.h"
#include "operator/runtime/metrics.h"

namespace fairlead::clusters {

// Who takes what is read of clusters; may block. After OnGone nothing comes of the cluster, until a Secret
// names it again.
class ClusterSink {
 public:
  virtual ~ClusterSink() = default;
  virtual void OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) = 0;
  virtual void OnObject(const std::string& cluster, AnyObject object) = 0;
  virtual void OnObjectGone(const std::string& cluster, const ObjectKey& key) = 0;
  // What an operator before this one has kept of it; it counts until a state is not `kept` any more.
  virtual void OnKept(const std::string& cluster, std::vector<AnyObject> objects) = 0;
  virtual void OnState(const std::string& cluster, const reconcilers::RemoteStatus& status) = 0;
  virtual void OnGone(const std::string& cluster) = 0;
  // Once: of every cluster that Secrets named at the start, all was listed, or it cannot be reached, or the
  // limit is over. Before that, what is known of others would be half of a state.
  virtual void OnSettled() = 0;
};

struct RegistryOptions {
  std::string ns;           // of the Secrets
  std::string own_cluster;  // our own name
  std::chrono::milliseconds stale_limit{900'000};
  std::chrono::milliseconds settle_limit{10'000};  // after the start
  kube::WatcherOptions watches;                    // of other clusters
};

struct RegistryParts {
  kube::HttpTransport* transport = nullptr;  // to our own API server
  ClusterSink* sink = nullptr;
  runtime::EventRecorder* events = nullptr;  // null: none are written
  runtime::Metrics* metrics = nullptr;
  runtime::Log* log = nullptr;
  const Clock* clock = nullptr;
  CopyKeeper* copies = nullptr;  // null: this process keeps none
};

// One cluster, for people.
struct ClusterReport {
  std::string state;  // as RemoteState; "refused": there is no connection
  Timestamp since;
  std::string reason, secret, server;
  std::string policies;  // why its FailoverPolicies are not read; empty: nothing in the way
  bool kept = false;     // known by a kept copy
  std::string copy;      // why the copy that is there is not used
};

class Registry final : private ConnectionSink {
 public:
  Registry(RegistryOptions options, RegistryParts parts);
  ~Registry() override;

  void Start();
  void Stop();
  // Events of what is refused, once more: who speaks has changed.
  void Announce();

  std::map<std::string, ClusterReport> clusters() const;
  std::vector<ClusterProblem> problems() const;
  Json::Value Dump() const;

 private:
  class SecretStream;
  static constexpr char kRefused[] = "ClusterRefused", kCopyUnusable[] = "ClusterCopyUnusable";  // of Events
  // Of the worker.
  struct Cluster {
    ClusterEntry entry;  // that is in force
    std::string listed;  // identity of what was listed; empty: nothing was yet
    std::unique_ptr<Connection> connection;
  };
  // What callers and watches see; under the mutex.
  struct Shown {
    std::optional<Health> health;  // none: refused
    ClusterReport report;
    std::optional<reconcilers::RemoteStatus> told;  // to the sink
    bool recalled = false;                          // its kept copy was looked for
    std::optional<ClusterProblem> unusable;         // why that is not used
  };

  void OnList(const std::string& cluster, Kind kind, std::vector<AnyObject> objects) override;
  void OnObject(const std::string& cluster, AnyObject object) override;
  void OnObjectGone(const std::string& cluster, const ObjectKey& key) override;
  void OnWatch(const std::string& cluster, Kind kind, const kube::WatchStatus& status) override;

  void OnSecrets(const std::function<void(ClusterSecrets*)>& change);
  void Run(const std::stop_token& stop);
  Clock::TimePoint NextDeadline() const;      // under the mutex
  bool Settles();                             // likewise; true once
  bool IsMissed(const Health& health) const;  // likewise; known by nothing, and not to be waited for
  void Follow(const WishedClusters& wished);
  void Connect(const std::string& name, const ClusterEntry& entry, std::vector<ClusterProblem>* problems);
  void Drop(const std::string& name);
  void ShowRefused(const std::string& name, const ClusterEntry& entry, const std::string& why);
  void Recall();
  void Recall(const std::string& name, const ClusterEntry& entry);
  Result<std::optional<KeptCopy>> ReadCopy(const std::string& name, const std::string& identity);
  void Tell();
  void Tell(const std::string& name, const reconcilers::RemoteStatus& status);
  void Say(const ClusterProblem& problem, const char* reason);
  void SetState(const std::string& name, const std::string& state, Timestamp since, bool kept = false);

  const RegistryOptions options_;
  const RegistryParts parts_;
  std::map<std::string, Cluster> connected_;  // of the worker
  CopyStore store_;                           // likewise
  runtime::Gauge refused_;
  runtime::Counter used_, unusable_;  // kept copies

  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any wake_;
  ClusterSecrets secrets_;
  bool secrets_changed_ = false, health_changed_ = false, announce_ = false;
  bool followed_ = false, settled_ = false;  // the Secrets, as they were first listed
  Clock::TimePoint settle_deadline_;
  std::map<std::string, Shown> shown_;
  std::vector<ClusterProblem> problems_;

  std::unique_ptr<kube::Reflector> watch_;
  std::jthread worker_;
};

}  // namespace fairlead::clusters
