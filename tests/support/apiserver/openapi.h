// OpenAPI v3, which kubectl explain and its validation read: Kubernetes' own documents where they are at
// hand, and one made from the schemas of the CustomResourceDefinitions.
//
// Who calls: discovery, holding Core::mutex.
#pragma once

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

Response ServeOpenapi(Core& core, const RequestInfo& info);

}  // namespace fairlead::apiserver
