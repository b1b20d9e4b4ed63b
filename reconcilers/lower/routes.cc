#include "reconcilers/lower/routes.h"

#include <algorithm>

namespace fairlead::reconcilers {
namespace {

bool Names(const gateway::ParentRef& parent, const ObjectKey& service) {
  if (parent.name != service.name || parent.ns != service.ns) return false;
  if (service.kind == Kind::kService) return parent.group.empty() && parent.kind == "Service";
  return parent.group == "networking.istio.io" && parent.kind == "ServiceEntry";
}

}  // namespace

std::vector<ObjectKey> ServiceParents(const std::vector<gateway::ParentRef>& parents) {
  std::vector<ObjectKey> services;
  for (const gateway::ParentRef& parent : parents) {
    for (Kind kind : {Kind::kService, Kind::kServiceEntry}) {
      ObjectKey key{kind, parent.ns, parent.name};
      if (Names(parent, key)) services.push_back(std::move(key));
    }
  }
  std::sort(services.begin(), services.end());
  services.erase(std::unique(services.begin(), services.end()), services.end());
  return services;
}

const std::vector<gateway::ParentRef>* ParentsOf(const View& view, const ObjectKey& route) {
  if (route.kind == Kind::kHTTPRoute) {
    const auto found = view.tables.Get<gateway::HTTPRoute>(route.nn());
    return found == nullptr ? nullptr : &found->parents;
  }
  const auto found = view.tables.Get<gateway::GRPCRoute>(route.nn());
  return found == nullptr ? nullptr : &found->parents;
}

bool AttachesTo(const std::vector<gateway::ParentRef>& parents, const ObjectKey& service,
                const PortInfo& port) {
  return std::any_of(parents.begin(), parents.end(), [&](const gateway::ParentRef& parent) {
    return Names(parent, service) && (!parent.port || *parent.port == port.port) &&
           (!parent.section_name || *parent.section_name == port.name);
  });
}

std::string FrontendProblem(const View& view, const ObjectKey& service) {
  if (service.kind != Kind::kService) return "";
  const auto found = view.tables.Get<core::Service>(service.nn());
  if (found == nullptr) return "it does not exist";
  if (found->type == "ExternalName") return "it is of type ExternalName: traffic to it passes no waypoint";
  if (found->headless()) {
    return "it is headless: traffic goes to its pods' addresses and passes no waypoint; give it a ClusterIP";
  }
  return "";
}

PortRoutes RoutesAt(const View& view, const ObjectKey& service, const PortInfo& port) {
  PortRoutes routes;
  for (const ObjectKey& key : view.routes_of.Find(service)) {
    if (key.ns != service.ns) continue;
    if (key.kind == Kind::kHTTPRoute) {
      auto route = view.tables.Get<gateway::HTTPRoute>(key.nn());
      if (route != nullptr && AttachesTo(route->parents, service, port))
        routes.http.push_back(std::move(route));
    } else {
      auto route = view.tables.Get<gateway::GRPCRoute>(key.nn());
      if (route != nullptr && AttachesTo(route->parents, service, port))
        routes.grpc.push_back(std::move(route));
    }
  }
  if (!routes.grpc.empty()) {
    for (const auto& route : routes.http) {
      routes.displaced.push_back({Kind::kHTTPRoute, route->meta.ns, route->meta.name});
    }
    routes.http.clear();
  }
  return routes;
}

}  // namespace fairlead::reconcilers
