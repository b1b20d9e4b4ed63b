#include "tests/bench/proxies.h"

namespace fairlead::bench {

using testing::FakeEnvoy;

Proxies::Proxies(int xds_port, int waypoints, const std::vector<Versions>& held) {
  for (int i = 0; i < waypoints; ++i) {
    FakeEnvoy::Options options;
    options.port = xds_port;
    options.id = WaypointOf(i).name + "-0";
    options.cluster = WaypointOf(i).ToString();
    if (static_cast<size_t>(i) < held.size()) options.held = held[static_cast<size_t>(i)];
    options.on_response = [this](const FakeEnvoy::Received& received) { OnResponse(received); };
    envoys_.push_back(std::make_unique<FakeEnvoy>(std::move(options)));
  }
}

void Proxies::OnResponse(const FakeEnvoy::Received& received) {
  if (received.type != xds::Type::kRoute) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, version] : received.resources) routes_[name] = {version, received.at};
  changed_.notify_all();
}

std::string Proxies::RouteVersion(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto at = routes_.find(name);
  return at == routes_.end() ? "" : at->second.version;
}

std::optional<Time> Proxies::WhenOther(const std::string& name, const std::string& before) {
  std::unique_lock lock(mutex_);
  const auto other = [&] {
    const auto at = routes_.find(name);
    return at != routes_.end() && at->second.version != before;
  };
  if (!changed_.wait_for(lock, std::chrono::minutes(1), other)) return std::nullopt;
  return routes_.at(name).at;
}

bool Proxies::AwaitRoutes(size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return routes_.size() >= count; });
}

bool Proxies::AwaitHeld(const std::vector<Versions>& expected) {
  for (size_t i = 0; i < envoys_.size(); ++i) {
    const bool held = envoys_[i]->Await(
        [&](const FakeEnvoy::State& state) { return state.held == expected[i]; }, std::chrono::minutes(1));
    if (!held) return false;
  }
  return true;
}

std::vector<Versions> Proxies::held() const {
  std::vector<Versions> out;
  for (const auto& envoy : envoys_) out.push_back(envoy->versions());
  return out;
}

std::string Proxies::Difference(const std::vector<Versions>& expected) const {
  for (size_t i = 0; i < envoys_.size(); ++i) {
    const Versions have = envoys_[i]->versions();
    for (size_t type = 0; type < have.size(); ++type) {
      for (const auto& [name, version] : expected[i][type]) {
        const auto at = have[type].find(name);
        if (at == have[type].end()) return "lacks " + name;
        if (at->second != version) return "has another " + name;
      }
      for (const auto& [name, version] : have[type]) {
        if (!expected[i][type].contains(name)) return "has " + name + ", which nobody wants";
      }
    }
  }
  return "none";
}

}  // namespace fairlead::bench
