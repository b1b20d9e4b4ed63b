#include "reconcilers/lower/ports.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace fairlead::reconcilers {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::tolower(c); });
  return out;
}

std::optional<Protocol> ByWord(std::string_view word) {
  static constexpr std::array<std::pair<std::string_view, Protocol>, 19> kWords = {{
      {"http", Protocol::kHttp},
      {"http1", Protocol::kHttp},
      {"kubernetes.io/ws", Protocol::kHttp},
      {"http2", Protocol::kHttp2},
      {"h2c", Protocol::kHttp2},
      {"kubernetes.io/h2c", Protocol::kHttp2},
      {"grpc", Protocol::kGrpc},
      {"grpc-web", Protocol::kHttp},
      {"https", Protocol::kTls},
      {"tls", Protocol::kTls},
      {"kubernetes.io/wss", Protocol::kTls},
      {"tcp", Protocol::kTcp},
      {"mongo", Protocol::kTcp},
      {"mysql", Protocol::kTcp},
      {"redis", Protocol::kTcp},
      {"postgresql", Protocol::kTcp},
      {"postgres", Protocol::kTcp},
      {"kafka", Protocol::kTcp},
      {"amqp", Protocol::kTcp},
  }};
  for (const auto& [name, protocol] : kWords) {
    if (name == word) return protocol;
  }
  return std::nullopt;
}

// Where the server speaks first, a proxy that waits for a request would hang.
bool IsServerFirst(uint16_t port) { return port == 25 || port == 53 || port == 3306 || port == 27017; }

void Sort(std::vector<PortInfo>* ports) {
  std::stable_sort(ports->begin(), ports->end(),
                   [](const PortInfo& a, const PortInfo& b) { return a.port < b.port; });
  ports->erase(std::unique(ports->begin(), ports->end(),
                           [](const PortInfo& a, const PortInfo& b) { return a.port == b.port; }),
               ports->end());
}

}  // namespace

Protocol ProtocolOf(std::string_view app_protocol, std::string_view name, uint16_t port) {
  if (!app_protocol.empty()) {
    if (auto protocol = ByWord(Lower(app_protocol))) return *protocol;
  }
  const std::string lower = Lower(name);
  if (lower == "grpc-web" || lower.starts_with("grpc-web-")) return Protocol::kHttp;
  if (auto protocol = ByWord(std::string_view(lower).substr(0, lower.find('-')))) return *protocol;
  return IsServerFirst(port) ? Protocol::kTcp : Protocol::kHttp;
}

std::vector<PortInfo> PortsOf(const core::Service& service) {
  std::vector<PortInfo> ports;
  for (const core::ServicePort& port : service.ports) {
    if (port.protocol != "TCP") continue;
    ports.push_back({port.port, port.name, ProtocolOf(port.app_protocol, port.name, port.port)});
  }
  Sort(&ports);
  return ports;
}

std::vector<PortInfo> PortsOf(const istio::ServiceEntry& entry) {
  std::vector<PortInfo> ports;
  for (const istio::ServiceEntryPort& port : entry.ports) {
    if (Lower(port.protocol) == "udp") continue;
    ports.push_back({port.number, port.name, ProtocolOf(port.protocol, port.name, port.number)});
  }
  Sort(&ports);
  return ports;
}

std::optional<std::vector<PortInfo>> PortsOf(const View& view, const ObjectKey& key) {
  if (key.kind == Kind::kService) {
    if (auto service = view.tables.Get<core::Service>(key.nn())) return PortsOf(*service);
  } else if (key.kind == Kind::kServiceEntry) {
    if (auto entry = view.tables.Get<istio::ServiceEntry>(key.nn())) return PortsOf(*entry);
  }
  return std::nullopt;
}

}  // namespace fairlead::reconcilers
