// The plaintext front of a waypoint: a listener, and the scopes that lead from a request's host to a route
// table.
//
// A policy changes one route table; listener and scopes stay. A host that no scope names is answered 404.
// Pure.
#pragma once

#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/config/route/v3/scoped_route.pb.h>

#include <string>
#include <utility>
#include <vector>

#include "dataplane/envoy/proto.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

::envoy::config::listener::v3::Listener EncodePlaintextListener(const NamespacedName& waypoint,
                                                                const std::string& address, uint16_t port);

route_v3::ScopedRouteConfiguration EncodeScope(const NamespacedName& waypoint, const std::string& host,
                                               const std::string& route_name);

// Each way to spell the service in a request's authority, and the route table that answers: "ratings:9080"
// for each HTTP port, and "ratings" for port 80, or without one for the lowest. Wildcard hostnames are left
// out: a scope is found by the whole name.
std::vector<std::pair<std::string, std::string>> HostsOf(const reconcilers::EffectiveService& service);

}  // namespace fairlead::envoy
