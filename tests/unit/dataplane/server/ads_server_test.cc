#include "dataplane/server/ads_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "envoy/service/discovery/v3/discovery.pb.h"
#include "tests/support/certificates.h"
#include "tests/support/process.h"
#include "tests/support/xds/fake_envoy.h"
#include "tests/support/xds/sample_state.h"

namespace fairlead::xds {
namespace {

using ::testing::ElementsAre;
using testing::FakeEnvoy;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::SampleName;
using testing::SamplePolicy;
using testing::SampleResource;
using testing::SampleState;
using ::testing::SizeIs;

constexpr size_t kServices = 50;
constexpr int kInvalidArgument = 3, kResourceExhausted = 8, kUnimplemented = 12, kUnavailable = 14;
const Audience kShop{"shop", "waypoint"};

struct Counts final : AdsMetrics {
  void OnStream(int change) override { streams += change; }
  void OnRefused() override { ++refused; }
  void OnPush(Type, size_t resources, size_t, size_t) override { pushed += resources; }
  void OnWritten(Type, std::chrono::nanoseconds since) override { since.count() >= 0 ? ++written : 0; }
  void OnAnswer(Type, bool accepted) override { ++(accepted ? acks : nacks); }
  std::atomic<int> streams = 0, refused = 0, written = 0, acks = 0, nacks = 0;
  std::atomic<size_t> pushed = 0;
};

bool IsWhole(const FakeEnvoy::State& s) { return s.Count(Type::kRoute) == kServices; }

class AdsServerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    catalog_.Publish(SampleState(kShop, kServices));
    catalog_.SetReady();
    Start({.plaintext_address = "127.0.0.1:0"});
  }
  void Start(AdsServerOptions options) {
    auto server = AdsServer::Start(std::move(options), &catalog_, &metrics_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  FakeEnvoy::Options Proxy(const std::string& id = "w-1") {
    FakeEnvoy::Options options;
    options.port = server_->plaintext_port();
    options.id = id;
    return options;
  }
  void Publish(std::vector<ResourcePtr> changed) {
    Update update;
    update.audiences[kShop].changed = std::move(changed);
    catalog_.Publish(update);
  }

  Catalog catalog_{Clock::System()};
  Counts metrics_;
  std::unique_ptr<AdsServer> server_;
};

TEST_F(AdsServerTest, AProxyGetsAllInOrderAndThenWhatChanges) {
  FakeEnvoy envoy(Proxy());
  ASSERT_TRUE(envoy.Await(IsWhole)) << catalog_.Dump();
  const FakeEnvoy::State state = envoy.state();
  EXPECT_EQ(state.Count(Type::kCluster), kServices);
  EXPECT_EQ(state.Count(Type::kEndpoints), kServices);
  EXPECT_EQ(state.Count(Type::kScopedRoute), kServices);
  EXPECT_EQ(state.resources, 4 * kServices + 1);

  const ResourcePtr route = SampleResource(Type::kRoute, 7, 1);
  Publish({route});
  ASSERT_TRUE(envoy.Await([&](const FakeEnvoy::State& s) {
    return s.held[static_cast<size_t>(Type::kRoute)].at("route-7") == route->version();
  }));
  EXPECT_EQ(envoy.state().resources, 4 * kServices + 2);
  EXPECT_EQ(metrics_.pushed, 4 * kServices + 2);
}

TEST_F(AdsServerTest, AHundredProxies) {
  constexpr int kProxies = 100;
  std::vector<std::unique_ptr<FakeEnvoy>> envoys;
  for (int i = 0; i < kProxies; ++i)
    envoys.push_back(std::make_unique<FakeEnvoy>(Proxy("w-" + std::to_string(i))));
  for (const auto& envoy : envoys) ASSERT_TRUE(envoy->Await(IsWhole)) << envoy->state().status_text;
  const ResourcePtr route = SampleResource(Type::kRoute, 3, 9);
  Publish({route});
  for (const auto& envoy : envoys) {
    ASSERT_TRUE(envoy->Await([&](const FakeEnvoy::State& s) {
      return s.held[static_cast<size_t>(Type::kRoute)].at("route-3") == route->version();
    }));
  }
  EXPECT_EQ(server_->streams(), kProxies);
  envoys.clear();
  server_->Shutdown(std::chrono::seconds(10));
  EXPECT_EQ(metrics_.streams, 0);
}

TEST_F(AdsServerTest, AReconnectWithVersionsIsSentNothing) {
  FakeEnvoy::Options again = Proxy();
  {
    FakeEnvoy envoy(Proxy());
    ASSERT_TRUE(envoy.Await(IsWhole));
    again.held = envoy.versions();
  }
  // A change that it can wait for, to know that the rest was not sent.
  Publish({SampleResource(Type::kEndpoints, 5, 1)});
  FakeEnvoy envoy(again);
  ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.resources > 0; }));
  EXPECT_EQ(envoy.state().resources, 1u);
  Publish({SampleResource(Type::kRoute, 5, 1)});
  ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.resources == 2; }));
}

