// How much World does for a change: what is touched, however much else there is; and nothing for no change.
#include <gtest/gtest.h>

#include "reconcilers/world.h"

namespace fairlead::reconcilers {
namespace {

template <class T>
AnyObject Share(T object) {
  return std::make_shared<const T>(std::move(object));
}

std::string Name(const std::string& prefix, int i) { return prefix + std::to_string(i); }

core::Service ServiceNamed(int i) {
  core::Service service;
  service.meta.ns = "shop";
  service.meta.name = Name("s", i);
  service.meta.labels.Set("tier", "web");
  service.cluster_ips = {"10.0.0.1"};
  service.ports.push_back({"http", 80, "TCP", "http", ""});
  return service;
}

gateway::HTTPRoute RouteNamed(int i) {
  gateway::HTTPRoute route;
  route.meta.ns = "shop";
  route.meta.name = Name("r", i);
  route.parents.push_back({"", "Service", "shop", Name("s", i), {}, {}});
  gateway::HttpRouteRule rule;
  rule.matches.emplace_back();
  rule.backends.push_back({{"", "Service", "shop", Name("s", i), uint16_t{80}}, 1, {}});
  route.rules.push_back(std::move(rule));
  return route;
}

api::RetryTimeoutPolicy PolicyNamed(int i) {
  api::RetryTimeoutPolicy policy;
  policy.meta.ns = "shop";
  policy.meta.name = Name("p", i);
  policy.meta.generation = 1;
  policy.targets.refs.push_back({Kind::kHTTPRoute, Name("r", i), std::nullopt});
  policy.timeouts.request = Duration::Seconds(1);
  return policy;
}

World WorldOf(int n) {
  World world({});
  for (int i = 0; i < n; ++i) {
    world.Apply(Share(ServiceNamed(i)));
    world.Apply(Share(RouteNamed(i)));
    world.Apply(Share(PolicyNamed(i)));
  }
  world.Drain();
  return world;
}

TEST(WorldWork, OneChangeLowersOneServiceHoweverManyThereAre) {
  for (int n : {10, 1000}) {
    World world = WorldOf(n);
    const WorldCounters before = world.counters();
    api::RetryTimeoutPolicy policy = PolicyNamed(3);
    policy.timeouts.request = Duration::Seconds(2);
    world.Apply(Share(policy));
    gateway::HTTPRoute route = RouteNamed(4);
    route.rules.front().timeouts.request = Duration::Seconds(9);
    world.Apply(Share(route));
    const Delta delta = world.Drain();
    EXPECT_EQ(world.counters().services - before.services, 2u) << n;
    EXPECT_EQ(world.counters().endpoints - before.endpoints, 0u) << n;
    EXPECT_LE(world.counters().targets - before.targets, 2u) << n;
    EXPECT_EQ(world.counters().policies - before.policies, 0u) << "no selector is evaluated anew";
    EXPECT_EQ(delta.services.size(), 2u);
    EXPECT_EQ(delta.policies.count({Kind::kRetryTimeoutPolicy, "shop", "p3"}), 1u);
  }
}

TEST(WorldWork, AResyncWithNothingChangedLowersNothing) {
  World world = WorldOf(20);
  const WorldCounters before = world.counters();
  for (int i = 0; i < 20; ++i) {
    core::Service service = ServiceNamed(i);
    service.meta.resource_version = "77";
    world.Apply(Share(service));
    api::RetryTimeoutPolicy policy = PolicyNamed(i);
    policy.meta.resource_version = "78";
    policy.status.emplace().observed_generation = 1;
    world.Apply(Share(policy));
  }
  EXPECT_TRUE(world.Drain().empty());
  EXPECT_EQ(world.counters().services, before.services);
  // The newest is shown all the same.
  const auto found = world.Find({Kind::kService, "shop", "s0"});
  EXPECT_EQ(MetaOf(*found).resource_version, "77");
}

TEST(WorldWork, AnEqualLoweredValueIsNotTold) {
  World world = WorldOf(5);
  core::Service service = ServiceNamed(1);
  service.meta.labels.Set("note", "irrelevant");
  world.Apply(Share(service));
  const Delta delta = world.Drain();
  EXPECT_TRUE(delta.services.empty());
  EXPECT_TRUE(delta.policies.empty());
}

TEST(WorldWork, AnInvalidVersionLeavesTheLastGoodInForce) {
  World world = WorldOf(2);
  const ObjectKey key{Kind::kRetryTimeoutPolicy, "shop", "p1"};
  Invalid invalid{key, PolicyNamed(1).meta, {{"spec.timeouts.request", "must be a duration"}}};
  invalid.meta.generation = 2;
  world.Apply(Share(invalid));
  const Delta delta = world.Drain();
  EXPECT_TRUE(delta.services.empty());
  EXPECT_EQ(delta.policies, std::set<ObjectKey>{key});
  const api::PolicyStatus status = world.StatusOf(key, {});
  EXPECT_EQ(status.observed_generation, 2);
  EXPECT_EQ(status.conditions.front().reason, "Invalid");
  EXPECT_EQ(status.conditions.front().message,
            "spec.timeouts.request: must be a duration; generation 1 stays in force");
  world.Apply(Share(PolicyNamed(1)));
  EXPECT_TRUE(world.Drain().services.empty());
}

TEST(WorldWork, AnInvalidRouteLeavesTheLastGoodInForceAndItsRemovalEndsIt) {
  World world = WorldOf(1);
  const ObjectKey key{Kind::kHTTPRoute, "shop", "r0"};
  world.Apply(Share(Invalid{key, RouteNamed(0).meta, {{"spec", "broken"}}}));
  EXPECT_TRUE(world.Drain().services.empty());
  world.Remove(key);
  const Delta delta = world.Drain();
  const EffectiveService& service = *delta.services.at({Kind::kService, "shop", "s0"});
  EXPECT_EQ(service.ports.front().rules.front().route, service.key);
}

api::Workspace WorkspaceNamed(int i) {
  api::Workspace workspace;
  workspace.meta.name = Name("w", i);
  workspace.namespaces.push_back({"*", {}, LabelSelector{{{"team", Name("w", i)}}, {}}});
  return workspace;
}

core::Namespace NamespaceNamed(int i, int team) {
  core::Namespace ns;
  ns.meta.name = Name("n", i);
  ns.meta.labels.Set("team", Name("w", team));
  return ns;
}

// Of ten workspaces with ten namespaces each; every one has a policy over its workspace.
TEST(WorldWork, ANamespaceThatMovesCostsWhatIsInIt) {
  World world({});
  for (int i = 0; i < 10; ++i) world.Apply(Share(WorkspaceNamed(i)));
  for (int i = 0; i < 100; ++i) {
    world.Apply(Share(NamespaceNamed(i, i % 10)));
    core::Service service = ServiceNamed(i);
    service.meta.ns = Name("n", i);
    world.Apply(Share(service));
    api::RetryTimeoutPolicy policy = PolicyNamed(i);
    policy.meta.ns = Name("n", i);
    policy.targets = {{}, {{Kind::kService, LabelSelector{{{"tier", "web"}}, {}}}}, api::Scope::kWorkspace};
    world.Apply(Share(policy));
  }
  world.Drain();
  const WorldCounters before = world.counters();
  world.Apply(Share(NamespaceNamed(3, 4)));
  const Delta delta = world.Drain();
  EXPECT_EQ(delta.workspaces, (std::set<std::string>{"w3", "w4"}));
  EXPECT_EQ(world.counters().policies - before.policies, 1u) << "its own policy looks elsewhere now";
  // Its own policy sees the services of the other workspace; its service is seen from there.
  EXPECT_EQ(delta.policies.size(), 1u + 9 + 10) << "those that lost and won a target";
  EXPECT_LE(world.counters().services - before.services, 20u);
}

}  // namespace
}  // namespace fairlead::reconcilers
