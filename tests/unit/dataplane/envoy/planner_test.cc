#include "dataplane/envoy/planner.h"

#include <envoy/config/endpoint/v3/endpoint.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using xds::ResourceName;
using xds::Type;

const xds::Audience kWaypoint{"shop", "waypoint"}, kOther{"shop", "other"};

template <class T>
Ptr<T> Shared(T value) {
  return std::make_shared<const T>(std::move(value));
}

Delta WithWaypoint(const xds::Audience& name = kWaypoint) {
  Delta delta;
  delta.waypoints[name] = Shared(EffectiveWaypoint{name, "fairlead-waypoint"});
  return delta;
}

Delta WithService(const EffectiveService& service) {
  Delta delta;
  delta.services[service.key] = Shared(service);
  return delta;
}

std::vector<std::string> Names(const std::vector<xds::ResourcePtr>& resources) {
  std::vector<std::string> out;
  for (const auto& r : resources) out.push_back(r->name.ToString());
  return out;
}

std::vector<std::string> ChangedAt(const xds::Audience& waypoint, const xds::Update& update) {
  const auto it = update.audiences.find(waypoint);
  return it == update.audiences.end() ? std::vector<std::string>() : Names(it->second.changed);
}

EffectiveService Ratings() { return ServiceWith("ratings", RuleTo({To("ratings")})); }

TEST(Planner, AServiceBecomesTableScopesClusterAndEndpoints) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  const xds::Update update = planner.Plan(WithService(Ratings()));
  EXPECT_THAT(Names(planner.ResourcesOf(kWaypoint)),
              ElementsAre("Cluster shop/ratings|80", "Endpoints shop/ratings|80",
                          "Listener shop/waypoint|plaintext", "ScopedRoute shop/waypoint|ratings",
                          "ScopedRoute shop/waypoint|ratings.shop.svc.cluster.local",
                          "ScopedRoute shop/waypoint|ratings.shop.svc.cluster.local:80",
                          "ScopedRoute shop/waypoint|ratings:80", "Route shop/ratings|80"));
  const std::vector<xds::ResourcePtr>& changed = update.audiences.at(kWaypoint).changed;
  EXPECT_EQ(changed.size(), 7u);
  EXPECT_EQ(changed.back()->needs, (std::vector<ResourceName>{{Type::kCluster, "shop/ratings|80"},
                                                              {Type::kEndpoints, "shop/ratings|80"}}));
}

TEST(Planner, ATimeoutTouchesOneResource) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  EffectiveService service = Ratings();
  planner.Plan(WithService(service));
  service.ports[0].rules[0].policy.request_timeout = Sourced<Duration>{Duration::Seconds(1), By("p")};
  const xds::Update update = planner.Plan(WithService(service));
  EXPECT_THAT(ChangedAt(kWaypoint, update), ElementsAre("Route shop/ratings|80"));
  EXPECT_THAT(update.audiences.at(kWaypoint).removed, IsEmpty());
  EXPECT_TRUE(planner.Plan(WithService(service)).empty()) << "the same again";
}

TEST(Planner, ABudgetBringsAClusterAndTakesTheOldAway) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  EffectiveService service = Ratings();
  planner.Plan(WithService(service));
  service.ports[0].rules[0].policy.retries = Retries();
  const xds::Update update = planner.Plan(WithService(service));
  EXPECT_THAT(ChangedAt(kWaypoint, update),
              ElementsAre("Cluster shop/ratings|80;budget=20/10", "Endpoints shop/ratings|80;budget=20/10",
                          "Route shop/ratings|80"));
  EXPECT_THAT(update.audiences.at(kWaypoint).removed,
              ElementsAre(ResourceName{Type::kCluster, "shop/ratings|80"},
                          ResourceName{Type::kEndpoints, "shop/ratings|80"}));
}

TEST(Planner, ASharedClusterStaysUntilItsLastUserGoes) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(ServiceWith("a", RuleTo({To("ratings")}))));
  planner.Plan(WithService(ServiceWith("b", RuleTo({To("ratings")}))));
  Delta delta;
  delta.services[ServiceKey("a")] = nullptr;
  EXPECT_THAT(planner.Plan(delta).audiences.at(kWaypoint).removed,
              Not(Contains(ResourceName{Type::kCluster, "shop/ratings|80"})));
  delta.services = {{ServiceKey("b"), nullptr}};
  EXPECT_THAT(planner.Plan(delta).audiences.at(kWaypoint).removed,
              Contains(ResourceName{Type::kCluster, "shop/ratings|80"}));
  EXPECT_THAT(Names(planner.ResourcesOf(kWaypoint)), ElementsAre("Listener shop/waypoint|plaintext"));
}

