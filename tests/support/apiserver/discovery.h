// Discovery: which groups, versions and resources there are, in the old form and the aggregated one; and
// OpenAPI v3.
//
// Who calls: Api, holding Core::mutex.
#pragma once

#include <optional>

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

// nullopt: not a path of discovery.
std::optional<Response> ServeDiscovery(Core& core, const RequestInfo& info, const Request& request);

}  // namespace fairlead::apiserver
