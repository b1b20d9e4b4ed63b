// Changes under traffic: nothing fails that would not have failed anyway.
#include <envoy/config/route/v3/route.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"

namespace fairlead::testing {
namespace {

using namespace std::chrono_literals;
using namespace reconcilers;  // NOLINT: the model's words

class Updates : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    for (int i = 0; i < 3; ++i) backends_.push_back(*Backend::Start("shop-" + std::to_string(i)));
    shop_.At({backends_[0]->port()});
  }

  // Requests go on while `change` runs; returns what became of them.
  LoadResult Under(const std::function<void()>& change) {
    LoadResult result;
    std::jthread load([&] {
      HttpClient client("127.0.0.1", waypoint_->port());
      while (!done_) {
        result.answers.push_back(client.Call({.host = "shop"}));
        ++result.by_status[result.answers.back().status];
        ++answered_;
      }
    });
    waypoint_->Await([this] { return answered_ > 0; });
    change();
    const int last = answered_;
    waypoint_->Await([&] { return answered_ > last; });
    done_ = true;
    load.join();
    return result;
  }

  EffectivePolicy PolicyNumber(int n) {
    EffectivePolicy policy = PolicyWith(RetriesOn({api::RetryOn::kGatewayError}));
    policy.retries->budget_percent.value = 10 + n % 3;
    policy.request_timeout = Sourced<Duration>{Duration::Seconds(20 + n), {}};
    return policy;
  }

  std::unique_ptr<Waypoint> waypoint_;
  std::vector<std::unique_ptr<Backend>> backends_;
  SampleService shop_{"shop"};
  std::atomic<bool> done_{false};
  std::atomic<int> answered_{0};
};

TEST_F(Updates, APolicyThatChangesUnderTrafficCostsNoRequest) {
  waypoint_->Serve(shop_);
  const LoadResult result = Under([this] {
    for (int n = 0; n < 30; ++n) waypoint_->Serve(shop_.With(PolicyNumber(n)));  // each with another cluster
  });
  EXPECT_EQ(result.failures(), 0) << result.Summary();
  EXPECT_EQ(result.Count(200), result.sent()) << result.Summary();
}

TEST_F(Updates, AChangeOfTimeoutSendsOneResource) {
  waypoint_->Serve(shop_);
  const size_t before = waypoint_->pushed();
  EffectivePolicy policy;
  policy.request_timeout = Sourced<Duration>{Duration::Seconds(7), {}};
  waypoint_->Serve(shop_.With(policy));
  EXPECT_EQ(waypoint_->pushed() - before, 1u);
}

TEST_F(Updates, ANewClusterNeedsNoWait) {
  waypoint_->Serve(shop_);
  const auto before = std::chrono::steady_clock::now();
  waypoint_->Serve(shop_.With(PolicyNumber(0)));
  EXPECT_LT(std::chrono::steady_clock::now() - before, 10s) << "Envoy would give up on endpoints after 15 s";
}

TEST_F(Updates, ARouteMovesToAnotherServiceUnderTraffic) {
  SampleService v2("shop-v2");
  v2.At({backends_[1]->port()});
  waypoint_->Serve(shop_);
  const LoadResult result = Under([&] {
    for (uint32_t weight : {10u, 50u, 100u}) {
      shop_.rule().backends = {BackendOf("shop", 100 - weight), BackendOf("shop-v2", weight)};
      waypoint_->Serve({shop_, v2});
    }
  });
  EXPECT_EQ(result.Count(200), result.sent()) << result.Summary();
  EXPECT_GT(backends_[1]->Count(), 0u);
}

TEST_F(Updates, EndpointsComeAndGoUnderTraffic) {
  waypoint_->Serve(shop_);
  const LoadResult result = Under([this] {
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 3; ++i) {
        waypoint_->Serve(shop_.At({backends_[static_cast<size_t>(i)]->port()}));
        waypoint_->Serve(shop_.At({backends_[0]->port(), backends_[1]->port(), backends_[2]->port()}));
      }
    }
  });
  EXPECT_EQ(result.Count(200), result.sent()) << result.Summary();
  EXPECT_GT(backends_[2]->Count(), 0u);
}

TEST_F(Updates, WhatEnvoyRejectsLeavesTheLastGoodInForce) {
  waypoint_->Serve(shop_);
  // A route without a match: the encoder never makes one, so it is put past it.
  ::envoy::config::route::v3::RouteConfiguration broken;
  broken.set_name("shop/shop|80");
  broken.add_virtual_hosts()->set_name("all");
  broken.mutable_virtual_hosts(0)->add_domains("*");
  broken.mutable_virtual_hosts(0)->add_routes();
  const ObjectKey policy{Kind::kRetryTimeoutPolicy, "shop", "broken"};
  xds::Update bad;
  bad.audiences[{"shop", "waypoint"}].changed = {
      xds::MakeResource({xds::Type::kRoute, broken.name()}, broken.SerializeAsString(), {}, {{policy, 1}})};
  waypoint_->catalog().Publish(bad);
  const auto rejected = [this] { return !waypoint_->catalog().Proxies()[0].rejected.empty(); };
  ASSERT_TRUE(waypoint_->Await(rejected)) << waypoint_->catalog().Dump();
  const auto counts = waypoint_->catalog().CountFor(policy, {{{"shop", "waypoint"}, {}}});
  EXPECT_EQ(counts.programmed, 0);
  ASSERT_EQ(counts.rejected.size(), 1u);
  EXPECT_THAT(counts.rejected[0], ::testing::HasSubstr("RouteValidationError"));
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 200) << "the last good";
  waypoint_->Serve(shop_.With(PolicyNumber(1)));
  EXPECT_TRUE(waypoint_->catalog().Proxies()[0].rejected.empty());
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 200);
}

TEST_F(Updates, TheControlPlaneMayRestartUnderTraffic) {
  waypoint_->Serve(shop_);
  const LoadResult result = Under([this] {
    waypoint_->StopServer();
    waypoint_->StartServer();
    EXPECT_TRUE(waypoint_->AwaitProgrammed());
  });
  EXPECT_EQ(result.Count(200), result.sent()) << result.Summary();
  EXPECT_EQ(waypoint_->pushed(), 0u) << "Envoy told what it has, and it was current";
  waypoint_->Serve(shop_.With(PolicyNumber(2)));
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 200);
}

TEST_F(Updates, AServiceThatGoesIsNoMore) {
  SampleService other("other");
  other.At({backends_[1]->port()});
  waypoint_->Serve({shop_, other});
  EXPECT_EQ(waypoint_->Call({.host = "other"}).status, 200);
  other.model.waypoint.reset();
  waypoint_->Publish({other});
  EXPECT_TRUE(waypoint_->Await([this] { return waypoint_->Call({.host = "other"}).status == 404; }));
  EXPECT_TRUE(waypoint_->Await(
      [this] { return waypoint_->envoy().Admin("/clusters").find("shop/other|80") == std::string::npos; }));
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 200);
}

}  // namespace
}  // namespace fairlead::testing
