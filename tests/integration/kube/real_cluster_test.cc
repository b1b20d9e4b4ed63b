// The test support itself: a real API server starts, keeps its data over a crash, and can be frozen.
#include "tests/support/kube/real_cluster.h"

#include <gtest/gtest.h>

namespace fairlead::testing {
namespace {

TEST(RealCluster, KeepsItsDataOverACrashAndCanBeFrozen) {
  if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  auto started = RealCluster::Start();
  ASSERT_TRUE(started) << started.error().message;
  RealCluster& cluster = **started;

  const HttpReply created = cluster.Call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"shop"}})");
  EXPECT_EQ(created.status, 201) << created.body << cluster.Logs();

  cluster.KillApiServer();
  EXPECT_EQ(cluster.Call("GET", "/api/v1/namespaces/shop").status, 0);
  const Result<void> restarted = cluster.StartApiServer();
  ASSERT_TRUE(restarted) << restarted.error().message;
  EXPECT_EQ(cluster.Call("GET", "/api/v1/namespaces/shop").status, 200);

  cluster.PauseApiServer();
  const HttpReply frozen =
      HttpCall({.port = cluster.port(), .ca_pem = cluster.ca_pem(), .path = "/readyz", .timeout_seconds = 1});
  EXPECT_EQ(frozen.status, 0);
  cluster.ResumeApiServer();
  EXPECT_EQ(cluster.Call("GET", "/readyz").status, 200);

  const HttpReply guest = HttpCall(
      {.port = cluster.port(), .ca_pem = cluster.ca_pem(), .path = "/api/v1/namespaces", .token = "guest"});
  EXPECT_EQ(guest.status, 403) << guest.body;
}

}  // namespace
}  // namespace fairlead::testing
