// RuntimeLayers: the values by which the proxies of each waypoint take part in drills.
//
// The route tables of a drilled service have each route twice: first to clusters that leave the place out,
// for a fraction of the requests that Envoy's runtime says, 0 where it says nothing. This is what says it:
// one resource a waypoint, whose time ends with the first of its drills, so that every proxy goes back to
// normal by itself. When a drill ends by its time others get a new layer. Who calls: the planner. One thread.
#pragma once

#include <map>

#include "dataplane/envoy/registry.h"
#include "dataplane/xds/update.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

// Drills that are on at the destinations of a service's routes, by policy.
using RouteDrills = std::map<ObjectKey, reconcilers::EffectiveDrill>;

class RuntimeLayers {
 public:
  void Set(const xds::Audience& waypoint, const ObjectKey& service, const RouteDrills& drills);
  // Adds what is different since the last call; after Registry::Commit.
  void Commit(const Registry& registry, xds::Update* update);
  xds::ResourcePtr At(const xds::Audience& waypoint) const;  // as the catalog was told; null: none

 private:
  struct Layer {
    std::map<ObjectKey, RouteDrills> services;
    xds::ResourcePtr told;
  };
  std::map<xds::Audience, Layer> layers_;  // with drills, or told
};

}  // namespace fairlead::envoy
