// NetworkOf: the network that a cluster's pods are on, by Istio's label.
//
// Who calls: failover, for endpoints of other clusters: what is on another network than ours cannot be
// reached by its address. Pure.
#pragma once

#include <string>
#include <string_view>

#include "reconcilers/store/tables.h"

namespace fairlead::reconcilers {

inline constexpr std::string_view kNetworkLabel = "topology.istio.io/network";

// What the label says of the Namespace istio-system, else of the root namespace; "": nothing.
std::string_view NetworkOf(const Tables& tables, const std::string& root_namespace);

// Whether a gateway into the network is known there: a Service with that label, as those of Istio's east-west
// gateways have.
bool HasGateway(const Tables& tables, std::string_view network);

}  // namespace fairlead::reconcilers
