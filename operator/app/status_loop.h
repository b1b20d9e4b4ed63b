// StatusLoop: the workers that keep policy statuses, while this process leads.
//
// The composition root feeds it keys (from deltas, from the proxies' progress); a queue holds each at most
// once; a few workers run StatusKeeper. Without the lease keys are dropped: who gains it enqueues all
// policies. Thread-safe.
#pragma once

#include <set>
#include <thread>
#include <vector>

#include "dataplane/xds/catalog.h"
#include "operator/app/status_keeper.h"
#include "operator/kube/client.h"
#include "operator/runtime/events.h"
#include "operator/runtime/lease.h"
#include "operator/runtime/log.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::app {

class StatusLoop {
 public:
  StatusLoop(Engine* engine, const xds::Catalog* catalog, kube::Client* client,
             runtime::EventRecorder* events, const runtime::Fence* fence, runtime::Log* log,
             const Clock* clock);
  ~StatusLoop();

  void Start();
  void Stop();
  void Enqueue(const std::set<ObjectKey>& keys);  // other kinds than policies are left out
  void EnqueueAll();                              // on gaining the lease
  uint64_t writes() const { return keeper_.writes(); }
  runtime::QueueStats queue() const { return queue_.stats(); }

 private:
  void Work(std::stop_token stop);
  Result<std::string> Write(const ObjectKey& key, const PolicyPicture& picture);
  void Tell(const ObjectKey& key, const PolicyPicture& picture);

  Engine* const engine_;
  kube::Client* const client_;
  runtime::EventRecorder* const events_;
  const runtime::Fence* const fence_;
  runtime::Log* const log_;
  runtime::WorkQueue queue_;
  StatusKeeper keeper_;
  std::vector<std::jthread> workers_;
};

}  // namespace fairlead::app