// All answers so far have reached the catalog once a later one has.
void AwaitProgrammed(Catalog* catalog, const ObjectKey& object, int programmed) {
  std::mutex mutex;
  std::condition_variable changed;
  catalog->OnProgress([&](const std::set<ObjectKey>&) {
    std::lock_guard lock(mutex);
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  EXPECT_TRUE(changed.wait_for(lock, std::chrono::seconds(30), [&] {
    return catalog->CountFor(object, {{kShop, {}}}).programmed == programmed;
  }));
  lock.unlock();
  catalog->OnProgress([](const std::set<ObjectKey>&) {});
}

TEST_F(AdsServerTest, ARejectionReachesTheStatusWithTheProxysText) {
  FakeEnvoy::Options options = Proxy();
  options.reject = {"route-7"};
  FakeEnvoy envoy(options);
  ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.Count(Type::kRoute) == kServices - 1; }));
  Publish({SampleResource(Type::kRoute, 8, 1)});
  AwaitProgrammed(&catalog_, SamplePolicy(8), 1);
  EXPECT_THAT(
      catalog_.CountFor(SamplePolicy(7), {{kShop, {}}}).rejected,
      ElementsAre("shop/waypoint (w-1): Route route-7: Error adding/updating route-7: rejected by the test"));
  EXPECT_EQ(catalog_.CountFor(SamplePolicy(6), {{kShop, {}}}).programmed, 1);
  EXPECT_GT(metrics_.nacks, 0);
}

TEST_F(AdsServerTest, ASlowReaderCostsLittleAndGetsTheNewestState) {
  FakeEnvoy::Options options = Proxy("slow");
  options.stop_reading = true;
  FakeEnvoy slow(options);
  FakeEnvoy quick(Proxy("quick"));
  ASSERT_TRUE(quick.Await(IsWhole));
  constexpr size_t kChanges = 2000;
  for (size_t n = 1; n <= kChanges; ++n) Publish({SampleResource(Type::kCluster, n % kServices, n)});
  const ResourcePtr last = SampleResource(Type::kCluster, 0, kChanges);
  const auto has_last = [&](const FakeEnvoy::State& s) {
    const auto& clusters = s.held[static_cast<size_t>(Type::kCluster)];
    return clusters.contains("cluster-0") && clusters.at("cluster-0") == last->version();
  };
  ASSERT_TRUE(quick.Await(has_last));
  slow.ResumeReading();
  ASSERT_TRUE(slow.Await([&](const FakeEnvoy::State& s) { return has_last(s) && IsWhole(s); }));
  EXPECT_LT(slow.state().resources, kChanges) << "what was superseded before it could be sent is not sent";
}

TEST_F(AdsServerTest, AProxyThatNeverAnswersIsLaggingAndKeepsNobodyWaiting) {
  FakeEnvoy::Options options = Proxy("mute");
  options.hold_answers = true;
  FakeEnvoy mute(options);
  FakeEnvoy good(Proxy("good"));
  ASSERT_TRUE(good.Await(IsWhole));
  ASSERT_TRUE(mute.Await([](const FakeEnvoy::State& s) { return s.Count(Type::kEndpoints) == kServices; }));
  EXPECT_THAT(catalog_.CountFor(SamplePolicy(1), {{kShop, {"mute"}}}).lagging,
              ElementsAre("shop/waypoint (mute)"));
  mute.ReleaseAnswers();
  ASSERT_TRUE(mute.Await(IsWhole));
}

TEST_F(AdsServerTest, WhatIsWrongWithARequestIsSaid) {
  const auto ends_with = [&](FakeEnvoy::Options options, int code, const std::string& text) {
    FakeEnvoy envoy(std::move(options));
    ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.ended; }));
    EXPECT_EQ(envoy.state().status_code, code);
    EXPECT_THAT(envoy.state().status_text, HasSubstr(text));
  };
  FakeEnvoy::Options options = Proxy();
  options.cluster = "service-a";
  ends_with(options, kInvalidArgument, "node.cluster");
  options = Proxy();
  options.method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources";
  ends_with(options, kUnimplemented, "DELTA_GRPC");
  options.method = "/envoy.service.cluster.v3.ClusterDiscoveryService/DeltaClusters";
  ends_with(options, kUnimplemented, "only envoy.service.discovery.v3");

  FakeEnvoy envoy(Proxy());
  ASSERT_TRUE(envoy.Await(IsWhole));
  envoy.SendRaw("\xff\xff\xff\xff");
  ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.ended; }));
  EXPECT_EQ(envoy.state().status_code, kInvalidArgument);
  EXPECT_THAT(envoy.state().status_text, HasSubstr("not a DeltaDiscoveryRequest"));
}

