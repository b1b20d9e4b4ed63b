// IstioLoop: in Istio mode, keeps the objects that istiod reads (LowerToIstio) as they should be, while this
// process leads, and tells World what became of them, so that statuses are true.
//
// The composition root feeds it the services that changed; watches on VirtualServices and DestinationRules
// feed it what happened to the objects (somebody edited or deleted one; another object stands in the way).
// A queue holds each service at most once. What the installed Istio can carry is read from its CRDs, at start
// and when they change; nothing is lowered before. Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "operator/app/engine.h"
#include "operator/app/istio_objects.h"
#include "operator/app/owned_writer.h"
#include "operator/kube/client.h"
#include "operator/kube/reflector.h"
#include "operator/runtime/lease.h"
#include "operator/runtime/log.h"
#include "operator/runtime/readiness.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::app {

class IstioLoop {
 public:
  IstioLoop(Engine* engine, kube::HttpTransport* transport, kube::Client* client, const runtime::Fence* fence,
            runtime::Readiness* readiness, runtime::Log* log, const std::string& cluster_domain,
            const std::string& cluster_name, const Clock* clock);
  ~IstioLoop();

  void Start();
  void Stop();
  // What a publication changed, on the engine's thread; with the first one come also services that own
  // objects of ours and are gone, of which no publication tells.
  void OnPublished(const std::set<ObjectKey>& services);
  void Enqueue(const std::set<ObjectKey>& services);
  void EnqueueAll();                    // on gaining the lease
  void OnCrd(const std::string& name);  // a CRD appeared, changed or went
  uint64_t writes() const { return writes_; }
  runtime::QueueStats queue() const { return queue_.stats(); }

 private:
  struct Wish {
    std::vector<Json::Value> objects;
    uint64_t epoch = 0;
    std::string uid;  // of the service; empty: it is gone
  };
  void Work(std::stop_token stop);
  runtime::Outcome Process(const ObjectKey& service);
  runtime::Outcome ReadCapabilities(std::stop_token stop);
  reconcilers::IstioReport Yield(Wish* wish) const;
  void LeaveOtherClusters(Wish* wish, std::vector<Json::Value>* live, reconcilers::IstioReport* report) const;
  Result<void> Carry(const reconcilers::PlannedWrite& write, const std::vector<Json::Value>& live);

  Engine* const engine_;
  kube::Client* const client_;
  const runtime::Fence* const fence_;
  runtime::Log* const log_;
  const std::string cluster_name_;
  OwnedWriter writer_;
  runtime::WorkQueue queue_;
  IstioObjects objects_;
  std::vector<std::unique_ptr<kube::Reflector>> reflectors_;
  runtime::Readiness::Token capabilities_pending_;  // the worker's
  bool published_ = false;                          // the engine's thread
  std::atomic<uint64_t> writes_{0};
  std::vector<std::jthread> workers_;
};

}  // namespace fairlead::app
