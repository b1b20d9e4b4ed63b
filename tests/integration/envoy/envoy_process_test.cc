#include <gtest/gtest.h>

#include <csignal>

#include "tests/support/backend/backend.h"
#include "tests/support/envoy/envoy.h"

namespace fairlead::testing {
namespace {

TEST(EnvoyProcess, StartsWithoutItsControlPlaneAndTellsItsNode) {
  if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
  DeadPort nobody;
  auto envoy = Envoy::Start({.xds_port = nobody.port(), .id = "w-1", .cluster = "shop/waypoint"});
  ASSERT_TRUE(envoy) << envoy.error().message;
  EXPECT_NE((*envoy)->Admin("/server_info").find("shop/waypoint"), std::string::npos);
  EXPECT_GE((*envoy)->Stat("server.concurrency"), 1) << (*envoy)->Log();
  EXPECT_EQ((*envoy)->Stat("no.such.stat"), -1);
  const auto pid = (*envoy)->process().pid();
  envoy->reset();
  EXPECT_NE(kill(pid, 0), 0);
}

}  // namespace
}  // namespace fairlead::testing
