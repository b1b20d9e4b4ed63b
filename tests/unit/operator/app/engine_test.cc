#include "operator/app/engine.h"

#include <gtest/gtest.h>

#include <atomic>

#include "tests/unit/operator/app/sample_world.h"

namespace fairlead::app {
namespace {

using reconcilers::Delta;
using reconcilers::World;

class EngineTest : public ::testing::Test {
 protected:
  EngineOptions Watching(std::set<Kind> kinds) {
    EngineOptions options;
    options.kinds = std::move(kinds);
    return options;
  }
  // All that was pushed before has been worked off.
  static void Settle(Engine* engine) {
    engine->Read([](const World&) {});
  }
  std::string VersionOfRoute() {
    const xds::ResourcePtr route = catalog_.Find(kWaypoint, {xds::Type::kRoute, "shop/ratings|8080"});
    return route ? route->version() : "";
  }

  static std::map<xds::ResourceName, std::string> VersionsOf(Engine* engine) {
    std::map<xds::ResourceName, std::string> out;
    for (const xds::ResourcePtr& resource : engine->ResourcesOf(kWaypoint))
      out[resource->name] = resource->version();
    return out;
  }

  xds::Catalog catalog_{Clock::System()};
  std::set<ObjectKey> told_;  // by the engine's thread; read after Settle
  const std::function<void(const Delta&)> tell_ = [this](const Delta& delta) {
    told_.insert(delta.policies.begin(), delta.policies.end());
  };
};

TEST_F(EngineTest, PublishesAtEachChange) {
  Engine engine(Watching({}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  Settle(&engine);
  const std::string bare = VersionOfRoute();
  EXPECT_NE(bare, "");
  const std::map<xds::ResourceName, std::string> before = VersionsOf(&engine);
  PushAll(&engine, PolicyYaml(1, "1s"));
  Settle(&engine);
  EXPECT_NE(VersionOfRoute(), bare);
  EXPECT_TRUE(told_.contains(kRatings));
  engine.Push(Engine::Remove{kRatings});
  Settle(&engine);
  EXPECT_EQ(VersionOfRoute(), bare);
  EXPECT_EQ(VersionsOf(&engine), before);
}

TEST_F(EngineTest, HalfAStateIsNoState) {
  Engine engine(Watching({Kind::kService, Kind::kRetryTimeoutPolicy, Kind::kServiceEntry}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  engine.Push(Engine::Replace{Kind::kService, Objects(kShop)});
  Settle(&engine);
  EXPECT_FALSE(engine.ready());
  EXPECT_EQ(VersionOfRoute(), "");
  engine.Push(Engine::Absent{Kind::kServiceEntry});  // not served: as an empty list
  Settle(&engine);
  EXPECT_EQ(engine.PendingKinds(), std::set<Kind>{Kind::kRetryTimeoutPolicy});
  EXPECT_EQ(VersionOfRoute(), "");
  engine.Push(Engine::Replace{Kind::kRetryTimeoutPolicy, Objects(PolicyYaml(1, "1s"))});
  Settle(&engine);
  EXPECT_TRUE(engine.ready());
  EXPECT_NE(VersionOfRoute(), "");
  EXPECT_TRUE(told_.contains(kRatings));
}

TEST_F(EngineTest, WhatIsTheSameIsNotPublishedAgain) {
  Engine engine(Watching({}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  PushAll(&engine, PolicyYaml(1, "1s"));
  Settle(&engine);
  const EngineStats before = engine.stats();
  told_.clear();
  for (int i = 0; i < 3; ++i)
    PushAll(&engine, kShop + std::string("---\n") + PolicyYaml(1, "1s", "{waypoints: 1/1}"));
  Settle(&engine);
  const EngineStats after = engine.stats();
  EXPECT_EQ(after.resources_published, before.resources_published);
  EXPECT_EQ(after.services_lowered, before.services_lowered);
  EXPECT_EQ(after.events, before.events + 12);
  EXPECT_TRUE(told_.empty());
}

TEST_F(EngineTest, ABurstIsOneRound) {
  Engine engine(Watching({}), &catalog_, tell_);
  PushAll(&engine, kShop);
  for (int i = 1; i <= 100; ++i) PushAll(&engine, PolicyYaml(i, std::to_string(i) + "s"));
  engine.Start();  // what came before is one batch
  Settle(&engine);
  EXPECT_EQ(engine.stats().drains, 1u);
  EXPECT_EQ(engine.stats().services_lowered, 1u);
}

TEST_F(EngineTest, AFullInboxHoldsTheWatchBack) {
  EngineOptions options = Watching({});
  options.max_pending = 4;
  Engine engine(options, &catalog_, tell_);
  std::atomic<int> pushed = 0;
  std::jthread watch([&] {
    for (int i = 1; i <= 100; ++i, ++pushed) PushAll(&engine, PolicyYaml(i, "1s"));
  });
  while (pushed < 4) std::this_thread::yield();
  EXPECT_LE(engine.stats().pending, 4u);
  engine.Start();
  watch.join();
  Settle(&engine);
  EXPECT_EQ(engine.stats().events, 100u);
}

TEST_F(EngineTest, ReadsWorkBeforeAndAfterItsLife) {
  Engine engine(Watching({}), &catalog_, tell_);
  EXPECT_EQ(engine.Read([](const World& world) { return world.policies().size(); }), 0u);
  engine.Start();
  PushAll(&engine, PolicyYaml(1, "1s"));
  engine.Stop();  // what was taken in is worked off
  EXPECT_EQ(engine.Read([](const World& world) { return world.policies().size(); }), 1u);
  engine.Push(Engine::Remove{kRatings});  // nobody takes it
  EXPECT_EQ(engine.Read([](const World& world) { return world.policies().size(); }), 1u);
  engine.Stop();
}

}  // namespace
}  // namespace fairlead::app
