#include "dataplane/server/peer_limiter.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace fairlead::xds {
namespace {

TEST(PeerLimiterTest, ABurstThenTheRate) {
  testing::FakeClock clock;
  PeerLimiter limiter(2, 3, clock);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.Allow("a"));
  EXPECT_FALSE(limiter.Allow("a"));
  EXPECT_TRUE(limiter.Allow("b"));
  clock.Advance(std::chrono::milliseconds(500));
  EXPECT_TRUE(limiter.Allow("a"));
  EXPECT_FALSE(limiter.Allow("a"));
  clock.Advance(std::chrono::hours(1));
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(limiter.Allow("a"));
  EXPECT_FALSE(limiter.Allow("a"));
}

TEST(PeerLimiterTest, ManyPeersAreForgottenOnceTheirBucketIsFull) {
  testing::FakeClock clock;
  PeerLimiter limiter(1, 2, clock);
  for (size_t i = 0; i < PeerLimiter::kMaxPeers; ++i) ASSERT_TRUE(limiter.Allow(std::to_string(i)));
  EXPECT_FALSE(limiter.Allow("one more"));
  EXPECT_TRUE(limiter.Allow("7")) << "who is known is served";
  clock.Advance(std::chrono::seconds(2));
  EXPECT_TRUE(limiter.Allow("one more"));
}

TEST(PeerLimiterTest, APeerIsItsAddress) {
  EXPECT_EQ(PeerLimiter::WithoutPort("ipv4:10.0.0.7:51234"), "ipv4:10.0.0.7");
  EXPECT_EQ(PeerLimiter::WithoutPort("ipv6:%5B::1%5D:51234"), "ipv6:%5B::1%5D");
}

}  // namespace
}  // namespace fairlead::xds
