// Render: the effective model as documents for reading: kind EffectiveService, group fairlead.dev.
//
// Who calls: `fairleadctl render`, golden tests, the debug dump. They are no API: no cluster takes them. What
// Fairlead would write to a cluster is in plan.h (Istio mode) and the policies' status. Pure; the same state
// gives the same bytes.
#pragma once

#include <json/value.h>

#include <vector>

#include "reconcilers/world.h"

namespace fairlead::reconcilers {

struct RenderOptions {
  bool endpoints = false;    // of each port, too
  bool only_routed = false;  // leave out services that no waypoint serves
};

// One service, with what belongs to it; empty: left out. May be called by several threads at once.
std::vector<Json::Value> RenderService(const World& world, const ObjectKey& key,
                                       const RenderOptions& options = {});
// All, in order of keys.
std::vector<Json::Value> RenderEffective(const World& world, const RenderOptions& options = {});

Json::Value ToJson(const EffectiveService& service);
Json::Value ToJson(const EffectivePolicy& policy);
Json::Value ToJson(const EffectiveEndpoints& endpoints);
Json::Value ToJson(const EffectiveWaypoint& waypoint);

}  // namespace fairlead::reconcilers
