// Service (v1) and EndpointSlice (discovery.k8s.io/v1), as Fairlead reads them. They travel as Kubernetes
// protobuf.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::core {

struct ServicePort {
  std::string name;
  uint16_t port = 0;
  std::string protocol = "TCP";
  std::string app_protocol;  // "http", "kubernetes.io/h2c", "grpc", …
  std::string target_port;   // a number or a name; empty: same as port
  friend bool operator==(const ServicePort&, const ServicePort&) = default;
};

struct Service {
  static constexpr Kind kKind = Kind::kService;
  ObjectMeta meta;
  std::string type = "ClusterIP";
  std::vector<std::string> cluster_ips;  // "None" for headless
  std::vector<ServicePort> ports;
  Labels selector;
  std::string external_name;
  std::string traffic_distribution;
  bool internal_traffic_local = false;  // internalTrafficPolicy: Local, only endpoints of the client's node
  bool session_affinity = false;        // sessionAffinity: ClientIP
  bool headless() const { return !cluster_ips.empty() && cluster_ips.front() == "None"; }
  friend bool operator==(const Service&, const Service&) = default;
};

struct EndpointPort {
  std::string name;
  uint16_t port = 0;  // 0: all ports
  std::string protocol = "TCP";
  std::string app_protocol;
  friend bool operator==(const EndpointPort&, const EndpointPort&) = default;
};

struct Endpoint {
  std::vector<std::string> addresses;
  bool ready = true;    // conditions.ready, unknown counts as ready
  bool serving = true;  // left out: as ready
  bool terminating = false;
  std::string node_name;
  std::string zone;
  std::string target_pod;  // targetRef.name where it is a Pod
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

inline constexpr std::string_view kServiceNameLabel = "kubernetes.io/service-name";

struct EndpointSlice {
  static constexpr Kind kKind = Kind::kEndpointSlice;
  ObjectMeta meta;
  std::string service;       // kServiceNameLabel; empty: of no service
  std::string address_type;  // "IPv4", "IPv6", "FQDN"
  std::vector<EndpointPort> ports;
  std::vector<Endpoint> endpoints;
  friend bool operator==(const EndpointSlice&, const EndpointSlice&) = default;
};

// From JSON (offline input, JSON lists). From protobuf: ParseCoreProtobuf in crds/object/any_object.h.
Parsed<Service> ParseService(const JsonNode& object);
Parsed<EndpointSlice> ParseEndpointSlice(const JsonNode& object);

}  // namespace fairlead::core
