// The operator as a whole, in this process, with all of its threads at work at once: against the embedded API
// server, with a proxy, while it is asked for its pages and its connections are cut. What a sanitizer has to
// say of it is the point.
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "operator/app/app.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/http_client.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/support/process.h"
#include "tests/support/xds/fake_envoy.h"

namespace fairlead::app {
namespace {

using apiserver::At;
using apiserver::TextAt;
using apiserver::Value;

constexpr int kPolicies = 8;
constexpr char kPolicyApi[] = "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies/";

std::string ShopYaml(const std::string& gateway_class) {
  return "{apiVersion: v1, kind: Namespace, metadata: {name: fairlead-system}}\n---\n"
         "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: "
         "waypoint}}}\n---\n"
         "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: "
         "shop}\n"
         "spec: {gatewayClassName: " +
         gateway_class + ", listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n";
}
std::string ServiceYaml(int i) {
  return "{apiVersion: v1, kind: Service, metadata: {name: s" + std::to_string(i) +
         ", namespace: shop}, spec: {ports: [{name: http, port: 8080, appProtocol: http}]}}\n";
}
std::string PolicyYaml(int i, int seconds) {
  const std::string name = "s" + std::to_string(i);
  return "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: " + name +
         ", namespace: shop}, spec: {targetRefs: [{group: \"\", kind: Service, name: " + name +
         "}], timeouts: {request: " + std::to_string(seconds) + "s}}}\n";
}

class WholeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<std::unique_ptr<apiserver::ApiServer>> server = apiserver::ApiServer::Start({});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    server_->audit().OnRecord([this](const apiserver::AuditRecord&) { Ring(); });
    for (const char* file : {"gateway-standard.yaml", "istio.yaml"}) {
      const Result<void> applied = server_->ApplyFiles(testing::CrdFile(file));
      ASSERT_TRUE(applied) << applied.error().message;
    }
    for (const std::string& manifest : CrdManifests()) Apply(manifest);
  }
  void TearDown() override {
    proxy_.reset();
    app_.reset();
    server_->Stop();
  }

  void StartApp(bool istio) {
    Options options;
    options.leader_elect = true;
    options.identity = "whole";
    options.istio_mode = istio;
    options.metrics = options.health = options.xds_plaintext = BindAddress{"127.0.0.1", 0};
    kube::ConfigSources sources;
    sources.kubeconfig = directory_ / "kubeconfig";
    testing::WriteFile(sources.kubeconfig, server_->kubeconfig());
    const Result<kube::ClusterConfig> cluster = kube::LoadConfig(sources);
    ASSERT_TRUE(cluster) << cluster.error().message;
    app_ = std::make_unique<App>(options, *cluster);
    const Result<void> started = app_->Start();
    ASSERT_TRUE(started) << started.error().message;
    testing::FakeEnvoy::Options proxy;
    proxy.port = app_->xds_plaintext_port();
    proxy.on_response = [this](const testing::FakeEnvoy::Received&) { Ring(); };
    proxy_ = std::make_unique<testing::FakeEnvoy>(std::move(proxy));
  }

  void Apply(const std::string& yaml) {
    Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
    ASSERT_TRUE(documents) << documents.error().message;
    for (const YamlDocument& document : *documents) {
      const apiserver::Outcome<Value> applied = server_->Apply(*apiserver::ParseJson(document.json));
      ASSERT_TRUE(applied) << applied.error().message;
    }
  }
  void Delete(int i) {
    apiserver::Request request;
    request.method = "DELETE";
    request.target = kPolicyApi + ("s" + std::to_string(i));
    EXPECT_EQ(server_->api().Handle(request).code, 200);
  }

  // The reason of Programmed for the present generation of each policy.
  bool AllAre(const std::string& reason) {
    for (int i = 0; i < kPolicies; ++i) {
      const apiserver::Outcome<Value> policy =
          server_->Read("fairlead.dev/v1alpha1", "RetryTimeoutPolicy", "shop", "s" + std::to_string(i));
      if (!policy) return false;
      bool found = false;
      for (const Value& c : At(*policy, {"status", "conditions"})) {
        found = found || (TextAt(c, "type") == "Programmed" && TextAt(c, "reason") == reason &&
                          c["observedGeneration"] == At(*policy, {"metadata", "generation"}));
      }
      if (!found) return false;
    }
    return true;
  }

