#include "tests/support/apiserver/store.h"

#include <gtest/gtest.h>

namespace fairlead::apiserver {
namespace {

Value Named(const std::string& name, int n = 0) {
  Value v = Object();
  Set(v, {"metadata", "name"}, name);
  v["n"] = n;
  return v;
}
const StoreKey kA{"/configmaps", "x", "a"};
const StoreKey kB{"/configmaps", "x", "b"};

TEST(Store, OneCounterOfRevisionsForAllObjects) {
  Store store;
  const ObjectPtr a = store.Put(kA, Named("a"));
  const ObjectPtr b = store.Put(kB, Named("b"));
  EXPECT_EQ(std::stoull(TextAt(*a, {"metadata", "resourceVersion"})) + 1,
            std::stoull(TextAt(*b, {"metadata", "resourceVersion"})));
  EXPECT_EQ(store.revision(), std::stoull(TextAt(*b, {"metadata", "resourceVersion"})));
}

TEST(Store, ShowsThePast) {
  Store store;
  store.Put(kA, Named("a", 1));
  const uint64_t then = store.revision();
  store.Put(kA, Named("a", 2));
  store.Put(kB, Named("b"));
  store.Remove(kA);
  const auto past = store.ListAt("/configmaps", "", then);
  ASSERT_TRUE(past);
  ASSERT_EQ(past->items.size(), 1u);
  EXPECT_EQ((*past->items[0])["n"].asInt(), 1);
  EXPECT_EQ(store.List("/configmaps", "x").items.size(), 1u);
  store.Compact();
  EXPECT_FALSE(store.ListAt("/configmaps", "", then));
}

TEST(Store, WatchFromTheHistoryAndOn) {
  Store store;
  store.Put(kA, Named("a"));
  const uint64_t from = store.revision();
  store.Put(kB, Named("b"));
  auto queue = std::make_shared<WatchQueue>(10);
  ASSERT_TRUE(store.Subscribe(queue, "/configmaps", "", from));
  store.Remove(kA);
  std::vector<std::string> seen;
  while (auto change = queue->Pop()) {
    seen.push_back(change->key.name + (change->type == ChangeType::kDeleted ? "-" : "+"));
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"b+", "a-"}));
}

TEST(Store, HistoryIsBounded) {
  Store store({.objects = 100, .history = 5});
  const uint64_t from = store.revision();
  for (int i = 0; i < 20; ++i) store.Put(kA, Named("a", i));
  auto queue = std::make_shared<WatchQueue>(10);
  EXPECT_FALSE(store.Subscribe(queue, "/configmaps", "", from));
  EXPECT_TRUE(store.Subscribe(queue, "/configmaps", "", store.oldest_revision()));
}

TEST(Store, SlowWatcherIsCut) {
  Store store;
  auto queue = std::make_shared<WatchQueue>(3);
  store.SubscribeNow(queue, "/configmaps", "");
  for (int i = 0; i < 4; ++i) store.Put(kA, Named("a", i));
  EXPECT_TRUE(queue->overflowed());
}

TEST(Store, FrozenWatchesSeeNothingUntilTheThaw) {
  Store store;
  auto configs = std::make_shared<WatchQueue>(10);
  auto others = std::make_shared<WatchQueue>(10);
  store.SubscribeNow(configs, "/configmaps", "");
  store.SubscribeNow(others, "/secrets", "");
  store.Freeze("/configmaps");
  store.Put(kA, Named("a"));
  store.Put({"/secrets", "x", "s"}, Named("s"));
  EXPECT_FALSE(configs->Pop());
  EXPECT_TRUE(others->Pop());
  EXPECT_TRUE(store.Get(kA));
  store.Thaw();
  EXPECT_TRUE(configs->Pop());
}

}  // namespace
}  // namespace fairlead::apiserver
