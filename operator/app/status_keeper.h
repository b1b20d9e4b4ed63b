// StatusKeeper: keeps the statuses of our objects true, with as few writes as can be.
//
// Who calls: the leader's work queue, one key at a time (never one key twice at once; several keys in
// parallel). Reads the newest state through the engine, asks the catalog how far the proxies are, decides
// (status_decision.h), writes a merge patch on /status over the version that was read. Thread-safe.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "crds/base/clock.h"
#include "crds/base/result.h"
#include "dataplane/xds/catalog.h"
#include "operator/app/engine.h"
#include "operator/app/status_decision.h"

namespace fairlead::app {

// What is known of an object at one moment.
struct PolicyPicture {
  ObjectMeta meta;
  api::ObjectStatus desired;
  std::optional<api::ObjectStatus> live;
  bool awaited = false;  // objects of ours that it tells of are being written
  // Proxies that are no pods, and have it, are fewer than the status says: they went, or have yet to come
  // back after a start, or the replica that serves them has yet to report them.
  bool gone = false;
};

// Whether objects of this kind have a status that we write.
bool HasStatus(Kind kind);

// The status that the object carries; nullopt: none yet, or no kind whose status we write.
std::optional<api::ObjectStatus> LiveObjectStatusOf(const AnyObject& object);

class StatusKeeper {
 public:
  // Writes picture.desired over picture.meta.resource_version; gives the new resource version.
  using Write = std::function<Result<std::string>(const ObjectKey& key, const PolicyPicture& picture)>;
  // Called after a write, with what was there before; for logs.
  using Written = std::function<void(const ObjectKey& key, const PolicyPicture& picture)>;

  StatusKeeper(Engine* engine, const xds::Catalog* catalog, Write write, Written written,
               StatusPatience patience, const Clock* clock);

  // What the queue does next with the key. An error: its class says when to try again.
  struct Outcome {
    Result<void> result;
    std::chrono::milliseconds again{0};  // > 0: look again then, though no event came
  };
  Outcome Process(const ObjectKey& key);

  uint64_t writes() const;
  size_t remembered() const;  // policies that are incomplete, or whose write the watch has not shown

 private:
  // What is there now, and at which version.
  struct OwnWrite {
    std::string over, version;
    api::ObjectStatus status;
  };
  struct Memory {
    std::string uid;
    int64_t generation = 0;
    std::optional<Clock::TimePoint> incomplete_since;
    int incomplete_writes = 0;
    std::unique_ptr<OwnWrite> written;  // our last write, until the watch shows it
    bool empty() const { return !incomplete_since && incomplete_writes == 0 && !written; }
  };
  // `shown`: the version that the watch shows.
  std::optional<PolicyPicture> Look(const ObjectKey& key, std::string* shown);
  // Counts the proxies that have the policy.
  void LookAtProxies(const reconcilers::World& world, const ObjectKey& key, PolicyPicture* picture) const;
  static bool IsSettled(const PolicyPicture& picture);  // no news is on its way
  StatusDecision Consider(Memory* memory, const PolicyPicture& picture) const;
  void Remember(const ObjectKey& key, const std::string& over, const PolicyPicture& picture,
                const std::string& version);
  void ForgetSeen(const reconcilers::World& world);  // on the engine's thread, under the mutex
  void ForgetDeleted();

  Engine* const engine_;
  const xds::Catalog* const catalog_;
  const Write write_;
  const Written written_;
  const StatusPatience patience_;
  const Clock* const clock_;

  mutable std::mutex mutex_;
  std::map<ObjectKey, Memory> memory_;
  std::deque<ObjectKey> unseen_;  // with a write of ours that the watch has not shown, as far as looked at
  size_t forget_at_ = 256;        // entries
  uint64_t writes_ = 0;
};

}  // namespace fairlead::app
