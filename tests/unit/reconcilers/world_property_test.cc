// World, change by change, against a World made from scratch out of the same objects in another order.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <vector>

#include "crds/base/json_write.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/random_cluster.h"

namespace fairlead::reconcilers {
namespace {

using testing::RandomCluster;

WorldOptions Options() {
  WorldOptions options;
  options.root_namespace = "platform";
  return options;
}

template <class K, class T>
std::map<K, T> Values(const std::map<K, Ptr<T>>& pointers) {
  std::map<K, T> values;
  for (const auto& [key, pointer] : pointers) values.emplace(key, *pointer);
  return values;
}

api::ProxyCounts Acknowledged(const World& world, const ObjectKey& policy) {
  api::ProxyCounts counts;
  for (const NamespacedName& name : world.WaypointsOf(policy)) {
    counts.needed += static_cast<int>(world.waypoints().at(name)->proxies.size());
  }
  counts.programmed = counts.needed;
  return counts;
}

std::map<ObjectKey, api::PolicyStatus> Statuses(const World& world) {
  std::map<ObjectKey, api::PolicyStatus> all;
  for (const ObjectKey& key : world.policies())
    all.emplace(key, world.StatusOf(key, Acknowledged(world, key)));
  return all;
}

// What a consumer knows that has followed every Delta.
struct Follower {
  std::map<ObjectKey, Ptr<EffectiveService>> services;
  std::map<Destination, Ptr<EffectiveEndpoints>> endpoints;
  std::map<NamespacedName, Ptr<EffectiveWaypoint>> waypoints;
  std::map<ObjectKey, api::PolicyStatus> statuses;

  template <class K, class T>
  static void Follow(const std::map<K, Ptr<T>>& delta, std::map<K, Ptr<T>>* known) {
    for (const auto& [key, value] : delta) {
      if (value == nullptr) {
        EXPECT_EQ(known->erase(key), 1u) << "told of the end of what was never there";
      } else {
        Ptr<T>& slot = (*known)[key];
        EXPECT_TRUE(slot == nullptr || *slot != *value) << "told of no change";
        slot = value;
      }
    }
  }

