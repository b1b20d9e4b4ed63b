// The bytes of the aggregated discovery service: requests read, responses written. No gRPC in here.
//
// Used by the stream (ads_stream.cc), the fuzz target and tests. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "crds/base/result.h"
#include "dataplane/xds/catalog.h"
#include "dataplane/xds/session.h"

namespace fairlead::xds {

struct AdsRequest {
  Request request;
  bool has_node = false;
  // From `node`, or what is wrong with it. Only the first request of a stream must have one.
  Result<ProxyInfo> proxy = Unexpected(Error{});
};

// Of a serialized envoy.service.discovery.v3.DeltaDiscoveryRequest. The audience is node.cluster,
// "<namespace>/<gateway>", else the string `fairlead.dev/waypoint` in node.metadata.
Result<AdsRequest> ParseAdsRequest(std::string_view bytes);

// All of the DeltaDiscoveryResponse but its resources: followed by their `wire`, in any order, it is whole.
std::string EncodeResponseHead(const Response& response);

}  // namespace fairlead::xds
