#include "tests/integration/envoy/waypoint.h"

#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "dataplane/xds/catalog.h"

namespace fairlead::testing {
namespace {

using namespace reconcilers;  // NOLINT: the model's words
using SteadyClock = std::chrono::steady_clock;

const NamespacedName kName{"shop", "waypoint"};
constexpr uint16_t kPort = 80;
constexpr std::chrono::seconds kPatience{60};

ObjectKey KeyOf(const std::string& service) { return {Kind::kService, kName.ns, service}; }

}  // namespace

SampleService::SampleService(const std::string& name) {
  EffectiveRule rule;
  rule.route = {Kind::kHTTPRoute, kName.ns, name};
  rule.backends = {BackendOf(name)};
  model.key = KeyOf(name);
  model.hostnames = {name};
  model.waypoint = kName;
  model.ports = {{kPort, "http", Protocol::kHttp, {std::move(rule)}, {RouteEntry{}}}};
  endpoints.destination = {model.key, kPort};
}

SampleService& SampleService::At(const std::vector<int>& ports) {
  endpoints.endpoints.clear();
  for (int p : ports) {
    EffectiveEndpoint endpoint;
    endpoint.address = "127.0.0.1";
    endpoint.port = static_cast<uint16_t>(p);
    endpoints.endpoints.push_back(endpoint);
  }
  return *this;
}

SampleService& SampleService::With(EffectivePolicy policy) {
  rule().policy = std::move(policy);
  return *this;
}

SampleService& SampleService::Speaking(Protocol protocol) {
  port().protocol = protocol;
  rule().backends[0].protocol = protocol;
  return *this;
}

Backend BackendOf(const std::string& service, uint32_t weight) {
  return {Destination{KeyOf(service), kPort}, Protocol::kHttp, weight, {}, ""};
}

EffectiveRetries RetriesOn(std::vector<api::RetryOn> on, int attempts) {
  EffectiveRetries retries;
  retries.attempts.value = attempts;
  retries.on.value = std::move(on);
  retries.backoff_base.value = Duration::Milliseconds(1);
  retries.backoff_max.value = Duration::Milliseconds(10);
  retries.budget_percent.value = 100;
  retries.budget_min_per_second.value = 100;
  return retries;
}

EffectivePolicy PolicyWith(EffectiveRetries retries) {
  EffectivePolicy policy;
  policy.retries = std::move(retries);
  return policy;
}

class Waypoint::PushCounter : public xds::AdsMetrics {
 public:
  void OnStream(int) override {}
  void OnRefused() override {}
  void OnPush(xds::Type, size_t resources, size_t, size_t) override { resources_ += resources; }
  void OnWritten(xds::Type, std::chrono::nanoseconds) override {}
  void OnAnswer(xds::Type, bool) override {
    { const std::lock_guard lock(mutex_); }
    changed_.notify_all();
  }
  size_t resources() const { return resources_; }

  bool Await(const std::function<bool()>& holds) {
    const auto deadline = SteadyClock::now() + kPatience;
    while (!holds()) {
      if (SteadyClock::now() >= deadline) return false;
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, std::chrono::milliseconds(20));
    }
    return true;
  }

 private:
  std::atomic<size_t> resources_{0};
  std::mutex mutex_;
  std::condition_variable changed_;
};

std::unique_ptr<Waypoint> Waypoint::Start(const std::string& region, const std::string& zone,
                                          const std::string& pod) {
  std::unique_ptr<Waypoint> out(new Waypoint());
  out->port_ = FreePort();
  out->planner_ =
      std::make_unique<envoy::Planner>(envoy::PlannerOptions{"127.0.0.1", static_cast<uint16_t>(out->port_)});
  out->served_.waypoints[kName] = std::make_shared<const EffectiveWaypoint>(EffectiveWaypoint{kName, "test"});
  out->StartServer();
  auto envoy = Envoy::Start(
      {.xds_port = out->xds_port_, .id = pod, .cluster = kName.ToString(), .region = region, .zone = zone});
  EXPECT_TRUE(envoy) << envoy.error().message;
  if (!envoy) return nullptr;
  out->envoy_ = std::move(*envoy);
  const auto listening = out->envoy_->AwaitListener(out->port_);
  EXPECT_TRUE(listening) << listening.error().message;
  out->client_ = std::make_unique<HttpClient>("127.0.0.1", out->port_);
  return out;
}

Waypoint::~Waypoint() {
  envoy_.reset();
  StopServer();
}

void Waypoint::StopServer() {
  if (server_) server_->Shutdown(std::chrono::milliseconds(500));
  server_.reset();
}

void Waypoint::StartServer() {
  pushes_ = std::make_unique<PushCounter>();
  catalog_ = std::make_unique<xds::Catalog>(Clock::System());
  planner_ =
      std::make_unique<envoy::Planner>(envoy::PlannerOptions{"127.0.0.1", static_cast<uint16_t>(port_)});
  catalog_->Publish(planner_->Plan(served_));
  catalog_->SetReady();
  auto server = xds::AdsServer::Start({.plaintext_address = "127.0.0.1:" + std::to_string(xds_port_)},
                                      catalog_.get(), pushes_.get());
  ASSERT_TRUE(server) << server.error().message;
  server_ = std::move(*server);
  xds_port_ = server_->plaintext_port();
}

size_t Waypoint::pushed() const { return pushes_->resources(); }

void Waypoint::Publish(const std::vector<SampleService>& services) {
  Delta delta;
  for (const SampleService& service : services) {
    delta.services[service.model.key] = std::make_shared<const EffectiveService>(service.model);
    delta.endpoints[service.endpoints.destination] =
        std::make_shared<const EffectiveEndpoints>(service.endpoints);
  }
  Publish(delta);
}

void Waypoint::Publish(const Delta& delta) {
  for (const auto& [key, value] : delta.services) served_.services[key] = value;
  for (const auto& [key, value] : delta.endpoints) served_.endpoints[key] = value;
  for (const auto& [key, value] : delta.waypoints) served_.waypoints[key] = value;
  catalog_->Publish(planner_->Plan(delta));
}

bool Waypoint::AwaitProgrammed() {
  const bool done = Await([this] {
    const std::vector<xds::ProxyProgress> proxies = catalog_->Proxies();
    return proxies.size() == 1 && proxies[0].connected && proxies[0].pending.empty() &&
           proxies[0].acknowledged == planner_->ResourcesOf(kName).size();
  });
  EXPECT_TRUE(done) << catalog_->Dump() << envoy_->Log();
  return done;
}

void Waypoint::Serve(const std::vector<SampleService>& services) {
  Publish(services);
  AwaitProgrammed();
}

bool Waypoint::Await(const std::function<bool()>& holds) { return pushes_->Await(holds); }

HttpAnswer Waypoint::Call(HttpQuestion question) { return client_->Call(question); }

LoadResult Waypoint::Load(const HttpQuestion& question, const LoadPlan& plan) {
  return RunLoad("127.0.0.1", port_, question, plan);
}

}  // namespace fairlead::testing
