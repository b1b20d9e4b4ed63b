// GatewayFacts: what the Gateway API that is installed can say, read from the schemas that are served.
//
// The composition root makes one where webhooks are served; the watch on CRDs tells it what changed. A field
// that the schema does not have is dropped by the API server before any webhook is asked, so this is how a
// warning can know. Not ready until the first answer, whatever it is. Thread-safe.
#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "operator/kube/client.h"
#include "operator/runtime/log.h"
#include "operator/runtime/readiness.h"
#include "operator/runtime/work_queue.h"

namespace fairlead::app {

class GatewayFacts {
 public:
  GatewayFacts(kube::Client* client, runtime::Readiness* readiness, runtime::Log* log, const Clock* clock);
  ~GatewayFacts();  // Stop

  void Start();
  void Stop();
  void OnCrd(const std::string& name);  // a CRD appeared, changed or went

  // Whether HTTPRoute has spec.rules[].retry. nullopt: not known, or HTTPRoute is not served.
  std::optional<bool> route_retry() const;

 private:
  enum class Known : unsigned char { kNot, kHas, kLacks };
  runtime::Outcome Read(const std::stop_token& stop);

  kube::Client* const client_;
  runtime::Log* const log_;
  runtime::WorkQueue queue_;
  runtime::Readiness::Token pending_;  // the worker's
  std::atomic<Known> retry_ = Known::kNot;
  std::jthread worker_;
};

}  // namespace fairlead::app
