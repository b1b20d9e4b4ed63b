#include "tests/support/xds/sample_state.h"

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/endpoint/v3/endpoint.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/route.pb.h"
#include "envoy/config/route/v3/scoped_route.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace fairlead::testing {
namespace {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using xds::Type;

std::string Cluster(size_t i, size_t revision) {
  envoy::config::cluster::v3::Cluster cluster;
  cluster.set_name(SampleName(Type::kCluster, i));
  cluster.set_type(envoy::config::cluster::v3::Cluster::EDS);
  cluster.mutable_eds_cluster_config()->mutable_eds_config()->mutable_ads();
  cluster.mutable_connect_timeout()->set_seconds(static_cast<int64_t>(5 + revision));
  return cluster.SerializeAsString();
}

std::string Endpoints(size_t i, size_t revision) {
  envoy::config::endpoint::v3::ClusterLoadAssignment assignment;
  assignment.set_cluster_name(SampleName(Type::kCluster, i));
  for (int e = 0; e < 3; ++e) {
    auto* address = assignment.add_endpoints()->add_lb_endpoints()->mutable_endpoint()->mutable_address();
    address->mutable_socket_address()->set_address("10." + std::to_string(e) + ".0.1");
    address->mutable_socket_address()->set_port_value(static_cast<uint32_t>(8080 + revision));
  }
  return assignment.SerializeAsString();
}

std::string Listener(size_t revision) {
  envoy::config::listener::v3::Listener listener;
  listener.set_name("listener");
  HttpConnectionManager manager;
  manager.set_stat_prefix("waypoint" + std::to_string(revision));
  manager.mutable_scoped_routes()->set_name("scopes");
  manager.mutable_scoped_routes()->mutable_scoped_rds()->mutable_scoped_rds_config_source()->mutable_ads();
  listener.add_filter_chains()->add_filters()->mutable_typed_config()->PackFrom(manager);
  return listener.SerializeAsString();
}

std::string Scope(size_t i) {
  envoy::config::route::v3::ScopedRouteConfiguration scope;
  scope.set_name(SampleName(Type::kScopedRoute, i));
  scope.set_route_configuration_name(SampleName(Type::kRoute, i));
  return scope.SerializeAsString();
}

std::string Route(size_t i, size_t revision) {
  envoy::config::route::v3::RouteConfiguration routes;
  routes.set_name(SampleName(Type::kRoute, i));
  auto* host = routes.add_virtual_hosts();
  host->set_name("all");
  host->add_domains("*");
  auto* route = host->add_routes();
  route->mutable_match()->set_prefix("/");
  route->mutable_route()->set_cluster(SampleName(Type::kCluster, i));
  route->mutable_route()->mutable_retry_policy()->set_retry_on(
      "connect-failure,refused-stream,gateway-error");
  route->mutable_route()->mutable_retry_policy()->mutable_num_retries()->set_value(
      static_cast<uint32_t>(revision + 1));
  return routes.SerializeAsString();
}

}  // namespace

std::string SampleName(Type type, size_t i) {
  switch (type) {
    case Type::kCluster:
    case Type::kEndpoints:
      return "cluster-" + std::to_string(i);
    case Type::kListener:
      return "listener";
    case Type::kScopedRoute:
      return "scope-" + std::to_string(i);
    case Type::kRoute:
      return "route-" + std::to_string(i);
    case Type::kRuntime:
      return "runtime-" + std::to_string(i);
  }
  return "";
}

ObjectKey SamplePolicy(size_t i) {
  return {Kind::kRetryTimeoutPolicy, "shop", "policy-" + std::to_string(i)};
}

xds::ResourcePtr SampleResource(Type type, size_t i, size_t revision) {
  const xds::ResourceName name{type, SampleName(type, i)};
  switch (type) {
    case Type::kCluster:
      return xds::MakeResource(name, Cluster(i, revision), {}, {});
    case Type::kEndpoints:
      return xds::MakeResource(name, Endpoints(i, revision), {}, {});
    case Type::kListener:
      return xds::MakeResource(name, Listener(revision), {}, {});
    case Type::kScopedRoute:
      return xds::MakeResource(name, Scope(i), {}, {});
    case Type::kRuntime:
      return xds::MakeResource(name, "", {}, {});
    case Type::kRoute:
      break;
  }
  return xds::MakeResource(
      name, Route(i, revision),
      {{Type::kCluster, SampleName(Type::kCluster, i)}, {Type::kEndpoints, SampleName(Type::kEndpoints, i)}},
      {{SamplePolicy(i), static_cast<int64_t>(revision + 1)}});
}

xds::Update SampleState(const xds::Audience& audience, size_t services) {
  xds::Update update;
  std::vector<xds::ResourcePtr>& changed = update.audiences[audience].changed;
  changed.push_back(SampleResource(Type::kListener, 0));
  for (const Type type : {Type::kCluster, Type::kEndpoints, Type::kScopedRoute, Type::kRoute}) {
    for (size_t i = 0; i < services; ++i) changed.push_back(SampleResource(type, i));
  }
  return update;
}

}  // namespace fairlead::testing
