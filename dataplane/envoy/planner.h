// Planner: turns changes of the effective model into xDS updates for Envoy waypoints.
//
// Who calls: the operator's engine, with every Delta of World::Drain(), and `fairleadctl proxy config`
// offline. Pure. It keeps which cluster is used by which service and which resource belongs to which
// waypoint, by counting; a change rebuilds only what it touches; a resource whose bytes stay the same is not
// published again.
//
//   Planner planner(options);
//   catalog.Publish(planner.Plan(world.Drain()));
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "dataplane/xds/update.h"
#include "reconcilers/world.h"

namespace fairlead::envoy {

struct PlannerOptions {
  std::string plaintext_address = "127.0.0.1";  // where a waypoint's plaintext listener binds
  uint16_t plaintext_port =
      15080;  // may be changed for one waypoint by the annotation fairlead.dev/plaintext-port
};

class Planner {
 public:
  explicit Planner(PlannerOptions options);
  ~Planner();

  xds::Update Plan(const reconcilers::Delta& delta);

  // All current resources of one waypoint, sorted; for dumps and goldens.
  std::vector<xds::ResourcePtr> ResourcesOf(const xds::Audience& waypoint) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::envoy
