// The plaintext front of a waypoint: a listener, and the scopes that lead from a request's host to a route
// table.
//
// A policy changes one route table; listener and scopes stay. A host that no scope names is answered 404.
// Pure.
#pragma once

#include <envoy/config/listener/v3/listener.pb.h>
#include <envoy/config/route/v3/scoped_route.pb.h>

#include <string>

#include "crds/base/key.h"
#include "dataplane/envoy/proto.h"

namespace fairlead::envoy {

::envoy::config::listener::v3::Listener EncodePlaintextListener(const NamespacedName& waypoint,
                                                                const std::string& address, uint16_t port);

route_v3::ScopedRouteConfiguration EncodeScope(const NamespacedName& waypoint, const std::string& host,
                                               const std::string& route_name);

}  // namespace fairlead::envoy
