// PlanWaypoints: which services of a namespace pass a waypoint because their workspace wants it so
// (spec.waypoints: Auto of Workspace, spec.defaults.waypoint of WorkspaceSettings), and what is to be done
// next.
//
// Who calls: World, for each namespace that a change touches. Pure. Istio mode only.
//
// Auto: a service at which a policy is in force that needs a waypoint (any RetryTimeoutPolicy; a
// FailoverPolicy that ztunnel alone does not keep), and that has none of its own, gets the Gateway
// kOwnWaypoint of its namespace. With a default, that Gateway serves all services of the workspace that have
// none of their own, and none is made. What a user said by label stands: at the service or its namespace, and
// "none" is a no.
//
// The order: a service never names a Gateway that is not there. It gets its label when the Gateway is
// Programmed at its generation and isolation's rules for life behind it are written; it loses the label
// before the Gateway goes, and that goes once no service or namespace names it, whoever wrote the label.
#pragma once

#include <set>
#include <string>

#include "reconcilers/lower/view.h"
#include "reconcilers/status/target.h"
#include "reconcilers/waypoints/stand.h"

namespace fairlead::reconcilers {

struct WaypointFacts {
  // Of the rules that isolation comes to with the plan of before.
  enum class Rules : unsigned char { kNobodyWrites, kAwaited, kRefused, kWritten };
  const ServiceRows& rows;
  const WaypointPlan* before = nullptr;  // null: none
  Rules rules = Rules::kNobodyWrites;
  const std::set<ObjectKey>& naming;  // services that name our Gateway of the namespace
};

WaypointPlan PlanWaypoints(const View& view, const std::string& ns, const WaypointFacts& facts);

// What there is to say of a service that no waypoint serves, were a policy that needs one in force there: its
// stand, or that the workspace will make one; else why none serves it.
std::string NoWaypointInWords(const View& view, const ObjectKey& service, const std::string& problem);

// "Service shop/ratings would be labelled istio.io/use-waypoint: fairlead-waypoint, for …"; empty: it has no
// label to come or to go.
std::string MoveInWords(const ObjectKey& service, const WaypointStand& stand);

}  // namespace fairlead::reconcilers
