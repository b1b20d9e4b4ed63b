// Each field of retries, with real traffic: what reached the backends is counted there.
#include <gtest/gtest.h>

#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"
#include "tests/support/backend/odd_peers.h"

namespace fairlead::testing {
namespace {

using namespace std::chrono_literals;
using namespace reconcilers;  // NOLINT: the model's words
using api::RetryMethods;
using api::RetryOn;

class Retrying : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    backend_ = *Backend::Start("ratings-1");
    service_.At({backend_->port()});
  }

  HttpAnswer Call(const std::string& method, std::vector<std::pair<std::string, std::string>> headers = {}) {
    backend_->Forget();
    return waypoint_->Call({.method = method, .host = "ratings", .headers = std::move(headers), .body = "x"});
  }
  void Serve(const EffectiveRetries& retries) { waypoint_->Serve(service_.With(PolicyWith(retries))); }

  std::unique_ptr<Waypoint> waypoint_;
  std::unique_ptr<Backend> backend_;
  SampleService service_{"ratings"};
};

TEST_F(Retrying, AttemptsAreRetriesAfterTheFirstTry) {
  backend_->Set({.fail_every = 1});
  Serve(RetriesOn({RetryOn::kGatewayError}, 3));
  EXPECT_EQ(Call("GET").status, 503);
  EXPECT_EQ(backend_->Count(), 4u);
}

TEST_F(Retrying, WithoutRetriesOneTryIsAll) {
  backend_->Set({.fail_every = 1});
  EffectivePolicy off;
  off.retries_off = Sourced<int>{0, {}};
  waypoint_->Serve(service_.With(off));
  EXPECT_EQ(Call("GET").status, 503);
  EXPECT_EQ(backend_->Count(), 1u);
}

TEST_F(Retrying, RetriesCureOccasionalFailures) {
  backend_->Set({.fail_every = 3});
  Serve(RetriesOn({RetryOn::kGatewayError}));
  const LoadResult result = waypoint_->Load({.host = "ratings"}, {.requests = 60});
  EXPECT_EQ(result.Count(200), 60) << result.Summary();
  EXPECT_GT(backend_->Count(), 60u);
}

TEST_F(Retrying, ByDefaultAPostIsNeverRepeated) {
  backend_->Set({.fail_every = 1});
  Serve(RetriesOn({RetryOn::kConnectFailure, RetryOn::kRefusedStream, RetryOn::kResetBeforeRequest,
                   RetryOn::kGatewayError, RetryOn::kHttp5xx, RetryOn::kReset}));
  EXPECT_EQ(Call("POST").status, 503);
  EXPECT_EQ(backend_->Count(), 1u);
  EXPECT_EQ(Call("PATCH").status, 503);
  EXPECT_EQ(backend_->Count(), 1u);
  for (const char* method : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(Call(method).status, 503) << method;
    EXPECT_EQ(backend_->Count(), 3u) << method;
  }
}

TEST_F(Retrying, APostThatDiedInTheBackendIsNeverRepeated) {
  backend_->Set({.reset_every = 1});
  Serve(RetriesOn({RetryOn::kConnectFailure, RetryOn::kRefusedStream, RetryOn::kResetBeforeRequest,
                   RetryOn::kGatewayError, RetryOn::kHttp5xx, RetryOn::kReset}));
  EXPECT_EQ(Call("POST").status, 503);
  EXPECT_EQ(backend_->Count(), 1u);
  EXPECT_EQ(Call("GET").status, 503);
  EXPECT_EQ(backend_->Count(), 3u);
}

TEST_F(Retrying, MethodsAllRepeatsAPost) {
  backend_->Set({.fail_every = 1});
  EffectiveRetries retries = RetriesOn({RetryOn::kGatewayError});
  retries.methods.value.choice = RetryMethods::Choice::kAll;
  Serve(retries);
  Call("POST");
  EXPECT_EQ(backend_->Count(), 3u);
}

TEST_F(Retrying, MethodsListed) {
  backend_->Set({.fail_every = 1});
  EffectiveRetries retries = RetriesOn({RetryOn::kGatewayError});
  retries.methods.value = {RetryMethods::Choice::kListed, {"GET", "PATCH"}};
  Serve(retries);
  Call("PATCH");
  EXPECT_EQ(backend_->Count(), 3u);
  Call("PUT");
  EXPECT_EQ(backend_->Count(), 1u);
}

TEST_F(Retrying, OnConnectFailureAnyMethodTriesAnotherEndpoint) {
  DeadPort dead;
  service_.At({dead.port(), backend_->port()});
  Serve(RetriesOn({RetryOn::kConnectFailure}, 5));
  for (const char* method : {"GET", "POST"}) {
    backend_->Forget();
    const LoadResult result = waypoint_->Load({.method = method, .host = "ratings"}, {.requests = 20});
    EXPECT_EQ(result.Count(200), 20) << method << " " << result.Summary();
    EXPECT_EQ(backend_->Count(), 20u) << "each exactly once";
  }
}

