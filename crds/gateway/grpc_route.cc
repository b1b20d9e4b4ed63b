#include "crds/gateway/grpc_route.h"

#include "crds/gateway/parse_common.h"

namespace fairlead::gateway {
namespace {

void ReadMatch(const Reader& match, GrpcMatch* out) {
  match.Object("method", [out](const Reader& method) {
    method.Enum<StringMatchType>(
        "type", {{"Exact", StringMatchType::kExact}, {"RegularExpression", StringMatchType::kRegex}},
        &out->method_type);
    method.String("service", &out->service);
    method.String("method", &out->method);
  });
  ReadNamedMatches(match, "headers", &out->headers);
}

void ReadRule(const Reader& rule, RouteReading* route, GrpcRouteRule* out) {
  rule.String("name", &route->names, &out->name);
  rule.List("matches", &out->matches, ReadMatch);
  if (out->matches.empty()) out->matches.emplace_back();
  ReadFilters(rule, route, &out->filters);
  ReadBackends(rule, route, &out->backends);
  out->session_persistence = rule.Has("sessionPersistence");
}

}  // namespace

// gateway.networking.k8s.io_grpcroutes.yaml, Gateway API 1.6. There is no default rule.
Parsed<GRPCRoute> ParseGRPCRoute(const JsonNode& object) {
  return ParseForeign<GRPCRoute>(object, [](const Reader& root, GRPCRoute* out) {
    root.Object("spec", [out](const Reader& spec) {
      RouteReading route(out->meta.ns);
      ReadParents(spec, &route, &out->parents);
      out->default_gateways = UsesDefaultGateways(spec);
      spec.Strings("hostnames", &out->hostnames);
      spec.List("rules", &out->rules,
                [&route](const Reader& rule, GrpcRouteRule* to) { ReadRule(rule, &route, to); });
    });
  });
}

}  // namespace fairlead::gateway
