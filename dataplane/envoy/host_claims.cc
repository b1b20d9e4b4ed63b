#include "dataplane/envoy/host_claims.h"

namespace fairlead::envoy {

HostClaims::Rank HostClaims::RankOf(const NamespacedName& waypoint, const ObjectKey& service) {
  return {service.ns != waypoint.ns, service.kind, service};
}

void HostClaims::Add(const NamespacedName& waypoint, const std::string& host, const ObjectKey& service,
                     const std::string& route_name) {
  claims_[{waypoint, host}][RankOf(waypoint, service)] = route_name;
}

void HostClaims::Remove(const NamespacedName& waypoint, const std::string& host, const ObjectKey& service) {
  const auto it = claims_.find({waypoint, host});
  if (it == claims_.end()) return;
  it->second.erase(RankOf(waypoint, service));
  if (it->second.empty()) claims_.erase(it);
}

std::optional<std::string> HostClaims::RouteFor(const NamespacedName& waypoint,
                                                const std::string& host) const {
  const auto it = claims_.find({waypoint, host});
  if (it == claims_.end()) return std::nullopt;
  return it->second.begin()->second;
}

}  // namespace fairlead::envoy
