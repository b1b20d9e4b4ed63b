// Small effective models for the tests of the encoder: a service in namespace shop, its rules, policies and
// endpoints.
#pragma once

#include <google/protobuf/util/json_util.h>

#include <string>
#include <utility>
#include <vector>

#include "reconcilers/model/service.h"

namespace fairlead::envoy::testing {

using namespace reconcilers;  // NOLINT: the tests speak of nothing else

inline ObjectKey ServiceKey(const std::string& name) { return {Kind::kService, "shop", name}; }

inline Backend To(const std::string& service, uint16_t port = 80, uint32_t weight = 1) {
  return {Destination{ServiceKey(service), port}, Protocol::kHttp, weight, {}, ""};
}

inline Backend Unresolved(uint32_t weight = 1) {
  return {std::nullopt, Protocol::kHttp, weight, {}, "no such service"};
}

inline EffectiveMatch Prefix(const std::string& path) {
  EffectiveMatch match;
  match.http.path = path;
  return match;
}

inline EffectiveMatch Exact(const std::string& path) {
  EffectiveMatch match = Prefix(path);
  match.http.path_type = gateway::PathMatchType::kExact;
  return match;
}

inline EffectiveRule RuleTo(std::vector<Backend> backends) {
  EffectiveRule rule;
  rule.route = {Kind::kHTTPRoute, "shop", "route"};
  rule.route_generation = 3;
  rule.backends = std::move(backends);
  return rule;
}

// Retries with the built-in defaults.
inline EffectiveRetries Retries(int attempts = 2) {
  EffectiveRetries retries;
  retries.attempts.value = attempts;
  retries.on.value = {api::RetryOn::kConnectFailure, api::RetryOn::kRefusedStream,
                      api::RetryOn::kResetBeforeRequest, api::RetryOn::kGatewayError};
  retries.backoff_base.value = Duration::Milliseconds(25);
  retries.backoff_max.value = Duration::Milliseconds(250);
  retries.budget_percent.value = 20;
  retries.budget_min_per_second.value = 10;
  return retries;
}

inline Origin By(const std::string& policy, int64_t generation = 1) {
  return {Level::kService, false, {Kind::kRetryTimeoutPolicy, "shop", policy}, generation};
}

// One HTTP port, one rule that takes everything.
inline EffectiveService ServiceWith(const std::string& name, EffectiveRule rule, uint16_t port = 80) {
  EffectiveService service;
  service.key = ServiceKey(name);
  service.hostnames = {name + ".shop.svc.cluster.local", name};
  service.waypoint = NamespacedName{"shop", "waypoint"};
  service.ports = {{port, "http", Protocol::kHttp, {std::move(rule)}, {{Prefix("/"), 0}}}};
  return service;
}

inline EffectiveEndpoints EndpointsOf(const std::string& service, uint16_t port,
                                      std::vector<std::string> addresses) {
  EffectiveEndpoints out{{ServiceKey(service), port}, Discovery::kStatic, {}};
  for (std::string& address : addresses) {
    EffectiveEndpoint endpoint;
    endpoint.address = std::move(address);
    endpoint.port = 8080;
    out.endpoints.push_back(std::move(endpoint));
  }
  return out;
}

// As Envoy's documentation writes it: snake_case JSON, without spaces.
inline std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  std::string out;
  if (!google::protobuf::util::MessageToJsonString(message, &out, options).ok()) return "not printable";
  return out;
}

}  // namespace fairlead::envoy::testing
