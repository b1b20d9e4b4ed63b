// The effective model of one destination (a Service or a ServiceEntry): its ports, the route rules in force,
// the merged policy.
//
// The seam between reconcilers/ and dataplane/: vocabulary of Gateway API, policies merged in, every field
// with its origin. From it come what the proxies get, the objects that we write in Istio mode, and `explain`.
// Immutable once published (std::shared_ptr<const EffectiveService>); equal input gives an equal value.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crds/base/key.h"
#include "crds/gateway/common.h"
#include "crds/gateway/http_route.h"
#include "reconcilers/failover/steps.h"
#include "reconcilers/model/boxed.h"
#include "reconcilers/model/policy.h"

namespace fairlead::reconcilers {

enum class Protocol : unsigned char {
  kTcp,
  kHttp,
  kHttp2,
  kGrpc,
  kTls
};  // kHttp: HTTP/1.1, or h2c where the client speaks it
std::string_view ToString(Protocol protocol);

// A port of a destination that traffic is sent to.
struct Destination {
  ObjectKey service;  // kService or kServiceEntry
  uint16_t port = 0;
  friend auto operator<=>(const Destination&, const Destination&) = default;
  friend bool operator==(const Destination&, const Destination&) = default;
};

// A drill of a FailoverPolicy that is on at a destination: of the requests, all but `weight` percent go as if
// `down` had failed.
struct EffectiveDrill {
  ObjectKey policy;
  int64_t generation = 0;
  api::Locality down;
  int weight = 0;
  Timestamp until;
  friend bool operator==(const EffectiveDrill&, const EffectiveDrill&) = default;
};

struct Backend {
  // Absent: the reference cannot be resolved (no such service or port, no ReferenceGrant, kind not
  // supported); its share of the requests is answered 500, as Gateway API asks.
  std::optional<Destination> destination;
  Protocol protocol = Protocol::kHttp;
  uint32_t weight = 1;
  std::vector<gateway::HttpFilter> filters;  // per backend
  std::string problem;                       // why destination is absent
  Boxed<EffectiveDrill> drill = {};          // that is on at the destination
  friend bool operator==(const Backend&, const Backend&) = default;
};

struct MirrorTarget {
  std::optional<Destination> destination;
  Protocol protocol = Protocol::kHttp;
  int32_t numerator = 100;
  int32_t denominator = 100;
  std::string problem;
  friend bool operator==(const MirrorTarget&, const MirrorTarget&) = default;
};

struct GrpcMethodMatch {
  gateway::StringMatchType type = gateway::StringMatchType::kExact;
  std::string service;
  std::string method;
  friend bool operator==(const GrpcMethodMatch&, const GrpcMethodMatch&) = default;
};

// One match of one rule, as it stands in the order of precedence. An HTTP match, or a gRPC match with `grpc`
// set (then path_type and path are unused).
struct EffectiveMatch {
  gateway::HttpMatch http;
  std::optional<GrpcMethodMatch> grpc;
  friend bool operator==(const EffectiveMatch&, const EffectiveMatch&) = default;
};

// What one rule does. Shared by its matches.
struct EffectiveRule {
  ObjectKey route;  // HTTPRoute or GRPCRoute; for a service without a route: the service itself
  int64_t route_generation = 0;
  int index = 0;                             // of the rule in the route
  std::string name;                          // of the rule, may be empty
  std::vector<gateway::HttpFilter> filters;  // without mirrors
  std::vector<MirrorTarget> mirrors;
  std::vector<Backend> backends;  // empty, and no redirect among the filters: answered 500
  EffectivePolicy policy;
  bool answers_500 = false;  // a filter that cannot be carried out
  friend bool operator==(const EffectiveRule&, const EffectiveRule&) = default;
};

struct RouteEntry {
  EffectiveMatch match;
  uint32_t rule = 0;  // index in EffectivePort::rules
  friend bool operator==(const RouteEntry&, const RouteEntry&) = default;
};

struct EffectivePort {
  uint16_t port = 0;
  std::string name;
  Protocol protocol = Protocol::kHttp;  // kTcp, kTls: no routes
  std::vector<EffectiveRule> rules;
  std::vector<RouteEntry>
      entries;  // in the order of Gateway API's precedence: the first that matches is taken
  friend bool operator==(const EffectivePort&, const EffectivePort&) = default;
};

struct EffectiveService {
  ObjectKey key;                       // Service or ServiceEntry
  std::vector<std::string> hostnames;  // all names by which clients call it, the full one first
  std::vector<std::string> addresses;  // VIPs
  std::optional<NamespacedName>
      waypoint;                      // the Gateway that serves it; absent: traffic does not pass a waypoint
  std::string waypoint_problem;      // why `waypoint` is absent, and what to do about it
  std::vector<EffectivePort> ports;  // sorted by port
  std::vector<ObjectKey> policies;   // with a field in force at one rule at least. Sorted, unique
  friend bool operator==(const EffectiveService&, const EffectiveService&) = default;
};

// Endpoints of one destination port, ready ones only.
struct EffectiveEndpoint {
  std::string address;
  uint16_t port = 0;
  std::string region, zone, subzone;
  uint32_t weight = 1;
  friend auto operator<=>(const EffectiveEndpoint&, const EffectiveEndpoint&) = default;
};

enum class Discovery : unsigned char {
  kStatic,
  kDns
};  // kDns: endpoints are names (ServiceEntry with resolution DNS)

// What a FailoverPolicy makes of one destination port. Where its requests go depends on where they come from:
// failover::PlanFailover.
struct EffectiveFailover {
  std::string cluster;                                // our own, in which the proxies run
  std::shared_ptr<const api::FailoverPolicy> policy;  // that is in force
  failover::Members members;                          // all, also those that are not ready
  Boxed<EffectiveDrill> drill = {};                   // that is on
  friend bool operator==(const EffectiveFailover& a, const EffectiveFailover& b);
};

struct EffectiveEndpoints {
  Destination destination;
  Discovery discovery = Discovery::kStatic;
  std::vector<EffectiveEndpoint> endpoints;  // sorted
  Boxed<EffectiveFailover> failover;         // none: all endpoints alike
  friend bool operator==(const EffectiveEndpoints&, const EffectiveEndpoints&) = default;
};

// A waypoint: the Gateway, and the services that are bound to it.
struct EffectiveWaypoint {
  NamespacedName name;
  std::string class_name;
  std::optional<uint16_t> plaintext_port;  // annotation fairlead.dev/plaintext-port
  std::vector<std::string>
      proxies;  // pods that are to run it ("pod name"), sorted: the denominator of Programmed
  bool programmed_by_istiod = false;  // Istio mode: our xDS does not serve it
  // Where its proxies' requests come from, by proxy, as far as it is known: the place without our cluster's
  // name, and of the labels those that some FailoverPolicy goes by.
  std::map<std::string, failover::Source> sources;
  friend bool operator==(const EffectiveWaypoint&, const EffectiveWaypoint&) = default;
};

}  // namespace fairlead::reconcilers
