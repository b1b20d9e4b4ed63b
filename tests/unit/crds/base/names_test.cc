#include "crds/base/names.h"

#include <gtest/gtest.h>

#include "crds/base/base64.h"
#include "crds/base/quantity.h"

namespace fairlead {
namespace {

bool Ok(const std::string& why) { return why.empty(); }

TEST(NamesTest, FollowKubernetes) {
  EXPECT_TRUE(Ok(CheckDnsLabel("a-1")));
  EXPECT_FALSE(Ok(CheckDnsLabel("a.b")));
  EXPECT_FALSE(Ok(CheckDnsLabel("")));
  EXPECT_TRUE(Ok(CheckDnsSubdomain("a.b-c.1")));
  EXPECT_FALSE(Ok(CheckDnsSubdomain("a..b")));
  EXPECT_FALSE(Ok(CheckDnsSubdomain("a.")));
  EXPECT_TRUE(Ok(CheckLabelKey("example.com/App_1.x")));
  EXPECT_FALSE(Ok(CheckLabelKey("a/b/c")));
  EXPECT_FALSE(Ok(CheckLabelKey("/b")));
  EXPECT_TRUE(Ok(CheckLabelValue("")));
  EXPECT_FALSE(Ok(CheckLabelValue("-a")));
  EXPECT_TRUE(Ok(CheckNameGlob("*")));
  EXPECT_FALSE(Ok(CheckNameGlob("A*")));
}

TEST(NamesTest, CountsCharactersNotBytes) { EXPECT_EQ(CountCharacters("é€\xF0\x9F\x98\x80"), 3u); }

TEST(GlobTest, StarStandsForAnything) {
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("shop-*", "shop-"));
  EXPECT_TRUE(GlobMatches("*-a-*", "x-a-a-y"));
  EXPECT_TRUE(GlobMatches("a*b*c", "aXbXbc"));
  EXPECT_FALSE(GlobMatches("a*b", "abc"));
  EXPECT_FALSE(GlobMatches("", "a"));
  // A pattern that makes naive matchers exponential.
  EXPECT_FALSE(GlobMatches("*a*a*a*a*a*a*a*a*b", std::string(60, 'a')));
}

TEST(QuantityTest, ComparesWhatIsWrittenDifferently) {
  EXPECT_EQ(*ParseQuantity("1"), *ParseQuantity("1000m"));
  EXPECT_EQ(*ParseQuantity("0.1"), *ParseQuantity("100m"));
  EXPECT_EQ(*ParseQuantity("1Gi"), *ParseQuantity("1024Mi"));
  EXPECT_EQ(*ParseQuantity("1e3"), *ParseQuantity("1k"));
  EXPECT_LT(*ParseQuantity("1M"), *ParseQuantity("1Mi"));
  for (const char* bad : {"", "m", "1.", ".5", "1GB", "-1", "+1", "1e", "1e99", "1 ", "0x1"}) {
    EXPECT_FALSE(ParseQuantity(bad)) << bad;
  }
}

TEST(Base64Test, Decodes) {
  EXPECT_EQ(DecodeBase64("aGVsbG8="), "hello");
  EXPECT_EQ(DecodeBase64("aGVs\n  bG8h"), "hello!");
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("+/8="), "\xfb\xff");
  for (const char* bad : {"a", "aa", "aa=a", "a===", "a-_=", "aaaa="}) EXPECT_FALSE(DecodeBase64(bad)) << bad;
}

}  // namespace
}  // namespace fairlead
