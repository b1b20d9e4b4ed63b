// Proxies: a fake proxy for each waypoint of a state, which notes when what came.
//
// Who calls: the groups. Connects at once; ends with the object. Thread-safe.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/bench/rig.h"
#include "tests/support/xds/fake_envoy.h"

namespace fairlead::bench {

using Versions = testing::FakeEnvoy::Versions;

class Proxies {
 public:
  // `held`: what each of them had when it last was connected; empty: nothing.
  // All run in zone-0 of region bench.
  Proxies(int xds_port, int waypoints, const std::vector<Versions>& held = {});

  // The version of a route table, or of endpoints, that came last; "" before the first.
  std::string VersionOf(const xds::ResourceName& name) const;
  // When a version other than `before` came; nullopt: not within a minute.
  std::optional<Time> WhenOther(const xds::ResourceName& name, const std::string& before);
  bool AwaitRoutes(size_t count);  // in all
  // Waits until every proxy holds exactly this. An element a waypoint.
  bool AwaitHeld(const std::vector<Versions>& expected);
  std::vector<Versions> held() const;
  // What one of them lacks or has too much, for messages.
  std::string Difference(const std::vector<Versions>& expected) const;

 private:
  struct Arrival {
    std::string version;
    Time at;
  };
  void OnResponse(const testing::FakeEnvoy::Received& received);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<xds::ResourceName, Arrival> arrivals_;
  size_t routes_ = 0;
  std::vector<std::unique_ptr<testing::FakeEnvoy>> envoys_;  // last: they call OnResponse
};

}  // namespace fairlead::bench
