// Which waypoint serves a service, and which pods run a waypoint.
//
// istio.io/use-waypoint (and -namespace) on the Service or ServiceEntry, else on its Namespace; "none" opts
// out. The Gateway must exist, be of a waypoint class, be for services (istio.io/waypoint-for), and admit the
// namespace by a listener's allowedRoutes. Pure.
#pragma once

#include <optional>
#include <string>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

struct Binding {
  std::optional<NamespacedName> named;     // the Gateway that the labels name, whether it serves or not
  std::optional<NamespacedName> waypoint;  // the Gateway that serves
  std::string problem;                     // why none serves, and what to do; empty where one does
};

Binding BindingOf(const View& view, const ObjectKey& service, const ObjectMeta& meta);

// Null: no such Gateway, or of another class.
Ptr<EffectiveWaypoint> LowerWaypoint(const View& view, const NamespacedName& name);

// In Istio mode a Gateway of class istio-waypoint is istiod's own, unless a Hostname address tells istiod
// that somebody else runs it.
bool IsProgrammedByIstiod(const WorldOptions& options, const gateway::Gateway& gateway);

}  // namespace fairlead::reconcilers
