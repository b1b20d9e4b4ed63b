// Watches: one reflector for each kind that the engine reads, and one for CRDs, which wakes the reflector of
// a kind that was not served when it appears. The first that reaches the API server after a fault wakes those
// that still wait.
//
// The composition root starts and stops it; status() is for /readyz, metrics and dumps. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "operator/app/engine.h"
#include "operator/app/ledger.h"
#include "operator/kube/object_stream.h"
#include "operator/kube/reflector.h"
#include "operator/runtime/log.h"
#include "operator/runtime/readiness.h"

namespace fairlead::app {

// What the operator reads.
std::set<Kind> WatchedKinds();

class Watches final : private kube::ObjectSink {
 public:
  // `on_crd`: called with the name of each CRD that appeared, changed or went.
  // `ledger`: told of policies, after the engine; may be null.
  Watches(kube::HttpTransport* transport, Engine* engine, Ledger* ledger, runtime::Readiness* readiness,
          runtime::Log* log, const Clock* clock, std::function<void(const std::string&)> on_crd);
  ~Watches() override;

  void Start();
  void Stop();
  std::map<Kind, kube::WatchStatus> status() const;

 private:
  void OnReplace(Kind kind, std::vector<AnyObject> objects) override;
  void OnUpsert(Kind kind, AnyObject object) override;
  void OnDelete(Kind kind, AnyObject last) override;
  void OnSynced(Kind kind) override;
  void OnStatus(Kind kind, const kube::WatchStatus& status) override;
  void OnCrd(const std::string& name);
  bool IsRecorded(Kind kind) const;
  bool Recovered(Kind kind, const kube::WatchStatus& status);

  Engine* const engine_;
  Ledger* const ledger_;
  runtime::Log* const log_;
  const std::function<void(const std::string&)> on_crd_;
  std::map<Kind, std::unique_ptr<kube::Reflector>> reflectors_;
  std::unique_ptr<kube::Reflector> crds_;

  mutable std::mutex mutex_;  // guards the two below
  std::map<Kind, runtime::Readiness::Token> pending_;
  std::map<Kind, kube::WatchPhase> phases_;  // as last logged
};

}  // namespace fairlead::app