TEST_F(AdsServerTest, LimitsOfSizesStreamsAndRates) {
  AdsServerOptions limits;
  limits.plaintext_address = "127.0.0.1:0";
  limits.max_request_bytes = 4096;
  limits.max_streams = 2;
  limits.max_requests_unanswered = 20;
  Start(limits);
  FakeEnvoy first(Proxy("w-1")), second(Proxy("w-2"));
  ASSERT_TRUE(first.Await(IsWhole) && second.Await(IsWhole));
  FakeEnvoy third(Proxy("w-3"));
  ASSERT_TRUE(third.Await([](const FakeEnvoy::State& s) { return s.ended; }));
  EXPECT_THAT(third.state().status_text, HasSubstr("too many streams"));

  first.SendRaw(std::string(5000, '\0'));
  ASSERT_TRUE(first.Await([](const FakeEnvoy::State& s) { return s.ended; }));
  EXPECT_EQ(first.state().status_code, kResourceExhausted);

  envoy::service::discovery::v3::DeltaDiscoveryRequest idle;
  idle.set_type_url("type.googleapis.com/envoy.service.runtime.v3.Runtime");
  for (int i = 0; i < 50; ++i) second.SendRaw(idle.SerializeAsString());
  ASSERT_TRUE(second.Await([](const FakeEnvoy::State& s) { return s.ended; }));
  EXPECT_THAT(second.state().status_text, HasSubstr("ask for nothing"));
}

TEST_F(AdsServerTest, ShutdownTellsTheProxiesToGoElsewhere) {
  FakeEnvoy envoy(Proxy());
  ASSERT_TRUE(envoy.Await(IsWhole));
  server_->Shutdown(std::chrono::seconds(10));
  ASSERT_TRUE(envoy.Await([](const FakeEnvoy::State& s) { return s.ended; }));
  EXPECT_EQ(envoy.state().status_code, kUnavailable);
  EXPECT_EQ(metrics_.streams, 0);
}

TEST_F(AdsServerTest, PlaintextIsServedOnLoopbackOnlyAndABusyPortIsNamed) {
  const auto refused = AdsServer::Start({.plaintext_address = "0.0.0.0:0"}, &catalog_);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message, HasSubstr("--xds-plaintext-bind-address"));
  const auto busy = AdsServer::Start(
      {.plaintext_address = "127.0.0.1:" + std::to_string(server_->plaintext_port())}, &catalog_);
  ASSERT_FALSE(busy);
  EXPECT_THAT(busy.error().message, HasSubstr("cannot listen on"));
  EXPECT_FALSE(AdsServer::Start({}, &catalog_));
  const auto no_files =
      AdsServer::Start({.tls_address = "127.0.0.1:0", .tls_certificate = "/nowhere"}, &catalog_);
  ASSERT_FALSE(no_files);
  EXPECT_THAT(no_files.error().message, HasSubstr("/nowhere"));
}

TEST_F(AdsServerTest, TlsNeedsAClientCertificateOfTheRightCa) {
  testing::TempDir dir;
  testing::TestCa ca("mesh"), other("other");
  const testing::KeyPair server_pair =
      ca.Issue({.common_name = "xds", .dns = {"localhost"}, .ip = {"127.0.0.1"}});
  testing::WriteFile(dir.path() + "/tls.crt", server_pair.certificate_pem);
  testing::WriteFile(dir.path() + "/tls.key", server_pair.key_pem);
  testing::WriteFile(dir.path() + "/ca.crt", ca.certificate_pem());
  AdsServerOptions options;
  options.tls_address = "127.0.0.1:0";
  options.tls_certificate = dir.path() + "/tls.crt";
  options.tls_key = dir.path() + "/tls.key";
  options.tls_client_ca = dir.path() + "/ca.crt";
  Start(options);

  const auto client = [&](const testing::KeyPair& pair) {
    FakeEnvoy::Options proxy;
    proxy.port = server_->tls_port();
    proxy.tls_ca = ca.certificate_pem();
    proxy.tls_certificate = pair.certificate_pem;
    proxy.tls_key = pair.key_pem;
    return proxy;
  };
  FakeEnvoy good(client(ca.Issue({.common_name = "w-1"})));
  EXPECT_TRUE(good.Await(IsWhole)) << good.state().status_text;
  for (const testing::KeyPair& pair : {testing::KeyPair{}, other.Issue({.common_name = "w-1"})}) {
    FakeEnvoy bad(client(pair));
    EXPECT_TRUE(bad.Await([](const FakeEnvoy::State& s) { return s.ended; }));
    EXPECT_EQ(bad.state().status_code, kUnavailable);
    EXPECT_EQ(bad.state().responses, 0u);
  }
}

}  // namespace
}  // namespace fairlead::xds
