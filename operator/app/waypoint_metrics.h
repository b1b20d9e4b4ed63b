// WaypointMetrics: what WaypointLoop did, for /metrics.
//
// Who calls: the composition root makes it, the loop's worker counts. Thread-safe.
#pragma once

#include "operator/runtime/metrics.h"

namespace fairlead::app {

struct WaypointMetrics {
  explicit WaypointMetrics(runtime::Metrics* m)
      : written(Writes(m, "written")),
        deleted(Writes(m, "deleted")),
        labelled(Writes(m, "labelled")),
        unlabelled(Writes(m, "unlabelled")),
        refused(Writes(m, "refused")),
        failed(Writes(m, "failed")) {}

  runtime::Counter written, deleted;      // Gateways
  runtime::Counter labelled, unlabelled;  // services
  runtime::Counter refused, failed;

 private:
  static runtime::Counter Writes(runtime::Metrics* m, const char* result) {
    return m->AddCounter("fairlead_waypoint_writes_total",
                         "Writes by which services come to the waypoint of their workspace, or leave it.",
                         {{"result", result}});
  }
};

}  // namespace fairlead::app
