// What the status of a Workspace says of the waypoints of its services: the condition Waypoints.
//
// Who calls: tenancy/status.h. One part a namespace: which Gateway serves how many, what is waited for and
// since when, what a user's words or the API server refused. Bounded. Pure.
#pragma once

#include <optional>

#include "crds/base/meta.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// nullopt: the workspace asks for no waypoints, and none is left of it.
std::optional<Condition> WaypointsCondition(const View& view, const ResolvedWorkspace& workspace,
                                            int64_t generation);

}  // namespace fairlead::reconcilers
