// Gateway API's redirect filter in Envoy's terms. Pure.
#pragma once

#include <envoy/config/route/v3/route_components.pb.h>

#include "crds/gateway/http_route.h"
#include "dataplane/envoy/proto.h"

namespace fairlead::envoy {

// `port`: of the service, where Gateway API says "the port of the listener".
route_v3::RedirectAction EncodeRedirect(const gateway::RedirectFilter& redirect,
                                        const gateway::HttpMatch& match, uint16_t port);

}  // namespace fairlead::envoy
