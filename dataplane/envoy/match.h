// What a request must be like for a route: Gateway API's HTTP and gRPC matches in Envoy's terms. Pure.
#pragma once

#include <envoy/config/route/v3/route_components.pb.h>

#include <string>
#include <vector>

#include "dataplane/envoy/proto.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

route_v3::RouteMatch EncodeMatch(const reconcilers::EffectiveMatch& match);

// Narrows a match that takes any method to these (at least one).
void RestrictMethods(const std::vector<std::string>& methods, route_v3::RouteMatch* match);

// The method that every request of the match has; empty: any. gRPC is always POST.
std::string MethodOf(const reconcilers::EffectiveMatch& match);

// False: one of its regular expressions is not RE2, which Envoy uses, so that it can match nothing. Sent to
// Envoy, it would make it reject the whole route table.
bool HasValidRegexes(const reconcilers::EffectiveMatch& match);

}  // namespace fairlead::envoy