TEST(Planner, EndpointsTouchThemselvesAlone) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(Ratings()));
  Delta delta;
  const EffectiveEndpoints endpoints = EndpointsOf("ratings", 80, {"10.0.0.1"});
  delta.endpoints[endpoints.destination] = Shared(endpoints);
  EXPECT_THAT(ChangedAt(kWaypoint, planner.Plan(delta)), ElementsAre("Endpoints shop/ratings|80"));
  delta.endpoints[endpoints.destination] = nullptr;
  EXPECT_THAT(ChangedAt(kWaypoint, planner.Plan(delta)), ElementsAre("Endpoints shop/ratings|80"))
      << "empty, so that a cluster never waits for them";
  EXPECT_TRUE(planner.Plan(delta).empty());
}

TEST(Planner, EndpointsThatNobodyUsesAreNotServed) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  Delta delta;
  const EffectiveEndpoints endpoints = EndpointsOf("ratings", 80, {"10.0.0.1"});
  delta.endpoints[endpoints.destination] = Shared(endpoints);
  EXPECT_TRUE(planner.Plan(delta).empty());
}

TEST(Planner, DnsNeedsNoEndpointsResource) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(Ratings()));
  EffectiveEndpoints dns = EndpointsOf("ratings", 80, {"ratings.example"});
  dns.discovery = Discovery::kDns;
  Delta delta;
  delta.endpoints[dns.destination] = Shared(dns);
  const xds::Update update = planner.Plan(delta);
  EXPECT_THAT(ChangedAt(kWaypoint, update), ElementsAre("Cluster shop/ratings|80"));
  EXPECT_THAT(update.audiences.at(kWaypoint).removed,
              ElementsAre(ResourceName{Type::kEndpoints, "shop/ratings|80"}));
}

TEST(Planner, AServiceMovesBetweenWaypoints) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithWaypoint(kOther));
  EffectiveService service = Ratings();
  planner.Plan(WithService(service));
  service.waypoint = kOther;
  const xds::Update update = planner.Plan(WithService(service));
  EXPECT_THAT(update.audiences.at(kWaypoint).removed,
              Contains(ResourceName{Type::kRoute, "shop/ratings|80"}));
  EXPECT_THAT(ChangedAt(kOther, update), Contains("Route shop/ratings|80"));
  EXPECT_THAT(Names(planner.ResourcesOf(kWaypoint)), ElementsAre("Listener shop/waypoint|plaintext"));
}

TEST(Planner, WithoutAWaypointNothingIsServed) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  EffectiveService service = Ratings();
  service.waypoint.reset();
  EXPECT_TRUE(planner.Plan(WithService(service)).empty());
}

TEST(Planner, AWaypointComesAfterItsServices) {
  Planner planner({});
  EXPECT_TRUE(planner.Plan(WithService(Ratings())).empty());
  EXPECT_EQ(planner.Plan(WithWaypoint()).audiences.at(kWaypoint).changed.size(), 8u);
}

TEST(Planner, AWaypointThatGoesLeavesItsProxiesAlone) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(Ratings()));
  Delta delta;
  delta.waypoints[kWaypoint] = nullptr;
  const xds::Update update = planner.Plan(delta);
  EXPECT_TRUE(update.audiences.at(kWaypoint).gone);
  EXPECT_THAT(update.audiences.at(kWaypoint).removed, IsEmpty());
  EXPECT_THAT(planner.ResourcesOf(kWaypoint), IsEmpty());
}

TEST(Planner, AWaypointsOwnPortIsTaken) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  Delta delta;
  EffectiveWaypoint waypoint{kWaypoint, "fairlead-waypoint"};
  waypoint.plaintext_port = 15999;
  delta.waypoints[kWaypoint] = Shared(waypoint);
  EXPECT_THAT(ChangedAt(kWaypoint, planner.Plan(delta)), ElementsAre("Listener shop/waypoint|plaintext"));
}

TEST(Planner, OneHostHasOneAnswerWhateverCameFirst) {
  EffectiveService ours = Ratings(), theirs = Ratings();
  theirs.key = {Kind::kService, "another", "ratings"};
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(theirs));
  const xds::ResourcePtr before = planner.ResourcesOf(kWaypoint)[3];
  ASSERT_EQ(before->name.name, "shop/waypoint|ratings");
  EXPECT_NE(before->Wire().find("another/ratings|80"), std::string::npos);
  planner.Plan(WithService(ours));
  std::string scope;
  for (const auto& r : planner.ResourcesOf(kWaypoint)) {
    if (r->name.ToString() == "ScopedRoute shop/waypoint|ratings") scope = r->Wire();
  }
  EXPECT_NE(scope.find("shop/ratings|80"), std::string::npos) << "the waypoint's own namespace comes first";
}