TEST_F(Retrying, WithoutConnectFailureADeadEndpointIsSeen) {
  DeadPort dead;
  service_.At({dead.port()});
  Serve(RetriesOn({RetryOn::kRefusedStream}));
  EXPECT_EQ(Call("GET").status, 503);
  EXPECT_EQ(waypoint_->envoy().Stat("cluster.shop/ratings|80;budget=100/100.upstream_rq_retry"), 0);
}

TEST_F(Retrying, OnRefusedStreamAnyMethod) {
  Http2Peer peer({.refuse_first = 2});
  service_.At({peer.port()}).Speaking(Protocol::kHttp2);
  Serve(RetriesOn({RetryOn::kRefusedStream}));
  EXPECT_EQ(Call("POST").status, 200);
  EXPECT_EQ(peer.streams(), 3);
}

TEST_F(Retrying, OnResetBeforeRequestAPostThatWasNeverSentIsSentElsewhere) {
  SilentPort silent;
  service_.At({silent.port(), backend_->port()});
  Serve(RetriesOn({RetryOn::kResetBeforeRequest}, 5));
  uint64_t sent = 0;
  const auto retries = [this] {
    return waypoint_->envoy().Stat("cluster.shop/ratings|80;budget=100/100.upstream_rq_retry");
  };
  while (retries() == 0 && sent < 50) {  // until one picked the silent endpoint first
    ASSERT_EQ(waypoint_->Call({.method = "POST", .host = "ratings"}).status, 200);
    ++sent;
  }
  EXPECT_GT(retries(), 0);
  EXPECT_EQ(backend_->Count("POST"), sent);
}

TEST_F(Retrying, OnResetForIdempotentMethods) {
  backend_->Set({.reset_every = 2});
  Serve(RetriesOn({RetryOn::kReset}));
  const LoadResult result = waypoint_->Load({.host = "ratings"}, {.requests = 20});
  EXPECT_EQ(result.Count(200), 20) << result.Summary();
  backend_->Set({.fail_every = 1});
  EXPECT_EQ(Call("GET").status, 503);
  EXPECT_EQ(backend_->Count(), 1u) << "an answer is no reset";
}

TEST_F(Retrying, OnGatewayErrorTakes502To504Only) {
  Serve(RetriesOn({RetryOn::kGatewayError}));
  for (const auto& [status, tries] :
       std::map<int, uint64_t>{{500, 1}, {502, 3}, {503, 3}, {504, 3}, {429, 1}}) {
    backend_->Set({.fail_every = 1, .fail_status = status});
    EXPECT_EQ(Call("GET").status, status);
    EXPECT_EQ(backend_->Count(), tries) << status;
  }
}

TEST_F(Retrying, OnHttp5xxTakesAny5xx) {
  Serve(RetriesOn({RetryOn::kHttp5xx}));
  for (const auto& [status, tries] : std::map<int, uint64_t>{{500, 3}, {501, 3}, {503, 3}, {429, 1}}) {
    backend_->Set({.fail_every = 1, .fail_status = status});
    EXPECT_EQ(Call("GET").status, status);
    EXPECT_EQ(backend_->Count(), tries) << status;
  }
}

TEST_F(Retrying, OnRetriable4xxTakes409) {
  Serve(RetriesOn({RetryOn::kRetriable4xx}));
  for (const auto& [status, tries] : std::map<int, uint64_t>{{409, 3}, {404, 1}, {503, 1}}) {
    backend_->Set({.fail_every = 1, .fail_status = status});
    Call("GET");
    EXPECT_EQ(backend_->Count(), tries) << status;
  }
}

TEST_F(Retrying, CodesAreRetriedForIdempotentMethods) {
  EffectiveRetries retries = RetriesOn({RetryOn::kConnectFailure});
  retries.codes = Sourced<std::vector<int>>{{429, 500}, {}};
  Serve(retries);
  for (const auto& [status, tries] : std::map<int, uint64_t>{{429, 3}, {500, 3}, {503, 1}}) {
    backend_->Set({.fail_every = 1, .fail_status = status});
    EXPECT_EQ(Call("GET").status, status);
    EXPECT_EQ(backend_->Count(), tries) << status;
    Call("POST");
    EXPECT_EQ(backend_->Count(), 1u) << status;
  }
}

// gRPC status in the response's headers.
struct GrpcCase {
  RetryOn on;
  int status;
  friend void PrintTo(const GrpcCase& c, std::ostream* out) { *out << ToString(c.on); }
};
class RetryingGrpc : public Retrying, public ::testing::WithParamInterface<GrpcCase> {};

