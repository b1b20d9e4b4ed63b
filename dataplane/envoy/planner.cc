#include "dataplane/envoy/planner.h"

#include <map>
#include <set>
#include <utility>

#include "dataplane/envoy/cluster.h"
#include "dataplane/envoy/host_claims.h"
#include "dataplane/envoy/listener.h"
#include "dataplane/envoy/names.h"
#include "dataplane/envoy/registry.h"
#include "dataplane/envoy/route_table.h"
#include "dataplane/envoy/runtime_layers.h"

namespace fairlead::envoy {
namespace {

using reconcilers::Destination;
using reconcilers::EffectiveEndpoints;
using reconcilers::EffectiveService;
using reconcilers::EffectiveWaypoint;
using xds::ResourceName;
using xds::Type;

// What a service adds to its waypoint, beside a route table for each of its HTTP ports.
struct ServicePlan {
  std::unique_ptr<const Frontage> frontage;  // null: nothing
  std::vector<ClusterKey> clusters;
  RouteDrills drills;
};

bool Same(const ServicePlan& a, const ServicePlan& b) {
  return a.frontage && b.frontage && *a.frontage == *b.frontage && a.clusters == b.clusters &&
         a.drills == b.drills;
}

ResourceName TableName(const ObjectKey& service, uint16_t port) {
  return {Type::kRoute, RouteName({service, port})};
}
ResourceName ClusterResource(const ClusterKey& key) { return {Type::kCluster, ClusterName(key)}; }
ResourceName EndpointsResource(const ClusterKey& key) { return {Type::kEndpoints, ClusterName(key)}; }

xds::ResourcePtr TableResource(const RouteTable& table) {
  std::vector<ResourceName> needs;
  for (const ClusterKey& key : table.clusters) {
    needs.push_back(ClusterResource(key));
    needs.push_back(EndpointsResource(key));
  }
  return xds::MakeResource({Type::kRoute, table.config.name()}, Serialize(table.config), std::move(needs),
                           {table.sources.begin(), table.sources.end()});
}

std::vector<xds::Source> SourcesOf(const EffectiveEndpoints* endpoints) {
  if (endpoints == nullptr || !endpoints->failover) return {};
  const ObjectMeta& meta = endpoints->failover->policy->meta;
  return {{{Kind::kFailoverPolicy, meta.ns, meta.name}, meta.generation}};
}

std::map<std::string, xds::Place> PlacesOf(const EffectiveWaypoint& waypoint) {
  std::map<std::string, xds::Place> out;
  for (const auto& [proxy, source] : waypoint.sources) out[proxy] = {source.locality, source.labels};
  return out;
}

// A cluster, or the endpoints of one, that a FailoverPolicy makes differ by the waypoint's proxy.
xds::ResourcePtr ByPlace(ResourceName name, const Ptr<EffectiveEndpoints>& endpoints, const ClusterKey& key) {
  auto at_place = [type = name.type, endpoints, key](const xds::Place& place) {
    return type == Type::kCluster
               ? Serialize(EncodeCluster(key, endpoints.get(), place))
               : Serialize(EncodeEndpoints(ClusterName(key), endpoints.get(), place, key.drill));
  };
  return xds::MakeResource(std::move(name), std::make_shared<const xds::MessageAt>(std::move(at_place)), {},
                           SourcesOf(endpoints.get()));
}

// Not of other ports: the plaintext listener tells services apart by HTTP's host alone.
std::vector<RouteTable> TablesOf(const EffectiveService& service) {
  std::vector<RouteTable> out;
  for (const auto& port : service.ports) {
    if (IsHttp(port.protocol)) out.push_back(EncodeRoutes(service, port));
  }
  return out;
}

ServicePlan PlanOf(const EffectiveService& service, const std::vector<RouteTable>& tables) {
  std::set<ClusterKey> clusters;
  for (const RouteTable& table : tables) clusters.insert(table.clusters.begin(), table.clusters.end());
  RouteDrills drills;
  for (const RouteTable& table : tables) drills.insert(table.drills.begin(), table.drills.end());
  return {std::make_unique<const Frontage>(FrontageOf(service)),
          {clusters.begin(), clusters.end()},
          std::move(drills)};
}

}  // namespace

struct Planner::Impl {
  PlannerOptions options;
  Registry registry;
  RuntimeLayers layers;
  HostClaims claims;
  std::map<ObjectKey, ServicePlan> services;
  std::map<Destination, Ptr<EffectiveEndpoints>> endpoints;
  std::map<ClusterKey, int> clusters;  // by the number of services that use it