// Any series of changes leads to what one great change would, and the updates add up to it.
class PlannerProperty : public ::testing::TestWithParam<int> {};

EffectiveService RandomService(std::mt19937* random, const std::string& name) {
  const auto pick = [random](int n) { return static_cast<int>((*random)() % static_cast<unsigned>(n)); };
  EffectiveRule rule = RuleTo({});
  for (int i = pick(3); i >= 0; --i) {
    rule.backends.push_back(pick(6) == 0 ? Unresolved()
                                         : To(std::string(1, static_cast<char>('a' + pick(4))), 80, 1));
  }
  if (pick(2) == 0) {
    rule.policy.retries = Retries(1 + pick(2));
    rule.policy.retries->budget_percent.value = 20 + pick(2);
  }
  EffectiveService service = ServiceWith(name, rule, pick(2) == 0 ? 80 : 8080);
  if (pick(3) == 0) service.hostnames = {"shared"};
  const int where = pick(4);
  service.waypoint = where == 0 ? std::optional<NamespacedName>() : where == 1 ? kOther : kWaypoint;
  return service;
}

// What the catalog of a proxy would have, by applying updates.
struct Replica {
  std::map<xds::Audience, std::map<ResourceName, std::string>> audiences;

  void Apply(const xds::Update& update) {
    for (const auto& [audience, change] : update.audiences) {
      if (change.gone) audiences.erase(audience);
      for (const auto& r : change.changed) {
        std::string& held = audiences[audience][r->name];
        EXPECT_NE(held, r->Wire()) << "told again: " << r->name.ToString();
        held = r->Wire();
      }
      for (const auto& name : change.removed) {
        EXPECT_EQ(audiences[audience].erase(name), 1u) << name.ToString();
      }
    }
  }
  std::map<ResourceName, std::string> Of(const xds::Audience& audience) { return audiences[audience]; }
};

TEST_P(PlannerProperty, IncrementalIsFromScratch) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  Planner planner({});
  Replica replica;
  Delta all;
  for (int step = 0; step < 60; ++step) {
    Delta delta;
    for (int i = 0; i < 1 + step % 3; ++i) {
      const std::string name(1, static_cast<char>('a' + random() % 4));
      switch (random() % 5) {
        case 0: {
          const xds::Audience waypoint = random() % 2 == 0 ? kWaypoint : kOther;
          const bool gone = random() % 3 == 0;
          delta.waypoints[waypoint] = gone ? nullptr : Shared(EffectiveWaypoint{waypoint, "c"});
          break;
        }
        case 1: {
          EffectiveEndpoints endpoints = EndpointsOf(name, 80, {"10.0.0." + std::to_string(random() % 3)});
          if (random() % 3 == 0) endpoints.discovery = Discovery::kDns;
          delta.endpoints[endpoints.destination] = random() % 4 == 0 ? nullptr : Shared(endpoints);
          break;
        }
        default:
          delta.services[ServiceKey(name)] =
              random() % 5 == 0 ? nullptr : Shared(RandomService(&random, name));
      }
    }
    for (const auto& [key, value] : delta.services) all.services[key] = value;
    for (const auto& [key, value] : delta.endpoints) all.endpoints[key] = value;
    for (const auto& [key, value] : delta.waypoints) all.waypoints[key] = value;
    replica.Apply(planner.Plan(delta));

    Planner scratch({});
    scratch.Plan(all);
    for (const xds::Audience& audience : {kWaypoint, kOther}) {
      std::map<ResourceName, std::string> expected;
      for (const auto& r : scratch.ResourcesOf(audience)) expected[r->name] = r->Wire();
      std::map<ResourceName, std::string> actual;
      for (const auto& r : planner.ResourcesOf(audience)) actual[r->name] = r->Wire();
      ASSERT_EQ(actual, expected) << "step " << step;
      ASSERT_EQ(replica.Of(audience), expected) << "step " << step;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, PlannerProperty, ::testing::Range(1, 13));

failover::Member At(const std::string& address, const std::string& zone, bool healthy = true) {
  return {address, 8080, {"home", "r", zone, ""}, {}, 1, healthy};
}

Delta WithFailover(std::vector<failover::Member> members, int64_t generation = 1) {
  auto policy = std::make_shared<api::FailoverPolicy>();
  policy->meta.ns = "shop";
  policy->meta.name = "near";
  policy->meta.generation = generation;
  EffectiveEndpoints endpoints;
  endpoints.destination = {{Kind::kService, "shop", "ratings"}, 80};
  endpoints.failover = EffectiveFailover{"home", policy, std::move(members)};
  Delta delta;
  delta.endpoints[endpoints.destination] = Shared(endpoints);
  return delta;
}

// "10.0.0.1 P0, 10.0.0.2 P1", as a proxy in the zone gets it.
std::string Seen(const xds::ResourcePtr& resource, const std::string& zone, const Labels& labels = {}) {
  ::envoy::config::endpoint::v3::ClusterLoadAssignment message;
  const xds::ResourcePtr at = xds::AtPlace(resource, {{"", "r", zone, ""}, labels});
  EXPECT_TRUE(message.ParseFromString(std::string(at->message.Get().bytes)));
  std::string out;
  for (const auto& group : message.endpoints()) {
    for (const auto& e : group.lb_endpoints()) {
      out += (out.empty() ? "" : ", ") + e.endpoint().address().socket_address().address() + " P" +
             std::to_string(group.priority());
    }
  }
  return out;
}

TEST(Planner, EndpointsUnderAFailoverPolicyDependOnWhereTheProxyRuns) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(Ratings()));
  const xds::Update update = planner.Plan(WithFailover({At("10.0.0.1", "za"), At("10.0.0.2", "zb")}));
  const auto& changed = update.audiences.at(kWaypoint).changed;
  ASSERT_THAT(Names(changed), ElementsAre("Cluster shop/ratings|80", "Endpoints shop/ratings|80"));
  EXPECT_EQ(Seen(changed[1], "za"), "10.0.0.1 P0, 10.0.0.2 P1");
  EXPECT_EQ(Seen(changed[1], "zb"), "10.0.0.2 P0, 10.0.0.1 P1");
  const std::vector<xds::Source> sources{{{Kind::kFailoverPolicy, "shop", "near"}, 1}};
  EXPECT_EQ(changed[0]->sources, sources) << "an acknowledgement speaks for the policy";
  EXPECT_EQ(changed[1]->sources, sources);

  // A new generation with the same meaning is told of, so that its status can be.
  const xds::Update renewed = planner.Plan(WithFailover({At("10.0.0.1", "za"), At("10.0.0.2", "zb")}, 2));
  EXPECT_EQ(renewed.audiences.at(kWaypoint).changed.size(), 2u);
}

