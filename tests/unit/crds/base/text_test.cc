#include "crds/base/text.h"

#include <gtest/gtest.h>

#include <set>
#include <thread>
#include <vector>

namespace fairlead {
namespace {

TEST(Text, BehavesLikeAString) {
  const std::string ns = "shop";
  Text text = ns;
  EXPECT_EQ(text, "shop");
  EXPECT_EQ(text, ns);
  EXPECT_EQ(text, std::string_view("shop"));
  EXPECT_EQ(text.size(), 4u);
  EXPECT_EQ(text + "/x", "shop/x");
  EXPECT_EQ("in " + text, "in shop");
  EXPECT_EQ(ns + "/" + text, "shop/shop");
  const std::string back = text;
  EXPECT_EQ(back, ns);
  text = "";
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(text, Text());
  text = "other";
  EXPECT_NE(text, "shop");
  EXPECT_EQ((std::set<Text>{"b", "", "a", "b"}), (std::set<Text>{"", "a", "b"}));
  EXPECT_EQ(std::hash<Text>()("x"), std::hash<std::string_view>()("x"));
}

TEST(Text, CopiesShareAndOutliveTheirOrigin) {
  Text copy;
  {
    const Text origin(std::string(1000, 'x'));
    copy = origin;
    EXPECT_TRUE(copy.SharesWith(origin));
  }
  EXPECT_EQ(copy.view(), std::string(1000, 'x'));
  copy = *&copy;
  EXPECT_EQ(copy.size(), 1000u);
  const Text moved = std::move(copy);
  EXPECT_EQ(moved.size(), 1000u);
}

TEST(Text, EqualTextsShareTheirCharacters) {
  for (const char* word : {"gateway.networking.k8s.io", "another", "a-name-that-is-not-well-known", "x"}) {
    const Text first(word), second = std::string(word);
    EXPECT_TRUE(first.SharesWith(second)) << word;
    EXPECT_FALSE(first.SharesWith(Text(std::string(word) + "."))) << word;
  }
}

TEST(Text, ManyComeAndGo) {
  std::vector<Text> kept;
  for (int i = 0; i < 20'000; ++i) {
    const Text text("name-" + std::to_string(i));
    if (i % 7 == 0) kept.push_back(text);
  }
  for (size_t i = 0; i < kept.size(); ++i) {
    const std::string expected = "name-" + std::to_string(i * 7);
    EXPECT_EQ(kept[i], expected);
    EXPECT_TRUE(kept[i].SharesWith(Text(expected)));
  }
}

TEST(Text, ThreadsMakeAndDropTheSame) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 5000; ++i) {
        const std::string name = "a-name-of-a-service-" + std::to_string(i % 3);
        const Text text(name);
        EXPECT_EQ(text, name);
      }
    });
  }
}

TEST(Text, IsCopiedByManyThreads) {
  const Text shared("a-name-of-a-service");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&shared] {
      for (int i = 0; i < 1000; ++i) {
        const Text copy = shared;
        EXPECT_EQ(copy, "a-name-of-a-service");
      }
    });
  }
}

TEST(TextPool, SharesWhatIsTheSame) {
  TextPool pool;
  const Text first = pool.Share("ratings");
  EXPECT_TRUE(pool.Share(std::string("ratings")).SharesWith(first));
  EXPECT_FALSE(pool.Share("reviews").SharesWith(first));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pool.Share(std::to_string(i)), std::to_string(i));
}

}  // namespace
}  // namespace fairlead
