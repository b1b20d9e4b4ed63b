// Bounded gzip.
#include "operator/clusters/gzip.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::clusters {
namespace {

using ::testing::HasSubstr;

TEST(Gzip, GivesBackWhatWentIn) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919) + ",";
  for (const std::string& each : {std::string(), std::string("a"), text}) {
    const std::string packed = Gzip(each);
    const auto back = Gunzip(packed, each.size());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, each);
  }
  EXPECT_LT(Gzip(text).size(), text.size() / 2);
}

TEST(Gzip, AFewBytesDoNotBecomeMany) {
  const std::string packed = Gzip(std::string(64u << 20, 'a'));
  EXPECT_LT(packed.size(), 512u << 10);
  const auto back = Gunzip(packed, 1u << 20);
  ASSERT_FALSE(back);
  EXPECT_EQ(back.error().message, "would be longer than 1048576 bytes when unpacked");
  EXPECT_FALSE(Gunzip(Gzip("ab"), 1));
}

TEST(Gzip, WhatIsDamagedIsRefused) {
  const std::string packed = Gzip("what was last known of a cluster, and was heard a while ago");
  for (size_t length = 0; length < packed.size(); ++length)
    EXPECT_FALSE(Gunzip(packed.substr(0, length), 1000)) << length;
  for (const size_t at : {size_t{0}, size_t{15}, packed.size() - 6, packed.size() - 1}) {
    std::string bad = packed;
    bad[at] = static_cast<char>(bad[at] ^ 0x21);
    EXPECT_FALSE(Gunzip(bad, 1000)) << at;
  }
  const auto more = Gunzip(packed + "x", 1000);
  ASSERT_FALSE(more);
  EXPECT_THAT(more.error().message, HasSubstr("behind"));
}

}  // namespace
}  // namespace fairlead::clusters