TEST_P(RetryingGrpc, OnItsStatusOnly) {
  Http2Peer failing({.grpc_status = GetParam().status, .grpc_ok_after = 2});
  service_.At({failing.port()}).Speaking(Protocol::kGrpc);
  EffectiveRetries retries = RetriesOn({GetParam().on});
  retries.methods.value.choice = RetryMethods::Choice::kAll;
  Serve(retries);
  const std::vector<std::pair<std::string, std::string>> grpc = {{"content-type", "application/grpc"}};
  HttpAnswer answer = Call("POST", grpc);
  EXPECT_EQ(answer.headers["grpc-status"], "0");
  EXPECT_EQ(failing.streams(), 3);

  Http2Peer other({.grpc_status = 3, .grpc_ok_after = 10});  // INVALID_ARGUMENT
  service_.At({other.port()});
  Serve(retries);
  answer = Call("POST", grpc);
  EXPECT_EQ(answer.headers["grpc-status"], "3");
  EXPECT_EQ(other.streams(), 1);
}

INSTANTIATE_TEST_SUITE_P(Statuses, RetryingGrpc,
                         ::testing::Values(GrpcCase{RetryOn::kCancelled, 1},
                                           GrpcCase{RetryOn::kDeadlineExceeded, 4},
                                           GrpcCase{RetryOn::kResourceExhausted, 8},
                                           GrpcCase{RetryOn::kInternal, 13},
                                           GrpcCase{RetryOn::kUnavailable, 14}));

TEST_F(Retrying, IdempotentDoesNotRepeatGrpcThatMayHaveBeenCarriedOut) {
  Http2Peer peer({.grpc_status = 14, .grpc_ok_after = 2});
  service_.At({peer.port()}).Speaking(Protocol::kGrpc);
  Serve(RetriesOn({RetryOn::kUnavailable}));
  HttpAnswer answer = Call("POST", {{"content-type", "application/grpc"}});
  EXPECT_EQ(answer.headers["grpc-status"], "14");
  EXPECT_EQ(peer.streams(), 1);
}

TEST_F(Retrying, BackoffWaitsBetweenTries) {
  backend_->Set({.fail_every = 1});
  EffectiveRetries retries = RetriesOn({RetryOn::kGatewayError}, 1);
  retries.backoff_base.value = Duration::Milliseconds(200);
  retries.backoff_max.value = Duration::Milliseconds(200);
  Serve(retries);
  // Each wait is random below the base: 30 of them take 3 s on average, and less than 1 s never in practice.
  const auto before = std::chrono::steady_clock::now();
  const LoadResult result = waypoint_->Load({.host = "ratings"}, {.requests = 30});
  EXPECT_GE(std::chrono::steady_clock::now() - before, 1s);
  EXPECT_EQ(result.Count(503), 30);
}

TEST_F(Retrying, TheBudgetHoldsUnderOverload) {
  static constexpr int kRequests = 300;
  backend_->Set({.fail_every = 1, .slow = 20ms});
  const auto load = [this](int percent, int minimum) {
    EffectiveRetries retries = RetriesOn({RetryOn::kGatewayError}, 3);
    retries.budget_percent.value = percent;
    retries.budget_min_per_second.value = minimum;
    Serve(retries);
    backend_->Forget();
    const LoadResult result = waypoint_->Load({.host = "ratings"}, {.workers = 30, .requests = kRequests});
    EXPECT_EQ(result.Count(503), kRequests) << result.Summary();
    return backend_->Count();
  };
  EXPECT_EQ(load(100, 1000), 4u * kRequests) << "without a bound every request is tried four times";
  const uint64_t bounded = load(10, 1);
  EXPECT_LT(bounded, 2u * kRequests) << "at most a tenth of what is under way is a retry";
  EXPECT_GT(waypoint_->envoy().Stat("cluster.shop/ratings|80;budget=10/1.upstream_rq_retry_overflow"), 0);
}

TEST_F(Retrying, RemoteLocalitiesAreTaken) {
  auto far = *Backend::Start("ratings-far");
  service_.At({backend_->port(), far->port()});
  service_.endpoints.endpoints[1].region = "far";
  backend_->Set({.fail_every = 1});
  EffectiveRetries retries = RetriesOn({RetryOn::kGatewayError}, 6);
  retries.remote_localities = Sourced<bool>{true, {}};
  Serve(retries);
  const LoadResult result = waypoint_->Load({.host = "ratings"}, {.requests = 20});
  EXPECT_EQ(result.Count(200), 20) << result.Summary();
}

TEST_F(Retrying, AClientCannotAskForMore) {
  backend_->Set({.fail_every = 1});
  Serve(RetriesOn({RetryOn::kGatewayError}, 1));
  Call("POST", {{"x-envoy-retry-on", "5xx"}, {"x-envoy-max-retries", "9"}});
  EXPECT_EQ(backend_->Count(), 1u);
  Call("GET", {{"x-envoy-max-retries", "9"}});
  EXPECT_EQ(backend_->Count(), 2u);
  waypoint_->Serve(service_.With({}));
  Call("GET", {{"x-envoy-retry-on", "5xx"}, {"x-envoy-max-retries", "9"}});
  EXPECT_EQ(backend_->Count(), 1u);
}

}  // namespace
}  // namespace fairlead::testing
