#include "crds/base/ip_address.h"

#include <gtest/gtest.h>

namespace fairlead {
namespace {

TEST(IpAddress, IsComparedByValue) {
  ASSERT_TRUE(ParseIpAddress("10.0.0.1"));
  EXPECT_EQ(ParseIpAddress("10.0.0.1"), ParseIpAddress("::ffff:10.0.0.1"));
  EXPECT_EQ(ParseIpAddress("fd00::1"), ParseIpAddress("FD00:0:0:0:0:0:0:1"));
  EXPECT_NE(ParseIpAddress("10.0.0.1"), ParseIpAddress("10.0.0.2"));
  EXPECT_LT(ParseIpAddress("10.0.0.9"), ParseIpAddress("10.0.0.10"));
}

TEST(IpAddress, IsNothingElse) {
  for (const char* text : {"", "10.0.0", "10.0.0.256", "010.0.0.1", "10.0.0.1 ", "a.example", "fd00::1%eth0",
                           "unix:///run/a", "10.0.0.1/8"}) {
    EXPECT_FALSE(ParseIpAddress(text)) << text;
  }
  EXPECT_FALSE(ParseIpAddress(std::string(1000, '1')));
}

TEST(IpRange, HoldsWhatHasItsPrefix) {
  const auto one = ParseIpRange("10.0.0.1");
  ASSERT_TRUE(one);
  EXPECT_EQ(one->first, one->last);
  const auto holds = [](const char* range, const char* address) {
    const auto in = ParseIpRange(range);
    const auto at = ParseIpAddress(address);
    return in && at && in->first <= *at && *at <= in->last;
  };
  EXPECT_TRUE(holds("10.96.7.7/12", "10.96.0.0"));
  EXPECT_TRUE(holds("10.96.0.0/12", "10.111.255.255"));
  EXPECT_FALSE(holds("10.96.0.0/12", "10.112.0.0"));
  EXPECT_FALSE(holds("10.96.0.0/12", "fd00::1"));
  EXPECT_TRUE(holds("0.0.0.0/0", "255.1.2.3"));
  EXPECT_FALSE(holds("0.0.0.0/0", "fd00::1"));
  EXPECT_TRUE(holds("fd00:1::/33", "fd00:1:7fff::1"));
  EXPECT_FALSE(holds("fd00:1::/33", "fd00:1:8000::1"));
  EXPECT_TRUE(holds("::/0", "10.0.0.1"));
  for (const char* text : {"10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "10.0.0.0/ 8", "/8"}) {
    EXPECT_FALSE(ParseIpRange(text)) << text;
  }
}

}  // namespace
}  // namespace fairlead
