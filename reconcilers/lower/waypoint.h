// Which waypoint serves a service, and which pods run a waypoint.
//
// istio.io/use-waypoint (and -namespace) on the Service or ServiceEntry, else on its Namespace; "none" opts
// out. Where nothing is said, in the built-in mode `defaults.waypoint` of the workspace's settings. The
// Gateway must exist, be of a waypoint class, be for services (istio.io/waypoint-for), and admit the
// namespace by a listener's allowedRoutes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

inline constexpr std::string_view kUseWaypoint = "istio.io/use-waypoint";
inline constexpr std::string_view kUseWaypointNamespace = "istio.io/use-waypoint-namespace";

struct Binding {
  std::optional<NamespacedName> named;     // the Gateway that is asked for, whether it serves or not
  std::optional<NamespacedName> waypoint;  // the Gateway that serves
  bool opted_out = false;                  // the label says none
  std::string problem;                     // why none serves, and what to do; empty where one does
};

// Why the Gateway cannot serve services of the namespace, and what to do; empty: it can. `said_by`: what asks
// for it, and could ask for another.
std::string WaypointProblem(const View& view, const NamespacedName& gateway, const std::string& ns,
                            const std::string& said_by = "the label");

Binding BindingOf(const View& view, const ObjectKey& service, const ObjectMeta& meta);

// Why services of the workspace may not pass the Gateway, to be read behind its name; empty: they may.
std::string NotSharedWith(const View& view, const NamespacedName& gateway, const std::string& workspace);
std::string OfAnotherWorkspace(const std::string& owner);  // in these words

// The Gateway that the settings name for services whose labels name none.
std::optional<NamespacedName> DefaultWaypointOf(const api::WorkspaceSettings& settings);

// Why that one cannot serve the services of the namespace, and what to do; empty: it can, or none is named.
std::string DefaultWaypointProblem(const View& view, const api::WorkspaceSettings& settings,
                                   const std::string& ns);

// Null: no such Gateway, or of another class.
Ptr<EffectiveWaypoint> LowerWaypoint(const View& view, const NamespacedName& name);

// In Istio mode a Gateway of class istio-waypoint is istiod's own, unless a Hostname address tells istiod
// that somebody else runs it.
bool IsProgrammedByIstiod(const WorldOptions& options, const gateway::Gateway& gateway);

}  // namespace fairlead::reconcilers
