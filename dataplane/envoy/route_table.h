// The route table of one service port: one RouteConfiguration with one virtual host for any host.
//
// The plaintext listener reaches it by scope, and a tunnel's filter chain for the port can name it just as
// well: it says nothing of hosts. Pure.
//
//   RouteTable table = EncodeRoutes(service, service.ports[0]);
#pragma once

#include <envoy/config/route/v3/route.pb.h>

#include <set>

#include "dataplane/envoy/names.h"
#include "dataplane/envoy/proto.h"
#include "dataplane/envoy/runtime_layers.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

struct RouteTable {
  route_v3::RouteConfiguration config;
  std::set<ClusterKey> clusters;  // that it sends to
  std::set<xds::Source> sources;  // the service, its routes, and the policies that won a field or drill
  RouteDrills drills;             // that its routes take part in
};

// True where routes apply: the protocol is a kind of HTTP.
bool IsHttp(reconcilers::Protocol protocol);

RouteTable EncodeRoutes(const reconcilers::EffectiveService& service, const reconcilers::EffectivePort& port);

}  // namespace fairlead::envoy
