// HostClaims: which service answers a host at a waypoint, where several may.
//
// Short names ("ratings") mean another service in each namespace, and two ServiceEntries may name one host.
// At the plaintext listener a request says no more than its host, so one must win, whatever came first: a
// service in the waypoint's own namespace, then Services before ServiceEntries, then by namespace and name.
// One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "crds/base/key.h"

namespace fairlead::envoy {

class HostClaims {
 public:
  void Add(const NamespacedName& waypoint, const std::string& host, const ObjectKey& service,
           const std::string& route_name);
  void Remove(const NamespacedName& waypoint, const std::string& host, const ObjectKey& service);

  // The route table for the host; nullopt: nobody claims it.
  std::optional<std::string> RouteFor(const NamespacedName& waypoint, const std::string& host) const;

 private:
  using Rank = std::tuple<bool, Kind, ObjectKey>;  // the least wins
  static Rank RankOf(const NamespacedName& waypoint, const ObjectKey& service);

  std::map<std::pair<NamespacedName, std::string>, std::map<Rank, std::string>> claims_;
};

}  // namespace fairlead::envoy
