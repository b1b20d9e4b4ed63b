// What the parsers of HTTPRoute and GRPCRoute share. Only they include it.
//
// Field names and defaults: the Gateway API CRDs, v1, experimental channel (a superset of the standard one).
#pragma once

#include <string_view>
#include <vector>

#include "crds/base/read.h"
#include "crds/gateway/common.h"
#include "crds/gateway/http_route.h"

namespace fairlead::gateway {

// `ns`: the route's own namespace, which fills refs that name none.
void ReadParents(const Reader& spec, std::string_view ns, std::vector<ParentRef>* out);
// GRPCRoute's filters are a subset of HTTPRoute's. A filter that we do not know becomes UnsupportedFilter.
void ReadFilters(const Reader& owner, std::string_view ns, std::vector<HttpFilter>* out);
void ReadBackends(const Reader& rule, std::string_view ns, std::vector<HttpBackendRef>* out);
void ReadNamedMatches(const Reader& match, std::string_view member, std::vector<NamedMatch>* out);

// CommonRouteSpec: `useDefaultGateways` other than None.
bool UsesDefaultGateways(const Reader& spec);

}  // namespace fairlead::gateway
