// What a rule does with a request: forward (weights, mirrors, rewrites, timeouts), redirect, or answer 500.
// Pure.
#pragma once

#include <envoy/config/route/v3/route_components.pb.h>

#include <set>

#include "dataplane/envoy/names.h"
#include "dataplane/envoy/proto.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

// Sets everything of the route but match, name and retry policy; adds the clusters that it sends to. `port`:
// where the service was called. `drills`: the policies in whose drills the requests take part.
void EncodeAction(const reconcilers::EffectiveRule& rule, const reconcilers::EffectiveMatch& match,
                  uint16_t port, const std::set<ObjectKey>& drills, route_v3::Route* route,
                  std::set<ClusterKey>* clusters);

}  // namespace fairlead::envoy
