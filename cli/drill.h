// What the commands of `failover drill` share: a drill in words, and its watching.
#pragma once

#include <string>

#include "cli/cluster.h"
#include "cli/output.h"
#include "crds/api/failover_policy.h"

namespace fairlead::cli {

// "9m48s"; of what is over "0s".
std::string TimeLeft(Timestamp until, Timestamp now);

// What the object says of its drill, and where its requests go; several lines. Empty: it has none.
std::string DrillText(const api::FailoverPolicy& policy, Timestamp now);

// Prints a line whenever what is said of the drill changes, until it is over; the exit code. `generation`:
// what was said of an older one is of another drill.
int FollowDrill(Cluster& cluster, const NamespacedName& policy, int64_t generation, Timestamp until,
                const Output& output);

}  // namespace fairlead::cli
