// WaypointLoop: in Istio mode, makes the waypoints that workspaces ask for, and lets services pass them,
// while this process leads; tells World what could not be done, so that statuses are true.
//
// The composition root feeds it the namespaces whose plan (reconcilers/waypoints) is another one. World sees
// Gateways, Services and their labels by its own watches, so each step is taken when the one before was seen,
// by whichever process leads then. One pass over a namespace: labels that go, the Gateway, labels that come,
// and, once nothing names it, also at the API server, the Gateway's end.
//
// The label is the one thing that Fairlead writes into objects of users: applied as kWaypointManager, never
// by force. Where another manager has it, that stands, and is told. It is not taken away while an
// AuthorizationPolicy of a user is for the service: that is enforced at a waypoint only. Thread-safe.
#pragma once

#include <map>
#include <set>
#include <string>
#include <thread>

#include "operator/app/engine.h"
#include "operator/app/owned_writer.h"
#include "operator/app/waypoint_metrics.h"
#include "operator/app/waypoint_round.h"
#include "operator/kube/client.h"
#include "operator/runtime/events.h"
#include "operator/runtime/lease.h"
#include "operator/runtime/log.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::app {

class WaypointLoop {
 public:
  WaypointLoop(Engine* engine, kube::Client* client, runtime::EventRecorder* events,
               const runtime::Fence* fence, WaypointMetrics* metrics, runtime::Log* log, const Clock* clock);
  ~WaypointLoop();

  void Start();
  void Stop();
  void OnPublished(const std::set<std::string>& namespaces);  // on the engine's thread
  void EnqueueAll();                                          // on gaining the lease
  runtime::QueueStats queue() const { return queue_.stats(); }

 private:
  // What became of one pass.
  struct Pass {
    std::map<ObjectKey, std::string> problems;
    runtime::Outcome outcome = runtime::Outcome::Ok();
    bool wrote = false;
  };
  void Work(const std::stop_token& stop);
  runtime::Outcome Process(const std::string& ns);
  void Leave(const WaypointRound::Label& label, Pass* pass);
  void Come(const WaypointRound::Label& label, Pass* pass);
  void WriteGateway(const WaypointRound& round, Pass* pass);
  void DeleteGateway(const WaypointRound& round, Pass* pass);
  Result<void> Apply(const WaypointRound::Label& label);
  // The AuthorizationPolicy of a user that is for the service; empty: none.
  Result<std::string> RuleFor(const ObjectKey& service) const;
  // Whether the API server knows of something that names the Gateway.
  Result<bool> IsNamed(const NamespacedName& gateway) const;
  void Fail(const ObjectKey& object, const std::string& what, const Error& error, Pass* pass);
  void Tell(const WaypointRound::Label& label, const std::string& reason, const std::string& note,
            bool warning);

  Engine* const engine_;
  kube::Client* const client_;
  runtime::EventRecorder* const events_;
  const runtime::Fence* const fence_;
  WaypointMetrics* const metrics_;
  runtime::Log* const log_;
  OwnedWriter writer_;
  runtime::WorkQueue queue_;
  std::jthread worker_;
};

}  // namespace fairlead::app