  void Ring() {
    const std::lock_guard lock(mutex_);
    ++rings_;
    rang_.notify_all();
  }
  bool Await(const std::function<bool()>& condition) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (true) {
      std::unique_lock lock(mutex_);
      const uint64_t seen = rings_;
      lock.unlock();
      if (condition()) return true;
      lock.lock();
      if (!rang_.wait_until(lock, deadline, [&] { return rings_ != seen; })) return false;
    }
  }

  // Asks for all pages, over and over, until it is told to end.
  void ReadPages(const std::stop_token& stop) {
    testing::HttpClient metrics("127.0.0.1", app_->metrics_port()), health("127.0.0.1", app_->health_port());
    while (!stop.stop_requested()) {
      EXPECT_EQ(metrics.Call({.path = "/metrics"}).status, 200);
      EXPECT_EQ(metrics.Call({.path = "/debug/dump"}).status, 200);
      EXPECT_NE(health.Call({.path = "/readyz"}).status, 0);
    }
  }

  testing::TempDir directory_;
  std::unique_ptr<apiserver::ApiServer> server_;
  std::unique_ptr<App> app_;
  std::unique_ptr<testing::FakeEnvoy> proxy_;
  std::mutex mutex_;
  std::condition_variable rang_;
  uint64_t rings_ = 0;
};

TEST_F(WholeTest, EverythingAtOnce) {
  Apply(ShopYaml("fairlead-waypoint"));
  StartApp(false);
  std::jthread reader([this](const std::stop_token& stop) { ReadPages(stop); });
  for (int round = 1; round <= 3; ++round) {
    for (int i = 0; i < kPolicies; ++i) Apply(ServiceYaml(i) + "---\n" + PolicyYaml(i, round));
    if (round == 2) server_->DropConnections();
    Delete(round);
    Apply(PolicyYaml(round, round));
  }
  EXPECT_TRUE(Await([this] { return AllAre("Programmed"); }));
  EXPECT_EQ(proxy_->state().Count(xds::Type::kRoute), static_cast<size_t>(kPolicies));
  EXPECT_EQ(proxy_->state().rejections, 0u);
}

TEST_F(WholeTest, IstioMode) {
  Apply(ShopYaml("istio-waypoint"));
  for (int i = 0; i < kPolicies; ++i) Apply(ServiceYaml(i) + "---\n" + PolicyYaml(i, 1));
  StartApp(true);
  std::jthread reader([this](const std::stop_token& stop) { ReadPages(stop); });
  for (int i = 0; i < kPolicies; ++i) Apply(PolicyYaml(i, 2));
  server_->DropConnections();
  const auto timeout = [this](int i) {
    const apiserver::Outcome<Value> routes =
        server_->Read("networking.istio.io/v1", "VirtualService", "shop", "fairlead-s" + std::to_string(i));
    return routes ? TextAt(At(*routes, {"spec", "http"})[0], "timeout") : "";
  };
  EXPECT_TRUE(Await([&] {
    for (int i = 0; i < kPolicies; ++i) {
      if (timeout(i) != "2s") return false;
    }
    return AllAre("Reconciling");
  }));
}

// It ends in the middle of its work, with nothing left behind.
TEST_F(WholeTest, StopsWhileItWorks) {
  Apply(ShopYaml("fairlead-waypoint"));
  for (int i = 0; i < kPolicies; ++i) Apply(ServiceYaml(i) + "---\n" + PolicyYaml(i, 1));
  StartApp(false);
  EXPECT_TRUE(Await([this] { return !server_->audit().Writes("fairlead-operator").empty(); }));
  app_->Stop();
  const size_t writes = server_->audit().Writes("fairlead-operator").size();
  for (int i = 0; i < kPolicies; ++i) Apply(PolicyYaml(i, 2));
  EXPECT_EQ(server_->audit().Writes("fairlead-operator").size(), writes);
}

}  // namespace
}  // namespace fairlead::app
