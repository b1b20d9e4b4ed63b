// TenancyLoop: keeps the objects that workspaces lower to (LowerWorkspace) as they should be, while this
// process leads, and tells World what became of them, so that statuses are true.
//
// The composition root feeds it the workspaces that changed; watches by label feed it what happened to the
// objects. One worker takes what has come, some workspaces at a time, and looks at them together:
//
//   1. PlanWrites orders the writes of all of them in phases, those that close before those that open.
//      Where a delete is due in a namespace, the workspace that has it now takes part: a namespace that
//      moves is never without the objects of either.
//   2. Nothing is opened in a namespace where a write failed or somebody else's object has a name of ours:
//      more is closed for longer, nothing is open sooner, and nobody is bound to a Role that is not ours.
//   3. Where a namespace changes hands, MembershipCheck asks first whether it really does; else the watch
//   that
//      lags is waited for.
//   4. A workspace that cannot be read keeps what was written for it. One that is gone leaves nothing behind.
//
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "operator/app/engine.h"
#include "operator/app/owned_writer.h"
#include "operator/app/tenancy_metrics.h"
#include "operator/app/tenancy_objects.h"
#include "operator/app/tenancy_round.h"
#include "operator/kube/client.h"
#include "operator/kube/reflector.h"
#include "operator/runtime/crew.h"
#include "operator/runtime/lease.h"
#include "operator/runtime/log.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::app {

class TenancyLoop {
 public:
  TenancyLoop(Engine* engine, kube::HttpTransport* transport, kube::Client* client,
              const runtime::Fence* fence, TenancyMetrics* metrics, runtime::Log* log, const Clock* clock);
  ~TenancyLoop();

  void Start();
  void Stop();
  // What a publication changed, on the engine's thread; with the first one come also workspaces that are gone
  // and left objects, of which no publication tells.
  void OnPublished(const std::set<std::string>& workspaces);
  void Enqueue(const std::set<std::string>& workspaces);
  void EnqueueAll();                    // on gaining the lease
  void OnCrd(const std::string& name);  // a CRD appeared, changed or went
  runtime::QueueStats queue() const { return queue_.stats(); }
  const TenancyObjects& objects() const { return objects_; }

 private:
  void Work(const std::stop_token& stop);
  // At these together, and those that they draw in; and what became of each.
  std::map<std::string, runtime::Outcome> Look(const std::set<std::string>& workspaces);
  Wishes Process(const std::set<std::string>& workspaces);
  // What became of the writes so far.
  struct Progress {
    Wishes* wishes;
    Blocked blocked;
    std::set<TenancyId> left;  // objects that are not as wished
    bool transient = false;    // what failed may be through the next time
  };
  bool Sees(const Json::Value& object) const;  // and all that must go before it
  // What the watches know of the workspaces, and what there is under names that are to be created; nullopt:
  // a watch lags behind the membership of a namespace.
  Result<std::optional<TenancyState>> ReadLive(Round* round);
  // What there is under the name, though no watch of ours tells of it; null: nothing.
  Result<Json::Value> ReadUnknown(const Json::Value& object) const;
  // Phase by phase; the writes of one at once. Gives what is not as it is wished then.
  std::set<TenancyId> Carry(const std::vector<reconcilers::Write>& writes, const TenancyState& live,
                            Wishes* wishes);
  Result<void> Carry(const reconcilers::Write& write, const TenancyState& live);
  // The object as it is then; nullopt: it is gone.
  Result<std::optional<Json::Value>> Send(const reconcilers::Write& write, const TenancyState& live);
  void Note(const reconcilers::Write& write, const Result<void>& done, Progress* progress);
  void Tell(const std::set<TenancyId>& left, Wishes* wishes);
  // How long the changes that are now in force took.
  void Count(const Wishes& wishes);

  Engine* const engine_;
  kube::Client* const client_;
  const runtime::Fence* const fence_;
  TenancyMetrics* const metrics_;
  runtime::Log* const log_;
  const Clock* const clock_;
  OwnedWriter writer_;
  runtime::Crew crew_;  // the worker's: nothing is written one by one that may be written at once
  runtime::WorkQueue queue_;
  TenancyObjects objects_;
  std::vector<std::unique_ptr<kube::Reflector>> reflectors_;
  bool published_ = false;                         // the engine's thread
  std::mutex mutex_;                               // guards the next one
  std::map<std::string, Clock::TimePoint> since_;  // workspaces whose change is not in force yet
  std::jthread worker_;
};

}  // namespace fairlead::app
