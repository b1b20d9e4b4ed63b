#include "crds/base/labels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>

namespace fairlead {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Labels, AreSortedAndEachKeyIsThereOnce) {
  Labels labels = {{"tier", "web"}, {"app", "shop"}, {"", "none"}, {"app", "cart"}};
  EXPECT_THAT(labels, ElementsAre(Pair("", "none"), Pair("app", "cart"), Pair("tier", "web")));
  EXPECT_EQ(labels.size(), 3U);
  EXPECT_EQ(labels.Find("app"), "cart");
  EXPECT_EQ(labels.Find("ap"), std::nullopt);
  EXPECT_EQ(labels.Find("zone"), std::nullopt);
  EXPECT_EQ(labels.Get("tier"), "web");
  EXPECT_EQ(labels.Get("zone"), "");
}

TEST(Labels, WithoutAnyThereIsNothing) {
  Labels none;
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.size(), 0U);
  EXPECT_EQ(none.begin(), none.end());
  EXPECT_EQ(none.Find(""), std::nullopt);
  EXPECT_EQ(none, Labels(none));
}

TEST(Labels, AValueMayBeAViewOfThemselves) {
  Labels labels = {{"a", "a value that is longer than what fits"}, {"c", "x"}};
  labels.Set("d", labels.Get("a"));  // at the end
  labels.Set("b", labels.Get("a"));  // between
  labels.Set("a", labels.Get("c"));  // in place of itself
  labels.Set("c", labels.Get("d"));
  EXPECT_THAT(labels, ElementsAre(Pair("a", "x"), Pair("b", "a value that is longer than what fits"),
                                  Pair("c", "a value that is longer than what fits"),
                                  Pair("d", "a value that is longer than what fits")));
}

TEST(Labels, CopiesAreApartAndMovedFromIsEmpty) {
  Labels labels = {{"a", "1"}};
  Labels copy = labels;
  copy.Set("a", "2");
  EXPECT_EQ(labels.Get("a"), "1");
  const Labels moved = std::move(copy);
  EXPECT_EQ(moved.Get("a"), "2");
  EXPECT_TRUE(copy.empty());  // NOLINT(bugprone-use-after-move): what it is then is said
}

TEST(Labels, OrderIsThatOfTheirItems) {
  const Labels none, a = {{"a", "1"}}, a2 = {{"a", "2"}}, ab = {{"a", "1"}, {"b", "1"}}, b = {{"b", "0"}};
  const std::vector<const Labels*> sorted = {&none, &a, &ab, &a2, &b};
  for (size_t i = 0; i < sorted.size(); ++i) {
    for (size_t j = 0; j < sorted.size(); ++j) {
      EXPECT_EQ(*sorted[i] < *sorted[j], i < j) << i << " " << j;
      EXPECT_EQ(*sorted[i] == *sorted[j], i == j) << i << " " << j;
    }
  }
}

// Against a map, whatever is set in whatever order.
TEST(LabelsProperty, AreAMap) {
  std::mt19937 random(1);
  const auto text = [&](size_t most) {
    return std::string(random() % (most + 1), static_cast<char>('a' + random() % 3));
  };
  for (int run = 0; run < 200; ++run) {
    Labels labels;
    std::map<std::string, std::string> map;
    for (int step = 0; step < 30; ++step) {
      const std::string key = text(4), value = text(40);
      labels.Set(key, value);
      map[key] = value;
      ASSERT_EQ(labels.size(), map.size());
      auto at = map.begin();
      for (const auto& [have, is] : labels) {
        ASSERT_EQ(have, at->first);
        ASSERT_EQ(is, at->second);
        ++at;
      }
      ASSERT_EQ(labels.Find(key), value);
    }
    Labels sorted;
    for (const auto& [key, value] : map) sorted.Set(key, value);
    EXPECT_EQ(sorted, labels);
  }
}

TEST(LabelSelector, Matches) {
  const Labels labels = {{"app", "shop"}, {"tier", "web"}};
  const auto with = [](SelectorOperator op, std::string key, std::vector<std::string> values) {
    return LabelSelector{{}, {{std::move(key), op, std::move(values)}}};
  };
  EXPECT_TRUE(LabelSelector().Matches(labels));
  EXPECT_TRUE((LabelSelector{{{"app", "shop"}}, {}}).Matches(labels));
  EXPECT_FALSE((LabelSelector{{{"app", "cart"}}, {}}).Matches(labels));
  EXPECT_FALSE((LabelSelector{{{"zone", ""}}, {}}).Matches(labels));
  EXPECT_TRUE(with(SelectorOperator::kIn, "app", {"cart", "shop"}).Matches(labels));
  EXPECT_FALSE(with(SelectorOperator::kIn, "zone", {"a"}).Matches(labels));
  EXPECT_TRUE(with(SelectorOperator::kNotIn, "zone", {"a"}).Matches(labels));
  EXPECT_FALSE(with(SelectorOperator::kNotIn, "app", {"shop"}).Matches(labels));
  EXPECT_TRUE(with(SelectorOperator::kExists, "tier", {}).Matches(labels));
  EXPECT_FALSE(with(SelectorOperator::kDoesNotExist, "tier", {}).Matches(labels));
}

}  // namespace
}  // namespace fairlead
