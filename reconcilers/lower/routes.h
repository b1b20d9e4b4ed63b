// Which routes are in force at a port of a service.
//
// A route is attached by a parentRef to the Service (group "") or ServiceEntry (networking.istio.io) in its
// own namespace: a route of another namespace is a consumer route, which server-side waypoints cannot honour.
// Where GRPCRoutes and HTTPRoutes are attached to the same port, only the GRPCRoutes count (GEP-1426). Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// Parents of a route that are services, in any namespace; unique.
std::vector<ObjectKey> ServiceParents(const std::vector<gateway::ParentRef>& parents);

// The parents of the route in force under that key; null: no such route.
const std::vector<gateway::ParentRef>* ParentsOf(const View& view, const ObjectKey& route);

bool AttachesTo(const std::vector<gateway::ParentRef>& parents, const ObjectKey& service,
                const PortInfo& port);

struct PortRoutes {
  std::vector<Ptr<gateway::HTTPRoute>> http;  // at most one of the two is not empty
  std::vector<Ptr<gateway::GRPCRoute>> grpc;
  std::vector<ObjectKey> displaced;  // HTTPRoutes that GRPCRoutes displace
};

// Why no route can be attached to the service at all (headless, ExternalName); empty: it can.
std::string FrontendProblem(const View& view, const ObjectKey& service);

PortRoutes RoutesAt(const View& view, const ObjectKey& service, const PortInfo& port);

}  // namespace fairlead::reconcilers
