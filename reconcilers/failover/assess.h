// Assess: what came of a FailoverPolicy at its targets, for its status.
//
// As AssessTarget does it for a RetryTimeoutPolicy, but that the winner at a port is in force as a whole. Who
// calls: World, when a status is asked for. Pure.
#pragma once

#include <vector>

#include "reconcilers/failover/report.h"
#include "reconcilers/status/target.h"

namespace fairlead::reconcilers::failover {

struct Assessment {
  TargetRecord record;
  std::vector<uint16_t> ports;  // at which it is in force; none where it has no effect
};

Assessment Assess(const View& view, const ServiceRows& rows, const api::FailoverPolicy& policy,
                  const Placement& placement);

}  // namespace fairlead::reconcilers::failover
