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

}  // namespace fairlead::reconcilers
