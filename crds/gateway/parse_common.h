// What the parsers of HTTPRoute and GRPCRoute share. Only they include it.
//
// Field names and defaults: the Gateway API CRDs, v1, experimental channel (a superset of the standard one).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/base/read.h"
#include "crds/gateway/common.h"
#include "crds/gateway/http_route.h"

namespace fairlead::gateway {

// What all parts of one route share.
struct RouteReading {
  explicit RouteReading(const std::string& route_namespace) : ns(route_namespace) {}
  Text ns;  // the route's own, which fills refs that name none
  TextPool names;
};

void ReadParents(const Reader& spec, RouteReading* route, std::vector<ParentRef>* out);
// GRPCRoute's filters are a subset of HTTPRoute's. A filter that we do not know becomes UnsupportedFilter.
void ReadFilters(const Reader& owner, RouteReading* route, std::vector<HttpFilter>* out);
void ReadBackends(const Reader& rule, RouteReading* route, std::vector<HttpBackendRef>* out);
void ReadNamedMatches(const Reader& match, std::string_view member, std::vector<NamedMatch>* out);

// CommonRouteSpec: `useDefaultGateways` other than None.
bool UsesDefaultGateways(const Reader& spec);

}  // namespace fairlead::gateway
