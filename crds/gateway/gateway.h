// Gateway (Gateway API v1), as Fairlead reads it: waypoints are Gateways of a waypoint class.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::gateway {

struct RouteKind {
  std::string group = "gateway.networking.k8s.io";
  std::string kind;
  friend bool operator==(const RouteKind&, const RouteKind&) = default;
};

struct Listener {
  enum class From : unsigned char { kSame, kAll, kSelector, kNone };
  std::string name;
  uint16_t port = 0;
  std::string protocol;  // "HBONE", "HTTP", …
  std::string hostname;
  From allowed_from = From::kSame;
  LabelSelector allowed_selector;
  std::vector<RouteKind> allowed_kinds;  // empty: those that the protocol can carry
  friend bool operator==(const Listener&, const Listener&) = default;
};

struct GatewayAddress {
  std::string type = "IPAddress";  // or "Hostname"
  std::string value;
  friend bool operator==(const GatewayAddress&, const GatewayAddress&) = default;
};

// status.conditions, of the type Programmed.
struct Programmed {
  ConditionStatus status = ConditionStatus::kUnknown;
  std::string reason;
  std::string message;
  int64_t observed_generation = 0;
  Timestamp since;
  friend bool operator==(const Programmed&, const Programmed&) = default;
};

struct Gateway {
  static constexpr Kind kKind = Kind::kGateway;
  ObjectMeta meta;
  std::string class_name;
  std::vector<Listener> listeners;
  std::vector<GatewayAddress> addresses;         // asked for
  std::vector<GatewayAddress> status_addresses;  // given
  std::optional<Programmed> programmed;          // none: nobody has told of it yet
  Labels infrastructure_labels;                  // for what is made for the Gateway
  Labels infrastructure_annotations;
  // Annotation fairlead.dev/plaintext-port: where the waypoint listens without a tunnel, instead of the
  // operator's default.
  std::optional<uint16_t> plaintext_port;
  friend bool operator==(const Gateway&, const Gateway&) = default;
};

// Gateway classes that are waypoints.
inline constexpr std::string_view kIstioWaypointClass = "istio-waypoint";
inline constexpr std::string_view kFairleadWaypointClass = "fairlead-waypoint";
inline constexpr std::string_view kPlaintextPort = "fairlead.dev/plaintext-port";
inline bool IsWaypoint(const Gateway& g) {
  return g.class_name == kIstioWaypointClass || g.class_name == kFairleadWaypointClass;
}

// Lenient towards unknown fields, since the API server has validated the object; a field that we use and that
// is malformed makes it Invalid. Defaults of the CRD are filled.
Parsed<Gateway> ParseGateway(const JsonNode& object);

}  // namespace fairlead::gateway
