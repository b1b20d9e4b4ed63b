// Each timeout field, with real traffic. Bounds are one-sided or wide: a loaded machine is slow, never fast.
#include <gtest/gtest.h>

#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"

namespace fairlead::testing {
namespace {

using namespace std::chrono_literals;
using namespace reconcilers;  // NOLINT: the model's words

constexpr auto kTick = 20ms;  // Envoy's timers count from the start of its event loop's turn

class Timeouts : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    backend_ = *Backend::Start("ratings-1");
    service_.At({backend_->port()});
  }

  HttpAnswer CallWith(const EffectivePolicy& policy, const std::string& method = "GET") {
    waypoint_->Serve(service_.With(policy));
    backend_->Forget();
    return waypoint_->Call({.method = method, .host = "ratings"});
  }

  std::unique_ptr<Waypoint> waypoint_;
  std::unique_ptr<Backend> backend_;
  SampleService service_{"ratings"};
};

TEST_F(Timeouts, RequestTimeoutEndsTheRequest) {
  backend_->Set({.slow = 20s});
  EffectivePolicy policy;
  policy.request_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  const HttpAnswer answer = CallWith(policy);
  EXPECT_EQ(answer.status, 504);
  EXPECT_GE(answer.latency, 300ms - kTick);
  EXPECT_LT(answer.latency, 15s);
  EXPECT_EQ(backend_->Count(), 1u);
}

TEST_F(Timeouts, RequestTimeoutIsForAllTries) {
  backend_->Set({.slow = 20s});
  EffectivePolicy policy = PolicyWith(RetriesOn({api::RetryOn::kGatewayError}, 10));
  policy.request_timeout = Sourced<Duration>{Duration::Milliseconds(1500), {}};
  policy.retries->per_try_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  const HttpAnswer answer = CallWith(policy);
  EXPECT_EQ(answer.status, 504);
  EXPECT_GE(answer.latency, 1500ms - kTick);
  EXPECT_LE(backend_->Count(), 6u) << "not all eleven tries";
  EXPECT_GE(backend_->Count(), 2u);
}

TEST_F(Timeouts, OfGrpcIsUnavailable) {
  backend_->Set({.slow = 20s});
  EffectivePolicy policy;
  policy.request_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  waypoint_->Serve(service_.With(policy));
  HttpAnswer answer = waypoint_->Call(
      {.method = "POST", .host = "ratings", .headers = {{"content-type", "application/grpc"}}});
  EXPECT_EQ(answer.headers["grpc-status"], "14") << "UNAVAILABLE, as Envoy translates 504";
}

TEST_F(Timeouts, ZeroIsNone) {
  backend_->Set({.slow = 500ms});
  EffectivePolicy policy;
  policy.request_timeout = Sourced<Duration>{Duration(), {}};
  policy.idle_timeout = Sourced<Duration>{Duration(), {}};
  EXPECT_EQ(CallWith(policy).status, 200);
}

TEST_F(Timeouts, IdleTimeoutEndsASilentStream) {
  backend_->Set({.slow = 20s});
  EffectivePolicy policy;
  policy.idle_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  const HttpAnswer answer = CallWith(policy);
  EXPECT_EQ(answer.status, 504);
  EXPECT_GE(answer.latency, 300ms - kTick);
  EXPECT_LT(answer.latency, 15s);
}

TEST_F(Timeouts, PerTryTimeoutMovesOnToAnotherEndpoint) {
  auto quick = *Backend::Start("ratings-2");
  service_.At({backend_->port(), quick->port()});
  backend_->Set({.slow = 20s});
  EffectiveRetries retries = RetriesOn({api::RetryOn::kGatewayError}, 5);
  retries.per_try_timeout = Sourced<Duration>{Duration::Milliseconds(250), {}};
  waypoint_->Serve(service_.With(PolicyWith(retries)));
  for (int sent = 0; backend_->Count() == 0 && sent < 50;
       ++sent) {  // until one picked the slow endpoint first
    ASSERT_EQ(waypoint_->Call({.host = "ratings"}).status, 200);
  }
  EXPECT_GT(backend_->Count(), 0u);
}

TEST_F(Timeouts, PerTryTimeoutOfAPostIsTheEndOfIt) {
  backend_->Set({.slow = 20s});
  EffectiveRetries retries = RetriesOn({api::RetryOn::kConnectFailure, api::RetryOn::kRefusedStream,
                                        api::RetryOn::kResetBeforeRequest, api::RetryOn::kGatewayError});
  retries.per_try_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  const HttpAnswer answer = CallWith(PolicyWith(retries), "POST");
  EXPECT_EQ(answer.status, 504);
  EXPECT_GE(answer.latency, 300ms - kTick);
  EXPECT_EQ(backend_->Count("POST"), 1u) << "it may have been carried out";
}

TEST_F(Timeouts, PerTryTimeoutHoldsForAPostThatIsNeverTriedAgain) {
  backend_->Set({.slow = 20s});
  EffectiveRetries retries = RetriesOn({api::RetryOn::kGatewayError});
  retries.per_try_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  const HttpAnswer answer = CallWith(PolicyWith(retries), "POST");
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(backend_->Count("POST"), 1u);
}

TEST_F(Timeouts, AClientCannotOverrideThem) {
  backend_->Set({.slow = 20s});
  EffectivePolicy policy;
  policy.request_timeout = Sourced<Duration>{Duration::Milliseconds(300), {}};
  waypoint_->Serve(service_.With(policy));
  const HttpAnswer answer =
      waypoint_->Call({.host = "ratings", .headers = {{"x-envoy-upstream-rq-timeout-ms", "60000"}}});
  EXPECT_EQ(answer.status, 504);
  EXPECT_LT(answer.latency, 15s);
}

}  // namespace
}  // namespace fairlead::testing
