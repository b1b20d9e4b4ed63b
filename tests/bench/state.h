// State: the cluster that the benchmarks run on, made from its size alone: the same size gives the same
// bytes.
//
// Services are spread evenly over namespaces, routes over services; a third of the policies names routes, a
// third services, a third selects services of its namespace by label, some of them in conflict. All waypoints
// live in one namespace and each serves some of the others. Pure.
//
//   for (const StateFile& file : MakeState(kLargeState)) WriteFile(dir / file.name, file.text);
#pragma once

#include <string>
#include <vector>

#include "crds/base/key.h"

namespace fairlead::bench {

inline constexpr int kZones = 3;  // of nodes, and so of endpoints, in turn

struct StateSize {
  int routes = 0;
  int policies = 0;
  int services = 0;
  int namespaces = 1;
  int waypoints = 1;
  int plaintext_port = 0;  // of the first waypoint's listener; 0: the operator's default
  int workspaces = 0;      // that share the namespaces evenly
  int endpoints = 2;       // of a service
  // Services are global, with pods on nodes in three zones behind them; a FailoverPolicy is for all of each
  // namespace.
  bool joined = false;
  int cluster = 0;  // addresses of clusters of different numbers differ
};

inline constexpr StateSize kLargeState{
    .routes = 10'000, .policies = 2'000, .services = 1'000, .namespaces = 50, .waypoints = 10};

// Ten routes a service and a policy for every five routes, all at one waypoint.
StateSize StateOfRoutes(int routes);

struct StateFile {
  std::string name;  // "20-team-3.yaml"; in the order in which they can be applied
  std::string text;
};
std::vector<StateFile> MakeState(const StateSize& size);
size_t ObjectsIn(const StateSize& size);

// A Workspace with its share of the namespaces, but for the first so many of them; whoever administers the
// cluster may write timeouts of up to 30 s in it.
std::string WorkspaceText(const StateSize& size, int workspace, int without = 0);

// Names of what is in it, each from 0.
NamespacedName WaypointOf(int waypoint);
NamespacedName ServiceOf(const StateSize& size, int service);
NamespacedName RouteOf(const StateSize& size, int route);
NamespacedName PolicyOf(const StateSize& size, int policy);
// Which waypoint serves the service; its RouteConfiguration is called "<namespace>/<name>|8080".
int WaypointServing(const StateSize& size, int service);
std::string RouteTableOf(const StateSize& size, int service);
// The service that a route belongs to; the route that a policy names, -1 where it names none.
int ServiceOfRoute(const StateSize& size, int route);
int RouteOfPolicy(const StateSize& size, int policy);

// Merge patches that change what proxies get: the n-th differs from those before it.
std::string PolicyChange(int n);
std::string RouteChange(const StateSize& size, int route, int n);

}  // namespace fairlead::bench
