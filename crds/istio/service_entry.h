// ServiceEntry (networking.istio.io/v1), as Fairlead reads it.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "crds/base/meta.h"

namespace fairlead::istio {

struct ServiceEntryPort {
  uint16_t number = 0;
  std::string protocol;  // "HTTP", "HTTPS", "GRPC", "HTTP2", "TCP", "TLS", "MONGO"
  std::string name;
  uint16_t target_port = 0;  // 0: same as number
  friend bool operator==(const ServiceEntryPort&, const ServiceEntryPort&) = default;
};

struct WorkloadEndpoint {
  std::string address;
  std::map<std::string, uint16_t> ports;
  Labels labels;
  std::string network;
  std::string locality;  // "region/zone/subzone"
  uint32_t weight = 0;
  std::string service_account;
  friend bool operator==(const WorkloadEndpoint&, const WorkloadEndpoint&) = default;
};

// An address that istiod has given to a host (status.addresses), where the user gave none.
struct AutoAddress {
  std::string value;
  std::string host;
  friend bool operator==(const AutoAddress&, const AutoAddress&) = default;
};

enum class Resolution : unsigned char { kNone, kStatic, kDns, kDnsRoundRobin, kDynamicDns };

struct ServiceEntry {
  static constexpr Kind kKind = Kind::kServiceEntry;
  ObjectMeta meta;
  std::vector<std::string> hosts;
  std::vector<std::string> addresses;
  std::vector<ServiceEntryPort> ports;
  bool mesh_internal = false;
  Resolution resolution = Resolution::kNone;
  std::vector<WorkloadEndpoint> endpoints;
  Labels workload_selector;
  std::vector<std::string> export_to;
  std::vector<std::string> subject_alt_names;
  std::vector<AutoAddress> auto_addresses;
  friend bool operator==(const ServiceEntry&, const ServiceEntry&) = default;
};

// Lenient towards unknown fields, since the API server has validated the object; a field that we use and that
// is malformed makes it Invalid. Defaults of the CRD are filled.
Parsed<ServiceEntry> ParseServiceEntry(const JsonNode& object);

}  // namespace fairlead::istio