TEST(Planner, PriorityLabelsAreComparedWithThoseOfTheProxy) {
  Planner planner({});
  planner.Plan(WithWaypoint());
  planner.Plan(WithService(Ratings()));
  failover::Member old = At("10.0.0.1", "za"), next = At("10.0.0.2", "za");
  old.labels = {{"version", "v1"}};
  next.labels = {{"version", "v2"}};
  Delta delta = WithFailover({old, next});
  auto& endpoints = delta.endpoints.begin()->second;
  EffectiveEndpoints by_version = *endpoints;
  auto policy = std::make_shared<api::FailoverPolicy>(*by_version.failover->policy);
  policy->priority_labels = {"version"};
  by_version.failover->policy = policy;
  endpoints = Shared(by_version);
  const xds::Update update = planner.Plan(delta);
  const xds::ResourcePtr& seen = update.audiences.at(kWaypoint).changed.at(1);
  EXPECT_EQ(Seen(seen, "za", {{"version", "v1"}}), "10.0.0.1 P0, 10.0.0.2 P1");
  EXPECT_EQ(Seen(seen, "za", {{"version", "v2"}}), "10.0.0.2 P0, 10.0.0.1 P1");
  EXPECT_EQ(Seen(seen, "za"), "10.0.0.1 P0, 10.0.0.2 P0");
}

TEST(Planner, ThePlacesOfAWaypointsPodsAreToldOnce) {
  Planner planner({});
  EffectiveWaypoint waypoint{kWaypoint, "fairlead-waypoint"};
  waypoint.sources["w-1"] = {{"", "r", "za", ""}, {{"version", "v1"}}};
  Delta delta;
  delta.waypoints[kWaypoint] = Shared(waypoint);
  std::map<std::string, xds::Place> places = {{"w-1", {{"", "r", "za", ""}, {{"version", "v1"}}}}};
  EXPECT_EQ(planner.Plan(delta).audiences.at(kWaypoint).places, places);
  waypoint.sources["w-2"] = {{"", "r", "zb", ""}, {}};
  places["w-2"] = {{"", "r", "zb", ""}, {}};
  delta.waypoints[kWaypoint] = Shared(waypoint);
  const xds::Update update = planner.Plan(delta);
  EXPECT_EQ(update.audiences.at(kWaypoint).places, places);
  EXPECT_THAT(update.audiences.at(kWaypoint).changed, IsEmpty());
  EXPECT_TRUE(planner.Plan(delta).empty());
}

}  // namespace
}  // namespace fairlead::envoy
