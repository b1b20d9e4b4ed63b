#include "operator/app/engine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <future>
#include <thread>

#include "reconcilers/lower/view.h"
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

TEST_F(EngineTest, OtherClustersAreKeptApartAndNobodyWaitsForThem) {
  Engine engine(Watching({}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  const auto endpoint = Objects(
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, labels: "
      "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 80, protocol: "
      "TCP}], endpoints: [{addresses: [10.2.0.1]}]}");
  const auto services = Objects(
      "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, spec: {ports: [{name: "
      "http, port: 8080}]}}");
  engine.Push(Engine::Remote{"west", Engine::Replace{Kind::kService, services}});
  engine.Push(Engine::Remote{"west", Engine::Upsert{endpoint[0]}});
  engine.Push(Engine::Remote{"west", reconcilers::RemoteStatus{reconcilers::RemoteState::kFresh, {7}, ""}});
  const auto look = [&](auto f) {
    return engine.Read([&](const World& world) { return f(world.view().remotes.clusters()); });
  };
  using Clusters = std::map<std::string, reconcilers::RemoteCluster>;
  EXPECT_TRUE(look([](const Clusters& all) {
    return all.at("west").status.since.seconds == 7 &&
           all.at("west").tables.Has<core::EndpointSlice>("shop", "r");
  }));
  EXPECT_FALSE(engine.Read(
      [](const World& world) { return world.view().tables.Has<core::EndpointSlice>("shop", "r"); }));
  EXPECT_TRUE(engine.ready());
  engine.Push(Engine::Remote{"west", Engine::Remove{KeyOf(endpoint[0])}});
  EXPECT_FALSE(
      look([](const Clusters& all) { return all.at("west").tables.Has<core::EndpointSlice>("shop", "r"); }));
  engine.Push(Engine::Remote{"west", Engine::Gone{}});
  EXPECT_TRUE(look([](const Clusters& all) { return all.empty(); }));
}

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

// Each of the two is done only when the other is there, too.
TEST_F(EngineTest, AnIdleEngineIsReadByManyAtOnce) {
  Engine engine(Watching({}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  const auto reader = [](const World&) { return std::this_thread::get_id(); };
  while (engine.Read(reader) != std::this_thread::get_id()) {
  }
  std::barrier both(2);
  const auto meet = [&] {
    return engine.Read([&](const World& world) {
      both.arrive_and_wait();
      return world.services().size();
    });
  };
  std::future<size_t> other = std::async(std::launch::async, meet);
  EXPECT_GT(meet(), 0u);
  EXPECT_GT(other.get(), 0u);
}

TEST_F(EngineTest, NothingChangesWhileSomebodyReads) {
  Engine engine(Watching({}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  PushAll(&engine, PolicyYaml(1, "1s"));
  for (int round = 0; round < 200; ++round) {
    Settle(&engine);
    engine.Read([&](const World& world) {
      engine.Push(Engine::Remove{kRatings});
      std::this_thread::yield();
      EXPECT_TRUE(world.Find(kRatings));
    });
    EXPECT_FALSE(engine.Read([](const World& world) { return world.Find(kRatings); })) << "pushed before";
    PushAll(&engine, PolicyYaml(1, "1s"));
  }
}

TEST_F(EngineTest, ManyReadWhileMuchChanges) {
  Engine engine(Watching({}), &catalog_, tell_);
  engine.Start();
  PushAll(&engine, kShop);
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      for (int n = 0; n < 500; ++n) {
        const auto seen = engine.ReadWithin(std::chrono::minutes(1), [](const World& world) {
          return std::pair(world.Find(kRatings).has_value(), world.policies().size());
        });
        ASSERT_TRUE(seen);
        EXPECT_EQ(seen->second, seen->first ? 1u : 0u);
      }
    });
  }
  for (int n = 1; n <= 200; ++n) {
    PushAll(&engine, PolicyYaml(n, "1s"));
    engine.Push(Engine::Remove{kRatings});
  }
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
