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

void ReadRule(const Reader& rule, std::string_view ns, GrpcRouteRule* out) {
  rule.String("name", &out->name);
  rule.List("matches", &out->matches, ReadMatch);
  if (out->matches.empty()) out->matches.emplace_back();
  ReadFilters(rule, ns, &out->filters);
  ReadBackends(rule, ns, &out->backends);
  out->session_persistence = rule.Has("sessionPersistence");
}

}  // namespace

// gateway.networking.k8s.io_grpcroutes.yaml, Gateway API 1.6. There is no default rule.
Parsed<GRPCRoute> ParseGRPCRoute(const JsonNode& object) {
  return ParseForeign<GRPCRoute>(object, [](const Reader& root, GRPCRoute* out) {
    root.Object("spec", [out](const Reader& spec) {
      ReadParents(spec, out->meta.ns, &out->parents);
      out->default_gateways = UsesDefaultGateways(spec);
      spec.Strings("hostnames", &out->hostnames);
      spec.List("rules", &out->rules,
                [out](const Reader& rule, GrpcRouteRule* to) { ReadRule(rule, out->meta.ns, to); });
    });
  });
}

}  // namespace fairlead::gateway
