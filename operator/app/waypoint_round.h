// WaypointRound: what is due in one namespace so that its plan for waypoints comes true, as values.
//
// Who calls: WaypointLoop, on the engine's thread; it carries the steps out in their order. Pure.
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "operator/app/membership_check.h"
#include "reconcilers/waypoints/stand.h"
#include "reconcilers/world.h"

namespace fairlead::app {

struct WaypointRound {
  // A label that comes, or goes where `to` is not set.
  struct Label {
    ObjectKey service;
    std::string uid;
    std::optional<NamespacedName> to;
    bool told = false;    // the same was refused before, and is tried again
    bool urgent = false;  // the Gateway that it names is gone: nothing can depend on it any more
    std::string why;      // what asked for the waypoint, or why the service leaves
    friend bool operator==(const Label&, const Label&) = default;
  };
  std::vector<Label> leaving;           // first
  std::optional<Json::Value> gateway;   // then: to be written
  std::vector<Label> coming;            // then
  std::optional<Json::Value> deletion;  // at last: of this object, by UID and version
  std::string version;                  // of our Gateway as it is; "" where there is none
  MembershipCheck membership;           // before anything is taken away
};

WaypointRound ReadWaypointRound(const reconcilers::World& world, const std::string& ns);

}  // namespace fairlead::app
