#include "tests/support/backend/backend.h"

#include <gtest/gtest.h>

#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::unique_ptr<Backend> NewBackend(const BackendFaults& faults = {}) {
  auto backend = Backend::Start("ratings-1");
  EXPECT_TRUE(backend);
  (*backend)->Set(faults);
  return std::move(*backend);
}

TEST(Backend, NamesItselfOverOneKeptConnectionAndCountsByMethodAndPath) {
  const auto backend = NewBackend();
  HttpClient client("127.0.0.1", backend->port());
  for (int i = 0; i < 3; ++i) {
    const HttpAnswer answer = client.Call({.path = "/a?x=1"});
    EXPECT_EQ(answer.status, 200) << answer.error;
    EXPECT_EQ(answer.body, "{\"service\":\"ratings-1\",\"method\":\"GET\"}\n");
  }
  EXPECT_EQ(client.Call({.method = "POST", .path = "/b", .body = "money"}).status, 200);
  EXPECT_EQ(client.Call({.method = "HEAD", .path = "/b"}).status, 200);
  EXPECT_EQ(backend->Count(), 5u);
  EXPECT_EQ(backend->Count("GET", "/a"), 3u);
  EXPECT_EQ(backend->Count("POST"), 1u);
  backend->Forget();
  EXPECT_EQ(backend->Count(), 0u);
}

TEST(Backend, FailsEachNthRequest) {
  const auto backend = NewBackend({.fail_every = 3});
  const LoadResult load = RunLoad("127.0.0.1", backend->port(), {}, {.workers = 4, .requests = 30});
  EXPECT_EQ(load.Summary(), "200: 20, 503: 10");
  EXPECT_EQ(load.failures(), 10);
}

TEST(Backend, ResetsAfterItHasReadAndTheClientSendsNothingTwice) {
  const auto backend = NewBackend({.reset_every = 2, .only_method = "POST"});
  const LoadResult load =
      RunLoad("127.0.0.1", backend->port(), {.method = "POST", .body = "x"}, {.workers = 2, .requests = 20});
  EXPECT_EQ(load.Count(200), 10);
  EXPECT_EQ(load.Count(0), 10);
  EXPECT_EQ(backend->Count("POST"), 20u);
}

TEST(Backend, IsSlowOnOnePathAndEndsWithoutWaiting) {
  const auto backend = NewBackend({.slow_path = "/slow", .slow = seconds(600)});
  HttpClient client("127.0.0.1", backend->port());
  EXPECT_EQ(client.Call({.path = "/fast"}).status, 200);
  const HttpAnswer answer = client.Call({.path = "/slow", .timeout = milliseconds(50)});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.error, "no answer in time");
}

TEST(DeadPort, RefusesConnections) {
  DeadPort dead;
  HttpClient client("127.0.0.1", dead.port());
  const HttpAnswer answer = client.Call({});
  EXPECT_EQ(answer.status, 0);
  EXPECT_EQ(answer.error, "cannot connect: Connection refused");
}

}  // namespace
}  // namespace fairlead::testing
