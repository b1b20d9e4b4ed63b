// TenancyMetrics: what TenancyLoop did, for /metrics.
//
// Who calls: the composition root makes it, the loop's worker counts. Thread-safe.
#pragma once

#include "operator/runtime/metrics.h"

namespace fairlead::app {

struct TenancyMetrics {
  explicit TenancyMetrics(runtime::Metrics* m)
      : written(Writes(m, "written")),
        deleted(Writes(m, "deleted")),
        failed(Writes(m, "failed")),
        waits(m->AddCounter("fairlead_tenancy_waits_total",
                            "Times that a namespace's change of hands waited for a watch.")),
        in_force(m->AddHistogram("fairlead_tenancy_in_force_seconds",
                                 "From a change of a workspace until its objects are as they should be.",
                                 runtime::Metrics::LatencyBounds())) {}

  runtime::Counter written, deleted, failed, waits;
  runtime::Histogram in_force;

 private:
  static runtime::Counter Writes(runtime::Metrics* m, const char* result) {
    return m->AddCounter("fairlead_tenancy_writes_total", "Objects written for workspaces.",
                         {{"result", result}});
  }
};

}  // namespace fairlead::app
