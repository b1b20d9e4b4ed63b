// Hosts: how a service may be called at a waypoint, and which service answers where several may.
//
// Short names ("ratings") mean another service in each namespace, and two ServiceEntries may name one host.
// At the plaintext listener a request says no more than its host, so one must win, whatever came first: a
// service in the waypoint's own namespace, then Services before ServiceEntries, then by namespace and name.
// One thread.
//
//   HostClaims claims;
//   claims.Add(&frontage);
//   claims.RouteFor(frontage.waypoint, {"ratings", 9080});   // "shop/ratings|9080"
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "reconcilers/model/service.h"

namespace fairlead::envoy {

// A way to write the authority of a request.
struct Host {
  std::string name;
  uint16_t port = 0;  // 0: not written
  std::string ToString() const { return port == 0 ? name : name + ":" + std::to_string(port); }
  friend auto operator<=>(const Host&, const Host&) = default;
  friend bool operator==(const Host&, const Host&) = default;
};

// Where a service can be called: every name, with each port or without one.
struct Frontage {
  NamespacedName waypoint;
  ObjectKey service;
  std::vector<std::string> names;  // none of them a wildcard: a scope is found by the whole name
  std::vector<uint16_t> ports;     // of HTTP, sorted

  bool HasPort(uint16_t port) const;
  // The port that a host means here; nullopt: it is not served. Without a port: 80, or else the lowest.
  std::optional<uint16_t> PortOf(const Host& host) const;
  std::vector<Host> Hosts() const;
  friend bool operator==(const Frontage&, const Frontage&) = default;
};

// The service must have a waypoint.
Frontage FrontageOf(const reconcilers::EffectiveService& service);

class HostClaims {
 public:
  // The frontage stays as it is until it is removed.
  void Add(const Frontage* frontage);
  void Remove(const Frontage* frontage);

  // The route table for the host; nullopt: nobody claims it.
  std::optional<std::string> RouteFor(const NamespacedName& waypoint, const Host& host) const;

 private:
  struct Claim {
    std::string_view name;  // in the frontage
    const Frontage* frontage;
  };
  struct Place {
    const NamespacedName& waypoint;
    std::string_view name;
  };
  // By waypoint and name; those of one name by rank, the winner first.
  struct Order {
    using is_transparent = void;
    bool operator()(const Claim& a, const Claim& b) const;
    bool operator()(const Claim& a, const Place& b) const { return Compare(PlaceOf(a), b) < 0; }
    bool operator()(const Place& a, const Claim& b) const { return Compare(a, PlaceOf(b)) < 0; }
    static Place PlaceOf(const Claim& claim) { return {claim.frontage->waypoint, claim.name}; }
    static std::strong_ordering Compare(const Place& a, const Place& b);
  };
  std::set<Claim, Order> claims_;
};

}  // namespace fairlead::envoy
