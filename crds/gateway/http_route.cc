#include "crds/gateway/http_route.h"

#include <limits>

#include "crds/gateway/parse_common.h"

namespace fairlead::gateway {
namespace {

void ReadMatch(const Reader& match, RouteReading* route, HttpMatch* out) {
  match.Object("path", [out](const Reader& path) {
    path.Enum<PathMatchType>("type",
                             {{"PathPrefix", PathMatchType::kPrefix},
                              {"Exact", PathMatchType::kExact},
                              {"RegularExpression", PathMatchType::kRegex}},
                             &out->path_type);
    path.String("value", &out->path);
    if (out->path_type != PathMatchType::kRegex && !out->path.starts_with('/')) {
      path.Add("value", "must start with / with this type");
    }
  });
  ReadNamedMatches(match, "headers", &out->headers);
  ReadNamedMatches(match, "queryParams", &out->query);
  match.String("method", &route->names, &out->method);
}

void ReadRetry(const Reader& retry, RouteRetry* out) {
  constexpr int64_t kMax = std::numeric_limits<int32_t>::max();
  retry.Ints("codes", 400, 599, &out->codes);
  int attempts;
  if (retry.Int("attempts", 0, kMax, &attempts)) out->attempts = attempts;
  retry.Duration("backoff", &out->backoff);
}

void ReadRule(const Reader& rule, RouteReading* route, HttpRouteRule* out) {
  rule.String("name", &route->names, &out->name);
  rule.List("matches", &out->matches,
            [route](const Reader& match, HttpMatch* to) { ReadMatch(match, route, to); });
  if (out->matches.empty()) out->matches.emplace_back();
  ReadFilters(rule, route, &out->filters);
  ReadBackends(rule, route, &out->backends);
  rule.Object("timeouts", [out](const Reader& timeouts) {
    timeouts.Duration("request", &out->timeouts.request);
    timeouts.Duration("backendRequest", &out->timeouts.backend_request);
  });
  rule.Object("retry", [out](const Reader& retry) { ReadRetry(retry, &out->retry.emplace()); });
  out->session_persistence = rule.Has("sessionPersistence");
}

}  // namespace

// gateway.networking.k8s.io_httproutes.yaml, Gateway API 1.6.
Parsed<HTTPRoute> ParseHTTPRoute(const JsonNode& object) {
  return ParseForeign<HTTPRoute>(object, [](const Reader& root, HTTPRoute* out) {
    root.Object("spec", [out](const Reader& spec) {
      RouteReading route(out->meta.ns);
      ReadParents(spec, &route, &out->parents);
      out->default_gateways = UsesDefaultGateways(spec);
      spec.Strings("hostnames", &out->hostnames);
      spec.List("rules", &out->rules,
                [&route](const Reader& rule, HttpRouteRule* to) { ReadRule(rule, &route, to); });
    });
    if (out->rules.empty()) {
      out->rules.reserve(1);
      out->rules.emplace_back().matches.emplace_back();
    }
  });
}

}  // namespace fairlead::gateway
