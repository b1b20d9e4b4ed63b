#include "dataplane/envoy/listener.h"

#include "dataplane/envoy/http_connection_manager.h"
#include "dataplane/envoy/names.h"

namespace fairlead::envoy {
namespace {

// What a connection may hold in memory, and the largest request body that can be sent again for a retry.
constexpr uint32_t kBufferBytes = 1u << 20;

void UseAds(core_v3::ConfigSource* source) {
  source->mutable_ads();
  source->set_resource_api_version(core_v3::ApiVersion::V3);
}

void UseScopedRoutes(HttpConnectionManager* out) {
  auto* scoped = out->mutable_scoped_routes();
  scoped->set_name("hosts");
  auto* header = scoped->mutable_scope_key_builder()->add_fragments()->mutable_header_value_extractor();
  header->set_name(":authority");
  header->set_index(0);
  UseAds(scoped->mutable_rds_config_source());
  UseAds(scoped->mutable_scoped_rds()->mutable_scoped_rds_config_source());
}

}  // namespace

::envoy::config::listener::v3::Listener EncodePlaintextListener(const NamespacedName& waypoint,
                                                                const std::string& address, uint16_t port) {
  HttpConnectionManager manager = BaseHttpConnectionManager("plaintext");
  UseScopedRoutes(&manager);

  ::envoy::config::listener::v3::Listener out;
  out.set_name(ListenerName(waypoint));
  auto* socket = out.mutable_address()->mutable_socket_address();
  socket->set_address(address);
  socket->set_port_value(port);
  out.mutable_per_connection_buffer_limit_bytes()->set_value(kBufferBytes);
  auto* filter = out.add_filter_chains()->add_filters();
  filter->set_name("envoy.filters.network.http_connection_manager");
  *filter->mutable_typed_config() = Pack(manager);
  return out;
}

route_v3::ScopedRouteConfiguration EncodeScope(const NamespacedName& waypoint, const std::string& host,
                                               const std::string& route_name) {
  route_v3::ScopedRouteConfiguration out;
  out.set_name(ScopeName(waypoint, host));
  out.set_route_configuration_name(route_name);
  out.mutable_key()->add_fragments()->set_string_key(host);
  return out;
}

}  // namespace fairlead::envoy
