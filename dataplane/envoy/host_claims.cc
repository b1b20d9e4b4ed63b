#include "dataplane/envoy/host_claims.h"

#include <algorithm>

#include "dataplane/envoy/names.h"
#include "dataplane/envoy/route_table.h"

namespace fairlead::envoy {
namespace {

constexpr uint16_t kDefaultPort = 80;

// The least wins.
std::strong_ordering CompareRank(const Frontage& a, const Frontage& b) {
  const bool a_is_far = a.service.ns != a.waypoint.ns, b_is_far = b.service.ns != b.waypoint.ns;
  return a_is_far != b_is_far ? a_is_far <=> b_is_far : a.service <=> b.service;  // the kind comes first
}

}  // namespace

bool Frontage::HasPort(uint16_t port) const { return std::binary_search(ports.begin(), ports.end(), port); }

std::optional<uint16_t> Frontage::PortOf(const Host& host) const {
  const uint16_t asked = host.port == 0 ? kDefaultPort : host.port;
  if (HasPort(asked)) return asked;
  if (host.port != 0 || ports.empty()) return std::nullopt;
  return ports.front();
}

std::vector<Host> Frontage::Hosts() const {
  std::vector<Host> out;
  if (ports.empty()) return out;
  for (const std::string& name : names) {
    out.push_back({name, 0});
    for (const uint16_t port : ports) out.push_back({name, port});
  }
  return out;
}

Frontage FrontageOf(const reconcilers::EffectiveService& service) {
  Frontage out{*service.waypoint, service.key, {}, {}};
  for (const std::string& name : service.hostnames) {
    if (!name.empty() && name.front() != '*') out.names.push_back(name);
  }
  for (const auto& port : service.ports) {
    if (IsHttp(port.protocol)) out.ports.push_back(port.port);
  }
  return out;
}

std::strong_ordering HostClaims::Order::Compare(const Place& a, const Place& b) {
  const auto waypoints = a.waypoint <=> b.waypoint;
  return waypoints != 0 ? waypoints : a.name <=> b.name;
}

bool HostClaims::Order::operator()(const Claim& a, const Claim& b) const {
  const auto places = Compare(PlaceOf(a), PlaceOf(b));
  return places != 0 ? places < 0 : CompareRank(*a.frontage, *b.frontage) < 0;
}

void HostClaims::Add(const Frontage* frontage) {
  for (const std::string& name : frontage->names) claims_.insert({name, frontage});
}

void HostClaims::Remove(const Frontage* frontage) {
  for (const std::string& name : frontage->names) claims_.erase(Claim{name, frontage});
}

std::optional<std::string> HostClaims::RouteFor(const NamespacedName& waypoint, const Host& host) const {
  const auto [begin, end] = claims_.equal_range(Place{waypoint, host.name});
  for (auto claim = begin; claim != end; ++claim) {
    const Frontage& frontage = *claim->frontage;
    if (const auto port = frontage.PortOf(host)) return RouteName({frontage.service, *port});
  }
  return std::nullopt;
}

}  // namespace fairlead::envoy
