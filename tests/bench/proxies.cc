#include "tests/bench/proxies.h"

namespace fairlead::bench {

using testing::FakeEnvoy;

Proxies::Proxies(int xds_port, int waypoints, const std::vector<Versions>& held) {
  for (int i = 0; i < waypoints; ++i) {
    FakeEnvoy::Options options;
    options.port = xds_port;
    options.id = WaypointOf(i).name + "-0";
    options.cluster = WaypointOf(i).ToString();
    options.region = "bench";
    options.zone = "zone-0";
    if (static_cast<size_t>(i) < held.size()) options.held = held[static_cast<size_t>(i)];
    options.on_response = [this](const FakeEnvoy::Received& received) { OnResponse(received); };
    envoys_.push_back(std::make_unique<FakeEnvoy>(std::move(options)));
  }
}

void Proxies::OnResponse(const FakeEnvoy::Received& received) {
  if (received.type != xds::Type::kRoute && received.type != xds::Type::kEndpoints) return;
  const std::lock_guard lock(mutex_);
  for (const auto& [name, version] : received.resources) {
    const bool first =
        arrivals_.insert_or_assign({received.type, name}, Arrival{version, received.at}).second;
    if (first && received.type == xds::Type::kRoute) ++routes_;
  }
  changed_.notify_all();
}

std::string Proxies::VersionOf(const xds::ResourceName& name) const {
  const std::lock_guard lock(mutex_);
  const auto at = arrivals_.find(name);
  return at == arrivals_.end() ? "" : at->second.version;
}

std::optional<Time> Proxies::WhenOther(const xds::ResourceName& name, const std::string& before) {
  std::unique_lock lock(mutex_);
  const auto other = [&] {
    const auto at = arrivals_.find(name);
    return at != arrivals_.end() && at->second.version != before;
  };
  if (!changed_.wait_for(lock, std::chrono::minutes(1), other)) return std::nullopt;
  return arrivals_.at(name).at;
}

bool Proxies::AwaitRoutes(size_t count) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::minutes(1), [&] { return routes_ >= count; });
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
