// The waypoint that we make for a namespace (a Gateway that istiod deploys by itself), and whether a Gateway
// is ready to be moved to.
//
// Who calls: plan.h, the writing loop, render. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/gateway/gateway.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {

OwnedObject OwnWaypoint(const std::string& ns, const std::string& workspace);

bool IsOwnWaypoint(const gateway::Gateway& gateway);  // by its labels

// All that we say is there. What others add, such as infrastructure, is theirs.
bool IsOwnWaypointCurrent(const gateway::Gateway& gateway, const std::string& workspace);

// "it is not Programmed (Pending: …) since 2026-11-22T05:00:00Z"; empty: it is, at its current generation.
std::string NotProgrammed(const gateway::Gateway& gateway);

struct DefaultWaypoint {
  NamespacedName gateway;
  std::string said_by;  // "spec.defaults.waypoint of WorkspaceSettings shop/settings"
};
// nullopt: the workspace has none.
std::optional<DefaultWaypoint> DefaultWaypointOf(const ResolvedWorkspace& workspace);

struct NotReadyYet {
  bool refused = false;  // what a user wrote stands in the way, else it is waited for
  std::string why;       // empty: it is ready
};
// Whether services of the namespace can move to the workspace's waypoint now.
NotReadyYet NotReady(const View& view, const NamespacedName& waypoint, const std::string& ns,
                     const ResolvedWorkspace& workspace);

// What is applied to a Service or ServiceEntry as kWaypointManager: the label alone; nullopt: without it.
Json::Value UseWaypoint(const ObjectKey& service, const std::string& uid,
                        const std::optional<NamespacedName>& waypoint);

// Our Gateways, as they would be written; sorted.
std::vector<OwnedObject> LowerWaypoints(const View& view);

}  // namespace fairlead::reconcilers