  void Follow(const World& world, const Delta& delta) {
    Follow(delta.services, &services);
    Follow(delta.endpoints, &endpoints);
    Follow(delta.waypoints, &waypoints);
    for (const ObjectKey& key : delta.policies) statuses[key] = world.StatusOf(key, Acknowledged(world, key));
    std::erase_if(statuses, [&](const auto& item) { return !world.Find(item.first); });
  }
};

class WorldProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(WorldProperty, EveryDrainEqualsAWorldFromScratch) {
  RandomCluster random(GetParam());
  World world(Options());
  Follower follower;
  std::map<ObjectKey, AnyObject> objects;
  for (int step = 0; step < 60; ++step) {
    for (size_t changes = random.Below(4) + 1; changes > 0; --changes) {
      const AnyObject object = random.Object();
      const ObjectKey key = KeyOf(object);
      if (random.Chance(25)) {
        world.Remove(key);
        objects.erase(key);
      } else {
        world.Apply(object);
        objects.insert_or_assign(key, object);
      }
    }
    follower.Follow(world, world.Drain());
    if (step % 3 != 0) continue;

    std::vector<AnyObject> shuffled;
    for (const auto& [key, object] : objects) shuffled.push_back(object);
    std::shuffle(shuffled.begin(), shuffled.end(), random.engine());
    World fresh(Options());
    for (const AnyObject& object : shuffled) fresh.Apply(object);
    fresh.Drain();

    ASSERT_EQ(Values(world.services()) == Values(fresh.services()), true) << "step " << step;
    ASSERT_EQ(Values(world.endpoints()) == Values(fresh.endpoints()), true) << "step " << step;
    ASSERT_EQ(Values(world.waypoints()) == Values(fresh.waypoints()), true) << "step " << step;
    ASSERT_EQ(Values(follower.services) == Values(fresh.services()), true) << "step " << step;
    ASSERT_EQ(Values(follower.endpoints) == Values(fresh.endpoints()), true) << "step " << step;
    const auto expected = Statuses(fresh);
    for (const auto& [key, status] : Statuses(world)) {
      ASSERT_EQ(WriteJson(api::ToJson(status)), WriteJson(api::ToJson(expected.at(key))))
          << key.ToString() << " at step " << step;
      ASSERT_EQ(api::ToJson(follower.statuses[key]), api::ToJson(status))
          << "a change of the status of " << key.ToString() << " was not told at step " << step;
      ASSERT_EQ(world.WaypointsOf(key), fresh.WaypointsOf(key));
    }
  }
}

TEST_P(WorldProperty, ReplaceEqualsItsDifference) {
  RandomCluster random(GetParam() + 10'000);
  World world(Options()), by_list(Options());
  std::map<ObjectKey, AnyObject> objects;
  for (int i = 0; i < 80; ++i) {
    const AnyObject object = random.Object();
    world.Apply(object);
    by_list.Apply(object);
    objects.insert_or_assign(KeyOf(object), object);
  }
  world.Drain();
  by_list.Drain();
  for (size_t kind = 0; kind < kKindCount; ++kind) {
    std::vector<AnyObject> list;
    for (auto& [key, object] : objects) {
      if (key.kind != static_cast<Kind>(kind)) continue;
      if (random.Chance(30)) {
        world.Remove(key);
      } else {
        list.push_back(object);
      }
    }
    by_list.Replace(static_cast<Kind>(kind), list);
  }
  world.Drain();
  by_list.Drain();
  EXPECT_TRUE(Values(world.services()) == Values(by_list.services()));
  EXPECT_TRUE(Values(world.endpoints()) == Values(by_list.endpoints()));
  EXPECT_TRUE(Statuses(world) == Statuses(by_list));
}

// Without rules, and lowered part by part: its reader knows the same.
TEST_P(WorldProperty, AWorldThatKeepsNoRulesTellsTheSame) {
  RandomCluster random(GetParam() + 20'000);
  WorldOptions frugal = Options();
  frugal.keep_rules = false;
  World whole(Options()), lean(frugal);
  std::map<ObjectKey, Ptr<EffectiveService>> services;
  std::map<ObjectKey, api::PolicyStatus> statuses;
  for (int step = 0; step < 30; ++step) {
    for (size_t changes = random.Below(6) + 1; changes > 0; --changes) {
      const AnyObject object = random.Object();
      const bool gone = random.Chance(25);
      for (World* world : {&whole, &lean}) gone ? world->Remove(KeyOf(object)) : world->Apply(object);
    }
    whole.Drain();
    for (bool more = true; more;) {
      Delta part;
      more = lean.DrainPart(random.Below(3) + 1, &part);
      for (const auto& [key, service] : part.services) {
        service == nullptr ? void(services.erase(key)) : void(services[key] = service);
      }
      if (more) {
        EXPECT_TRUE(part.policies.empty()) << "a status is told from a state that is lowered by half";
      }
      for (const ObjectKey& key : part.policies) statuses[key] = lean.StatusOf(key, Acknowledged(lean, key));
    }
    ASSERT_TRUE(Values(services) == Values(whole.services())) << "step " << step;
    ASSERT_TRUE(Values(lean.endpoints()) == Values(whole.endpoints())) << "step " << step;
    for (const auto& [key, service] : whole.services())
      ASSERT_EQ(*lean.Lowered(key) == *service, true) << key.ToString();
    for (const auto& [key, service] : lean.services())
      ASSERT_TRUE(whole.services().contains(key)) << key.ToString();
    for (const auto& [key, status] : Statuses(whole)) {
      ASSERT_EQ(api::ToJson(statuses[key]), api::ToJson(status)) << key.ToString() << " at step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, WorldProperty, ::testing::Range(0u, 20u));

// Hundreds of seeds in one process: starting a process for each would take longer than the test.
TEST(WorldPropertyMany, OrderOfApplyDoesNotMatter) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    RandomCluster random(seed);
    std::map<ObjectKey, AnyObject> objects;
    for (int i = 0; i < 40; ++i) {
      const AnyObject object = random.Object();
      objects.insert_or_assign(KeyOf(object), object);
    }
    std::vector<AnyObject> order;
    for (const auto& [key, object] : objects) order.push_back(object);
    World first(Options());
    for (const AnyObject& object : order) {
      first.Apply(object);
      if (random.Chance(20)) first.Drain();
    }
    first.Drain();
    std::shuffle(order.begin(), order.end(), random.engine());
    World second(Options());
    for (const AnyObject& object : order) {
      second.Apply(object);
      if (random.Chance(20)) second.Drain();
    }
    second.Drain();
    ASSERT_TRUE(Values(first.services()) == Values(second.services())) << "seed " << seed;
    ASSERT_TRUE(Values(first.endpoints()) == Values(second.endpoints())) << "seed " << seed;
    ASSERT_TRUE(Statuses(first) == Statuses(second)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace fairlead::reconcilers
