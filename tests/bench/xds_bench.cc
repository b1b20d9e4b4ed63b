// The way of a change through catalog and server to N proxies, over loopback, with the proxies in the same
// process.
//
// Counters: first and last proxy that got it (microseconds, median and 99th percentile over the iterations);
// clients a second; resources sent. Compare with the floor of one empty gRPC message over loopback, about 100
// us here.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

#include "dataplane/server/ads_server.h"
#include "tests/support/xds/fake_envoy.h"
#include "tests/support/xds/sample_state.h"

namespace fairlead::xds {
namespace {

using testing::FakeEnvoy;
using Clock_ = std::chrono::steady_clock;
const Audience kShop{"shop", "waypoint"};

// Waits until n proxies got a version of a resource, and keeps when.
class Arrivals {
 public:
  void Expect(std::string version, size_t n) {
    std::lock_guard lock(mutex_);
    version_ = std::move(version);
    missing_ = n;
    at_.clear();
  }
  void OnResponse(const FakeEnvoy::Received& received) {
    std::lock_guard lock(mutex_);
    for (const auto& [name, version] : received.resources) {
      if (version != version_ || missing_ == 0) continue;
      at_.push_back(received.at);
      if (--missing_ == 0) changed_.notify_all();
    }
  }
  std::vector<Clock_::time_point> Await() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return missing_ == 0; });
    std::sort(at_.begin(), at_.end());
    return at_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string version_;
  size_t missing_ = 0;
  std::vector<Clock_::time_point> at_;
};

struct Served {
  explicit Served(size_t services) {
    catalog.Publish(testing::SampleState(kShop, services));
    catalog.SetReady();
    AdsServerOptions options;
    options.plaintext_address = "127.0.0.1:0";
    options.new_streams_burst_of_peer = 1e9;
    server = std::move(*AdsServer::Start(options, &catalog));
  }
  FakeEnvoy::Options Proxy(size_t i) const {
    FakeEnvoy::Options options;
    options.port = server->plaintext_port();
    options.id = "w-" + std::to_string(i);
    return options;
  }
  Catalog catalog{Clock::System()};
  std::unique_ptr<AdsServer> server;
};

double Quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

// One route changes; how long until the proxies have it. Arguments: proxies, services.
void BM_ChangeToProxies(benchmark::State& state) {
  const auto proxies = static_cast<size_t>(state.range(0));
  const auto services = static_cast<size_t>(state.range(1));
  Served served(services);
  Arrivals arrivals;
  std::vector<std::unique_ptr<FakeEnvoy>> envoys;
  for (size_t i = 0; i < proxies; ++i) {
    FakeEnvoy::Options options = served.Proxy(i);
    options.on_response = [&](const FakeEnvoy::Received& received) { arrivals.OnResponse(received); };
    envoys.push_back(std::make_unique<FakeEnvoy>(options));
  }
  for (const auto& envoy : envoys) {
    if (!envoy->Await([&](const FakeEnvoy::State& s) { return s.Count(Type::kRoute) == services; })) {
      return state.SkipWithError("the first state did not arrive");
    }
  }
  std::vector<double> first, last;
  size_t revision = 0;
  for (auto _ : state) {
    Update update;
    const ResourcePtr changed = testing::SampleResource(Type::kRoute, revision % services, revision + 1);
    update.audiences[kShop].changed = {changed};
    ++revision;
    arrivals.Expect(changed->version(), proxies);
    const auto start = Clock_::now();
    served.catalog.Publish(update);
    const auto at = arrivals.Await();
    const auto us = [&](Clock_::time_point t) {
      return std::chrono::duration<double, std::micro>(t - start).count();
    };
    first.push_back(us(at.front()));
    last.push_back(us(at.back()));
    state.SetIterationTime(last.back() / 1e6);
  }
  state.counters["first_p50_us"] = Quantile(first, 0.5);
  state.counters["first_p99_us"] = Quantile(first, 0.99);
  state.counters["last_p50_us"] = Quantile(last, 0.5);
  state.counters["last_p99_us"] = Quantile(last, 0.99);
}
BENCHMARK(BM_ChangeToProxies)
    ->Args({1, 100})
    ->Args({20, 100})
    ->Args({100, 100})
    ->Args({1, 5000})
    ->UseManualTime()
    ->Iterations(1000)
    ->Unit(benchmark::kMicrosecond);