  void OnWaypoint(const NamespacedName& name, const Ptr<EffectiveWaypoint>& waypoint);
  void OnEndpoints(const Destination& destination, const Ptr<EffectiveEndpoints>& next);
  void OnService(const ObjectKey& key, const Ptr<EffectiveService>& service);

  void Count(const ServicePlan& plan, int delta);
  void UseCluster(const NamespacedName& waypoint, const ClusterKey& key, int delta);
  void EncodeClusterAt(const ClusterKey& key);
  void EncodeScopeAt(const NamespacedName& waypoint, const Host& host,
                     const std::optional<std::string>& before);
  void ClaimHosts(const Frontage* before, const Frontage* after);
};

void Planner::Impl::OnWaypoint(const NamespacedName& name, const Ptr<EffectiveWaypoint>& waypoint) {
  const ResourceName listener{Type::kListener, ListenerName(name)};
  const bool known = registry.HasAudience(name);
  if (!waypoint || waypoint->programmed_by_istiod) {
    if (!known) return;
    registry.DropAudience(name);
    registry.DropContent(listener);
    registry.Use(name, listener, -1);
    return;
  }
  if (!known) {
    registry.AddAudience(name);
    registry.Use(name, listener, +1);
  }
  registry.SetPlaces(name, PlacesOf(*waypoint));
  const uint16_t port = waypoint->plaintext_port.value_or(options.plaintext_port);
  registry.SetContent(xds::MakeResource(
      listener, Serialize(EncodePlaintextListener(name, options.plaintext_address, port)), {}, {}));
}

void Planner::Impl::EncodeClusterAt(const ClusterKey& key) {
  const auto it = endpoints.find(key.destination);
  const EffectiveEndpoints* at = it == endpoints.end() ? nullptr : it->second.get();
  const bool by_place = at != nullptr && at->failover;
  if (!HasEds(at)) {
    // The endpoints are in the cluster itself.
    registry.SetContent(
        by_place ? ByPlace(ClusterResource(key), it->second, key)
                 : xds::MakeResource(ClusterResource(key), Serialize(EncodeCluster(key, at)), {}, {}));
    return registry.DropContent(EndpointsResource(key));
  }
  registry.SetContent(
      xds::MakeResource(ClusterResource(key), Serialize(EncodeCluster(key, at)), {}, SourcesOf(at)));
  registry.SetContent(by_place ? ByPlace(EndpointsResource(key), it->second, key)
                               : xds::MakeResource(EndpointsResource(key),
                                                   Serialize(EncodeEndpoints(ClusterName(key), at)), {}, {}));
}

void Planner::Impl::OnEndpoints(const Destination& destination, const Ptr<EffectiveEndpoints>& next) {
  if (next) {
    endpoints[destination] = next;
  } else {
    endpoints.erase(destination);
  }
  for (auto it = clusters.lower_bound({destination, false, std::nullopt, false});
       it != clusters.end() && it->first.destination == destination; ++it) {
    EncodeClusterAt(it->first);
  }
}

void Planner::Impl::UseCluster(const NamespacedName& waypoint, const ClusterKey& key, int delta) {
  registry.Use(waypoint, ClusterResource(key), delta);
  registry.Use(waypoint, EndpointsResource(key), delta);
  int& users = clusters[key];
  users += delta;
  if (users == 0) {
    clusters.erase(key);
    registry.DropContent(ClusterResource(key));
    registry.DropContent(EndpointsResource(key));
  } else if (users == 1 && delta == 1) {
    EncodeClusterAt(key);
  }
}

void Planner::Impl::EncodeScopeAt(const NamespacedName& waypoint, const Host& host,
                                  const std::optional<std::string>& before) {
  const std::optional<std::string> now = claims.RouteFor(waypoint, host);
  if (now == before) return;
  const std::string spelled = host.ToString();
  const ResourceName name{Type::kScopedRoute, ScopeName(waypoint, spelled)};
  if (now) {
    registry.SetContent(xds::MakeResource(name, Serialize(EncodeScope(waypoint, spelled, *now)), {}, {}));
  } else {
    registry.DropContent(name);
  }
  const int delta = (now ? 1 : 0) - (before ? 1 : 0);
  if (delta != 0) registry.Use(waypoint, name, delta);
}

void Planner::Impl::ClaimHosts(const Frontage* before, const Frontage* after) {
  std::map<std::pair<NamespacedName, Host>, std::optional<std::string>> answers;  // as they were
  for (const Frontage* frontage : {before, after}) {
    if (!frontage) continue;
    for (Host& host : frontage->Hosts()) {
      std::optional<std::string> route = claims.RouteFor(frontage->waypoint, host);
      answers.try_emplace({frontage->waypoint, std::move(host)}, std::move(route));
    }
  }
  if (before) claims.Remove(before);
  if (after) claims.Add(after);
  for (const auto& [place, route] : answers) EncodeScopeAt(place.first, place.second, route);
}

void Planner::Impl::Count(const ServicePlan& plan, int delta) {
  const Frontage& frontage = *plan.frontage;
  for (const uint16_t port : frontage.ports)
    registry.Use(frontage.waypoint, TableName(frontage.service, port), delta);
  for (const ClusterKey& key : plan.clusters) UseCluster(frontage.waypoint, key, delta);
}

void Planner::Impl::OnService(const ObjectKey& key, const Ptr<EffectiveService>& service) {
  ServicePlan before, after;
  if (service && service->waypoint) {
    const std::vector<RouteTable> tables = TablesOf(*service);
    for (const RouteTable& table : tables) registry.SetContent(TableResource(table));
    after = PlanOf(*service, tables);
  }
  if (const auto it = services.find(key); it != services.end()) {
    if (Same(it->second, after)) return;  // mostly: a policy changes no more than tables
    before = std::move(it->second);
  }
  if (after.frontage) Count(after, +1);
  if (before.frontage) {
    for (const uint16_t port : before.frontage->ports) {
      if (!after.frontage || !after.frontage->HasPort(port)) registry.DropContent(TableName(key, port));
    }
    Count(before, -1);
  }
  ClaimHosts(before.frontage.get(), after.frontage.get());
  if (before.frontage) layers.Set(before.frontage->waypoint, key, {});
  if (after.frontage) {
    layers.Set(after.frontage->waypoint, key, after.drills);
    services.insert_or_assign(key, std::move(after));
  } else {
    services.erase(key);
  }
}

Planner::Planner(PlannerOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->options = std::move(options);
}
Planner::~Planner() = default;

xds::Update Planner::Plan(const reconcilers::Delta& delta) {
  for (const auto& [name, waypoint] : delta.waypoints) impl_->OnWaypoint(name, waypoint);
  for (const auto& [destination, endpoints] : delta.endpoints) impl_->OnEndpoints(destination, endpoints);
  for (const auto& [key, service] : delta.services) impl_->OnService(key, service);
  xds::Update update = impl_->registry.Commit();
  impl_->layers.Commit(impl_->registry, &update);
  return update;
}

std::vector<xds::ResourcePtr> Planner::ResourcesOf(const xds::Audience& waypoint) const {
  std::vector<xds::ResourcePtr> out = impl_->registry.ResourcesOf(waypoint);
  if (const xds::ResourcePtr layer = impl_->layers.At(waypoint)) out.push_back(layer);
  return out;
}

}  // namespace fairlead::envoy
