// Names of Envoy resources, and what tells two clusters of one destination apart.
//
// A name never depends on the order in which objects came. Values; pure.
//
//   RouteName({{Kind::kService, "shop", "ratings"}, 9080})                  "shop/ratings|9080"
//   ClusterName({.destination = …, .budget = RetryBudget{20, 10}})          "shop/ratings|9080;budget=20/10"
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "dataplane/xds/resource.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

// Concurrent retries may be `percent` of the active requests, and `min_concurrency` always.
struct RetryBudget {
  int percent = 0;
  int min_concurrency = 0;
  friend auto operator<=>(const RetryBudget&, const RetryBudget&) = default;
};

// Envoy keeps the retry budget in the cluster, so two routes with different budgets to one destination need
// two.
struct ClusterKey {
  reconcilers::Destination destination;
  bool http2 = false;  // HTTP/2 whatever the client speaks; else the client's version
  std::optional<RetryBudget> budget;
  bool drill = false;  // leaves out what the drill at the destination leaves out
  friend auto operator<=>(const ClusterKey&, const ClusterKey&) = default;
  friend bool operator==(const ClusterKey&, const ClusterKey&) = default;
};

// "shop/ratings|9080"; of a ServiceEntry: "se:shop/ratings|9080".
std::string RouteName(const reconcilers::Destination& port);

// RouteName, then ";h2", ";budget=PERCENT/CONCURRENCY" and ";drill" where they are set. The endpoints of a
// cluster have its name: Envoy subscribes to a name once, and would leave a second cluster waiting for
// endpoints that it has already got.
std::string ClusterName(const ClusterKey& key);

// The runtime layer by which drills are told, as a proxy's bootstrap names it.
inline constexpr char kRuntimeLayer[] = "fairlead";

// The fraction of the requests that take part in the drill of the policy: "fairlead.drill.shop/near".
std::string RuntimeKey(const ObjectKey& policy);

// Of a waypoint's plaintext listener: "shop/waypoint|plaintext".
std::string ListenerName(const NamespacedName& waypoint);

// Of the scope that leads requests for a host to a route table: "shop/waypoint|ratings:9080".
std::string ScopeName(const NamespacedName& waypoint, const std::string& host);

}  // namespace fairlead::envoy
