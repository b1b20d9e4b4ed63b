// Ports of a Service or ServiceEntry: which protocol each speaks, as Istio decides it.
//
// appProtocol first, then the port's name up to the first dash (http, http2, grpc, tcp, tls, https, mongo,
// …); otherwise HTTP, but for the well-known ports of protocols where the server speaks first. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/core/service.h"
#include "crds/istio/service_entry.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers {

struct PortInfo {
  uint16_t port = 0;
  std::string name;
  Protocol protocol = Protocol::kHttp;
  friend bool operator==(const PortInfo&, const PortInfo&) = default;
};

inline bool IsHttp(Protocol p) {
  return p == Protocol::kHttp || p == Protocol::kHttp2 || p == Protocol::kGrpc;
}

Protocol ProtocolOf(std::string_view app_protocol, std::string_view name, uint16_t port);

// TCP ports only, sorted by number.
std::vector<PortInfo> PortsOf(const core::Service& service);
std::vector<PortInfo> PortsOf(const istio::ServiceEntry& entry);

// Of a kService or kServiceEntry; nullopt: no such object.
std::optional<std::vector<PortInfo>> PortsOf(const View& view, const ObjectKey& key);

}  // namespace fairlead::reconcilers
