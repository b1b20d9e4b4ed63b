#include "dataplane/envoy/http_connection_manager.h"

#include <envoy/extensions/filters/http/cors/v3/cors.pb.h>
#include <envoy/extensions/filters/http/router/v3/router.pb.h>
#include <envoy/extensions/http/early_header_mutation/header_mutation/v3/header_mutation.pb.h>

namespace fairlead::envoy {
namespace {

constexpr Duration kRequestHeaders = Duration::Seconds(10);  // from the first byte to the end of the headers
constexpr uint32_t kStreamsPerConnection = 1024;
constexpr uint32_t kStreamWindow = 256u << 10;
constexpr uint32_t kConnectionWindow = 1u << 20;

// Envoy's router obeys these where a client sends them.
constexpr const char* kOverrides[] = {
    "x-envoy-expected-rq-timeout-ms",
    "x-envoy-hedge-on-per-try-timeout",
    "x-envoy-max-retries",
    "x-envoy-retriable-header-names",
    "x-envoy-retriable-status-codes",
    "x-envoy-retry-grpc-on",
    "x-envoy-retry-on",
    "x-envoy-upstream-alt-stat-name",
    "x-envoy-upstream-rq-per-try-timeout-ms",
    "x-envoy-upstream-rq-timeout-alt-response",
    "x-envoy-upstream-rq-timeout-ms",
    "x-envoy-upstream-stream-duration-ms",
};

void RemoveOverrides(HttpConnectionManager* out) {
  ::envoy::extensions::http::early_header_mutation::header_mutation::v3::HeaderMutation mutation;
  for (const char* name : kOverrides) mutation.add_mutations()->set_remove(name);
  auto* extension = out->add_early_header_mutation_extensions();
  extension->set_name("envoy.http.early_header_mutation.header_mutation");
  *extension->mutable_typed_config() = Pack(mutation);
}

void AddFilter(const std::string& name, const google::protobuf::Message& config, HttpConnectionManager* out) {
  auto* filter = out->add_http_filters();
  filter->set_name(name);
  *filter->mutable_typed_config() = Pack(config);
}

void SetProtocols(HttpConnectionManager* out) {
  out->set_codec_type(HttpConnectionManager::AUTO);
  auto* http2 = out->mutable_http2_protocol_options();
  http2->mutable_max_concurrent_streams()->set_value(kStreamsPerConnection);
  http2->mutable_initial_stream_window_size()->set_value(kStreamWindow);
  http2->mutable_initial_connection_window_size()->set_value(kConnectionWindow);
  out->add_upgrade_configs()->set_upgrade_type("websocket");
}

void SetTimeouts(HttpConnectionManager* out) {
  Assign(kConnectionIdle, out->mutable_common_http_protocol_options()->mutable_idle_timeout());
  Assign(kRequestHeaders, out->mutable_request_headers_timeout());
  Assign(Duration(), out->mutable_stream_idle_timeout());  // none, unless a policy sets it on its route
}

void PassThrough(HttpConnectionManager* out) {
  out->mutable_use_remote_address()->set_value(false);  // x-forwarded-for passes as it came
  out->mutable_generate_request_id()->set_value(true);  // where there is none
  out->mutable_normalize_path()->set_value(true);       // "/a/../b" is "/b" for routes and upstreams alike
  out->set_merge_slashes(false);
  out->set_path_with_escaped_slashes_action(HttpConnectionManager::KEEP_UNCHANGED);
  out->set_server_header_transformation(HttpConnectionManager::PASS_THROUGH);
}

}  // namespace

HttpConnectionManager BaseHttpConnectionManager(const std::string& stat_prefix) {
  HttpConnectionManager out;
  out.set_stat_prefix(stat_prefix);
  SetProtocols(&out);
  SetTimeouts(&out);
  PassThrough(&out);
  RemoveOverrides(&out);
  AddFilter("envoy.filters.http.cors", ::envoy::extensions::filters::http::cors::v3::Cors(), &out);
  ::envoy::extensions::filters::http::router::v3::Router router;
  router.set_suppress_envoy_headers(true);
  AddFilter("envoy.filters.http.router", router, &out);
  return out;
}

}  // namespace fairlead::envoy