// All proxies at once, without or with what they had before. Arguments: proxies, services, 1: with versions.
void BM_Storm(benchmark::State& state) {
  const auto proxies = static_cast<size_t>(state.range(0));
  const auto services = static_cast<size_t>(state.range(1));
  Served served(services);
  FakeEnvoy::Versions held;
  if (state.range(2) == 1) {
    FakeEnvoy envoy(served.Proxy(0));
    envoy.Await([&](const FakeEnvoy::State& s) { return s.Count(Type::kRoute) == services; });
    held = envoy.versions();
  }
  size_t resent = 0;
  size_t revision = 0;
  for (auto _ : state) {
    Arrivals arrivals;
    const ResourcePtr marker = testing::SampleResource(Type::kListener, 0, ++revision);
    arrivals.Expect(marker->version(), proxies);
    Update update;
    update.audiences[kShop].changed = {marker};
    served.catalog.Publish(update);
    const auto start = Clock_::now();
    std::vector<std::unique_ptr<FakeEnvoy>> envoys;
    for (size_t i = 0; i < proxies; ++i) {
      FakeEnvoy::Options options = served.Proxy(i);
      options.held = held;
      options.on_response = [&](const FakeEnvoy::Received& received) { arrivals.OnResponse(received); };
      envoys.push_back(std::make_unique<FakeEnvoy>(options));
    }
    arrivals.Await();
    for (const auto& envoy : envoys) {
      envoy->Await([&](const FakeEnvoy::State& s) {
        return held[0].empty() ? s.Count(Type::kRoute) == services : true;
      });
    }
    state.SetIterationTime(std::chrono::duration<double>(Clock_::now() - start).count());
    for (const auto& envoy : envoys) resent += envoy->state().resources - 1;  // the marker
  }
  state.counters["clients"] =
      benchmark::Counter(static_cast<double>(proxies), benchmark::Counter::kIsIterationInvariantRate);
  state.counters["resources_per_client"] =
      static_cast<double>(resent) / static_cast<double>(proxies * static_cast<size_t>(state.iterations()));
}
BENCHMARK(BM_Storm)
    ->Args({20, 2500, 0})
    ->Args({100, 2500, 0})
    ->Args({100, 2500, 1})
    ->UseManualTime()
    ->Iterations(3)
    ->Unit(benchmark::kMillisecond);

// Without sockets: the catalog and the sessions alone. Argument: streams.
void BM_CatalogPublish(benchmark::State& state) {
  Catalog catalog(Clock::System());
  catalog.Publish(testing::SampleState(kShop, 2500));
  catalog.SetReady();
  std::vector<std::unique_ptr<Stream>> streams;
  const auto drain = [](Stream* stream) {
    while (std::optional<Response> response = stream->Next()) {
      Request answer;
      answer.type_url = TypeUrl(response->type);
      answer.response_nonce = response->nonce;
      (void)stream->OnRequest(answer);
    }
  };
  for (int64_t i = 0; i < state.range(0); ++i) {
    streams.push_back(catalog.Attach({"w-" + std::to_string(i), kShop, ""}, [] {}));
    Request request;
    request.type_url = TypeUrl(Type::kCluster);
    (void)streams.back()->OnRequest(request);
    drain(streams.back().get());
  }
  size_t revision = 0;
  for (auto _ : state) {
    ++revision;
    Update update;
    update.audiences[kShop].changed = {testing::SampleResource(Type::kCluster, revision % 2500, revision)};
    catalog.Publish(update);
    for (const auto& stream : streams) drain(stream.get());
  }
  state.counters["bytes_per_stream"] = static_cast<double>(streams[0]->memory_bytes());
}
BENCHMARK(BM_CatalogPublish)->Arg(1)->Arg(20)->Arg(100)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace fairlead::xds
