// Telemetry: the operator's metrics and debug dump, gathered from its parts.
//
// The composition root makes one and hands it the parts; it only reads them. Names are listed in
// docs/metrics.md.
#pragma once

#include <memory>

#include "dataplane/server/ads_server.h"
#include "operator/app/engine.h"
#include "operator/app/istio_loop.h"
#include "operator/app/status_loop.h"
#include "operator/app/tenancy_loop.h"
#include "operator/app/watches.h"
#include "operator/clusters/registry.h"
#include "operator/runtime/admin.h"
#include "operator/runtime/metrics.h"

namespace fairlead::app {

// Counts of the xDS server. Thread-safe.
class XdsMetrics final : public xds::AdsMetrics {
 public:
  explicit XdsMetrics(runtime::Metrics* metrics);
  void OnStream(int change) override;
  void OnRefused() override;
  void OnPush(xds::Type type, size_t resources, size_t removed, size_t bytes) override;
  void OnWritten(xds::Type type, std::chrono::nanoseconds since) override;
  void OnAnswer(xds::Type type, bool accepted) override;

 private:
  std::atomic<int> open_{0};
  runtime::Gauge streams_;
  runtime::Counter refused_;
  std::vector<runtime::Counter> resources_, removed_, bytes_, acks_, nacks_;
  runtime::Histogram written_;
};

struct TelemetryParts {
  Engine* engine = nullptr;
  const xds::Catalog* catalog = nullptr;
  const Watches* watches = nullptr;
  const StatusLoop* statuses = nullptr;
  const runtime::Fence* fence = nullptr;
  const runtime::EventRecorder* events = nullptr;
  const IstioLoop* istio = nullptr;      // null but in Istio mode
  const TenancyLoop* tenancy = nullptr;  // null where nothing is written
  const xds::PeerBook* peers = nullptr;
  const clusters::Registry* clusters = nullptr;  // null where other clusters are not joined
};

// Gauges and counters that are read when /metrics is asked for.
void AddMetrics(runtime::Metrics* metrics, TelemetryParts parts);

// Parts: watches, engine, xds, effective, policies, leader, tenancy, clusters.
void AddDumps(runtime::DebugDump* dump, TelemetryParts parts);

}  // namespace fairlead::app
