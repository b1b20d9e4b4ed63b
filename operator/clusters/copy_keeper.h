// CopyKeeper: keeps what is known of other clusters where the next operator finds it.
//
// The composition root starts and stops it; the registry tells it of clusters and their states, LeaseRunner
// who leads. The leader writes a copy when a cluster is lost, and of every one that is known when it stops;
// it deletes those of clusters that no Secret names. Encoding and writes are on a thread of its own, so that
// neither a watch nor the engine waits. A copy is never replaced by an older one. Thread-safe.
//
//   CopyKeeper keeper({.ns = "fairlead-system", .by = identity}, {&transport, &fence, known, …});
//   keeper.OnState("west", {status, identity, owner});
#pragma once

#include <json/value.h>

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>

#include "operator/clusters/copy_store.h"
#include "operator/clusters/kept_copy.h"
#include "operator/runtime/events.h"
#include "operator/runtime/lease.h"
#include "operator/runtime/log.h"
#include "operator/runtime/metrics.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::clusters {

struct CopyOptions {
  std::string ns;
  std::string by;  // this process
  // Of one cluster that is lost again and again, but for the end.
  std::chrono::milliseconds between{30'000};
  std::chrono::milliseconds finish{8'000};  // for all writes of the end
};

struct CopyParts {
  kube::HttpTransport* transport = nullptr;
  runtime::Fence* fence = nullptr;
  // What counts of the cluster; nullopt: nothing that could be kept. Asked on the keeper's thread.
  std::function<std::optional<reconcilers::Known>(const std::string& cluster)> known;
  runtime::EventRecorder* events = nullptr;  // null: none are written
  runtime::Metrics* metrics = nullptr;
  runtime::Log* log = nullptr;
  const Clock* clock = nullptr;
};

// A cluster, as the registry knows it.
struct CopySource {
  reconcilers::RemoteStatus status;
  std::string identity;  // of the cluster that was listed; empty: none was
  CopyOwner owner;
};

class CopyKeeper {
 public:
  CopyKeeper(CopyOptions options, CopyParts parts);
  ~CopyKeeper();  // Stop

  void Start();
  // While the engine and the lease still are there: writes what is known by now, for some seconds at most.
  void Stop();

  void OnNamed(std::set<std::string> clusters);  // by Secrets, all of them
  void OnState(const std::string& cluster, CopySource source);
  void OnLeadership(bool gained);

  // When what is in the copies was heard, by cluster; as the leader knows it.
  std::map<std::string, Timestamp> copies() const;

 private:
  struct Job {
    std::optional<CopyEntry> there;
    std::optional<CopySource> source;  // none: what is there is to go
    Timestamp heard;
  };

  void Work();
  runtime::Outcome Process(const std::string& cluster);
  runtime::Outcome Try(const std::string& cluster, bool again);
  // nullopt: nothing is to be done now, but after `wait`.
  std::optional<Job> JobFor(const std::string& cluster, runtime::Outcome* wait) const;
  runtime::Outcome Sweep();
  Result<void> Write(const std::string& cluster, const Job& job);
  Result<void> Delete(const std::string& cluster, const CopyEntry& there);
  runtime::Outcome Failed(const std::string& cluster, const CopySource& source, const Error& error,
                          bool tell);
  void Tell(const std::string& cluster, const CopySource& source, const std::string& why);

  const CopyOptions options_;
  const CopyParts parts_;
  CopyStore store_;
  runtime::Counter written_, deleted_, failed_, too_large_;
  runtime::WorkQueue queue_;

  mutable std::mutex mutex_;  // guards all below
  std::optional<std::set<std::string>> named_;
  std::map<std::string, CopySource> sources_;
  std::optional<std::map<std::string, CopyEntry>> copies_;  // none: not known, or another may have written
  std::map<std::string, Clock::TimePoint> last_;            // when it was written
  std::map<std::string, Timestamp> hopeless_;               // what was heard then is too much
  std::optional<Clock::TimePoint> give_up_at_;              // of the end

  std::jthread worker_;
};

}  // namespace fairlead::clusters
