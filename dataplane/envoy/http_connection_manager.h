// The HTTP connection manager of a waypoint, without its routes and its listener.
//
// The plaintext listener adds scoped routes (listener.h); the chain of a tunnel would add the table of its
// port. Pure.
#pragma once

#include <envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.pb.h>

#include <string>

#include "dataplane/envoy/proto.h"

namespace fairlead::envoy {

using HttpConnectionManager =
    ::envoy::extensions::filters::network::http_connection_manager::v3::HttpConnectionManager;

// Transparent: headers, paths and long streams pass as they come. What clients could use to override a policy
// (x-envoy-retry-on, x-envoy-upstream-rq-timeout-ms, …) is taken off.
HttpConnectionManager BaseHttpConnectionManager(const std::string& stat_prefix);

}  // namespace fairlead::envoy
