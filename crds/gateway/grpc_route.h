// GRPCRoute (Gateway API v1), as Fairlead reads it.
#pragma once

#include <string>
#include <vector>

#include "crds/gateway/http_route.h"

namespace fairlead::gateway {

struct GrpcMatch {
  StringMatchType method_type = StringMatchType::kExact;
  std::string service;  // empty: any
  std::string method;   // empty: any
  std::vector<NamedMatch> headers;
  friend bool operator==(const GrpcMatch&, const GrpcMatch&) = default;
};

struct GrpcRouteRule {
  Text name;
  std::vector<GrpcMatch> matches;   // never empty
  std::vector<HttpFilter> filters;  // header modifiers, mirror, unsupported
  std::vector<HttpBackendRef> backends;
  bool session_persistence = false;
  friend bool operator==(const GrpcRouteRule&, const GrpcRouteRule&) = default;
};

struct GRPCRoute {
  static constexpr Kind kKind = Kind::kGRPCRoute;
  ObjectMeta meta;
  std::vector<ParentRef> parents;
  bool default_gateways = false;  // useDefaultGateways (experimental): also attached to default Gateways
  std::vector<std::string> hostnames;
  std::vector<GrpcRouteRule> rules;
  friend bool operator==(const GRPCRoute&, const GRPCRoute&) = default;
};

// Lenient towards unknown fields, since the API server has validated the object; a field that we use and that
// is malformed makes it Invalid. Defaults of the CRD are filled.
Parsed<GRPCRoute> ParseGRPCRoute(const JsonNode& object);

}  // namespace fairlead::gateway
