// Sample state of a waypoint, for tests and benchmarks of xDS that need no encoder: n services, each with a
// cluster, its endpoints, a scope and a route, and one listener. Names: "cluster-7", "scope-7", "route-7",
// "listener".
#pragma once

#include <string>
#include <vector>

#include "dataplane/xds/update.h"

namespace fairlead::testing {

std::string SampleName(xds::Type type, size_t i);
// `revision` changes the content. The route's source is RetryTimeoutPolicy shop/policy-<i>.
xds::ResourcePtr SampleResource(xds::Type type, size_t i, size_t revision = 0);
ObjectKey SamplePolicy(size_t i);
// All of it for the audience, as a first publication.
xds::Update SampleState(const xds::Audience& audience, size_t services);

}  // namespace fairlead::testing
