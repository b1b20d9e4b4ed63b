#include "tests/support/xds/envoy_view.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <stdexcept>

#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/config/listener/v3/listener.pb.h"
#include "envoy/config/route/v3/scoped_route.pb.h"
#include "envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h"

namespace fairlead::testing {
namespace {

using envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;
using xds::kTypeCount;
using xds::ResourceName;
using xds::Type;

size_t Index(Type type) { return static_cast<size_t>(type); }

bool IsWildcard(Type type) {
  return type == Type::kCluster || type == Type::kListener || type == Type::kScopedRoute;
}

}  // namespace

EnvoyView::References EnvoyView::Read(Type type, const std::string& bytes) const {
  References out;
  if (options_.wildcard_only) return out;
  if (type == Type::kCluster) {
    envoy::config::cluster::v3::Cluster cluster;
    if (!cluster.ParseFromString(bytes) || cluster.type() != envoy::config::cluster::v3::Cluster::EDS)
      return out;
    const std::string& service = cluster.eds_cluster_config().service_name();
    out.endpoints.insert(service.empty() ? cluster.name() : service);
  } else if (type == Type::kListener) {
    envoy::config::listener::v3::Listener listener;
    if (!listener.ParseFromString(bytes)) return out;
    const auto read = [&out](const envoy::config::listener::v3::FilterChain& chain) {
      for (const auto& filter : chain.filters()) {
        HttpConnectionManager manager;
        if (!filter.typed_config().UnpackTo(&manager)) continue;
        if (manager.has_rds()) out.routes.insert(manager.rds().route_config_name());
        if (manager.scoped_routes().has_scoped_rds()) out.scopes = true;
      }
    };
    for (const auto& chain : listener.filter_chains()) read(chain);
    if (listener.has_default_filter_chain()) read(listener.default_filter_chain());
  } else if (type == Type::kScopedRoute) {
    envoy::config::route::v3::ScopedRouteConfiguration scope;
    if (scope.ParseFromString(bytes)) out.routes.insert(scope.route_configuration_name());
  }
  return out;
}

std::set<std::string> EnvoyView::Named(Type type) const {
  std::set<std::string> out;
  for (const auto& [name, references] : references_) {
    const std::set<std::string>& names = type == Type::kEndpoints ? references.endpoints : references.routes;
    out.insert(names.begin(), names.end());
  }
  return out;
}

bool EnvoyView::NamesScopes() const {
  return std::any_of(references_.begin(), references_.end(),
                     [](const auto& entry) { return entry.second.scopes; });
}

DeltaRequest EnvoyView::Begin(Type type, const FakeEnvoy::Versions& held) {
  DeltaRequest request;
  request.set_type_url(std::string(xds::TypeUrl(type)));
  if (!node_sent_) {
    node_sent_ = true;
    request.mutable_node()->set_id(options_.id);
    request.mutable_node()->set_cluster(options_.cluster);
    request.mutable_node()->set_user_agent_name("fake-envoy");
    request.mutable_node()->mutable_locality()->set_region(options_.region);
    request.mutable_node()->mutable_locality()->set_zone(options_.zone);
    if (!options_.metadata.empty()) {
      const auto read = google::protobuf::util::JsonStringToMessage(
          options_.metadata, request.mutable_node()->mutable_metadata());
      if (!read.ok()) throw std::logic_error("metadata of a fake proxy: " + std::string(read.message()));
    }
    if (!options_.waypoint.empty()) {
      (*request.mutable_node()->mutable_metadata()->mutable_fields())["fairlead.dev/waypoint"]
          .set_string_value(options_.waypoint);
    }
  }
  if (!asked_[Index(type)]) {
    asked_[Index(type)] = true;
    request.mutable_initial_resource_versions()->insert(held[Index(type)].begin(), held[Index(type)].end());
  }
  return request;
}

std::vector<DeltaRequest> EnvoyView::First() {
  std::vector<DeltaRequest> out;
  for (size_t i = 0; i < kTypeCount; ++i) {
    const Type type = static_cast<Type>(i);
    if (options_.wildcard_only && type != Type::kCluster) continue;
    std::set<std::string> names;
    if (!IsWildcard(type) && type != Type::kRuntime) names = Named(type);
    for (const auto& [name, version] : options_.held[i]) names.insert(name);
    if (type == Type::kRuntime && options_.runtime) names.insert("fairlead");
    const bool always = type == Type::kCluster || type == Type::kListener;
    if (!always && names.empty() && !(type == Type::kScopedRoute && NamesScopes())) continue;
    DeltaRequest request = Begin(type, options_.held);
    if (!IsWildcard(type)) {
      for (const std::string& name : names) request.add_resource_names_subscribe(name);
      subscribed_[i] = std::move(names);
    }
    out.push_back(std::move(request));
  }
  return out;
}

void EnvoyView::Follow(std::vector<DeltaRequest>* out) {
  if (NamesScopes() && !asked_[Index(Type::kScopedRoute)]) out->push_back(Begin(Type::kScopedRoute, {}));
  for (const Type type : {Type::kEndpoints, Type::kRoute}) {
    std::set<std::string>& subscribed = subscribed_[Index(type)];
    std::vector<std::string> added;
    for (const std::string& name : Named(type)) {
      if (subscribed.insert(name).second) added.push_back(name);
    }
    if (added.empty()) continue;
    DeltaRequest& request = out->emplace_back(Begin(type, {}));
    for (std::string& name : added) request.add_resource_names_subscribe(std::move(name));
  }
}

EnvoyView::Outcome EnvoyView::Apply(const DeltaResponse& response, FakeEnvoy::State* state) {
  Outcome out;
  Type type = Type::kCluster;
  xds::TypeFromUrl(response.type_url(), &type);
  out.received.type = type;
  DeltaRequest& answer = out.requests.emplace_back();
  answer.set_type_url(response.type_url());
  answer.set_response_nonce(response.nonce());
  for (const auto& resource : response.resources()) {
    out.received.resources.emplace_back(resource.name(), resource.version());
    const bool route = type == Type::kRoute && options_.reject_routes.contains(resource.name());
    if (!route && !options_.reject.contains(resource.name())) continue;
    out.rejected = true;
    answer.mutable_error_detail()->set_code(3);
    answer.mutable_error_detail()->set_message("Error adding/updating " + resource.name() +
                                               ": rejected by the test");
  }
  out.received.removed.assign(response.removed_resources().begin(), response.removed_resources().end());
  if (out.rejected) return out;
  bool follow = false;
  auto& held = state->held[Index(type)];
  for (const auto& resource : response.resources()) {
    held[resource.name()] = resource.version();
    state->absent[Index(type)].erase(resource.name());
    References references = Read(type, resource.resource().value());
    follow = follow || references.scopes || !references.endpoints.empty() || !references.routes.empty();
    references_[{type, resource.name()}] = std::move(references);
  }
  for (const std::string& name : response.removed_resources()) {
    held.erase(name);
    state->absent[Index(type)].insert(name);
    references_.erase({type, name});
  }
  if (follow) Follow(&out.requests);
  return out;
}

}  // namespace fairlead::testing
