// When a drill is on: its time, where it goes, what is left without the place, and what ends it for good.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "reconcilers/explain.h"
#include "reconcilers/store/remotes.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kCluster[] =
    R"({apiVersion: v1, kind: Node, metadata: {name: a, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: za}}}
---
{apiVersion: v1, kind: Node, metadata: {name: b, labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: zb}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: waypoint}}}
---
{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: waypoint, namespace: shop}, spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80, appProtocol: http}, {name: db, port: 5432, appProtocol: tcp}]}}
---
{apiVersion: v1, kind: Service, metadata: {name: reviews, namespace: shop}, spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 80, appProtocol: http}]}}
)";

class DrillTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.SetNow(Timestamp{1000});
    Apply(kCluster);
    SetReady(true, true);
  }
  Delta Apply(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) world_.Apply(object);
    return world_.Drain();
  }
  Delta SetReady(bool a, bool b) {
    const auto ready = [](bool is) { return std::string(is ? "true" : "false"); };
    Delta delta;
    for (const char* service : {"ratings", "reviews"}) {
      delta = Apply(
          "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " + std::string(service) +
          ", namespace: shop, labels: {kubernetes.io/service-name: " + service +
          "}}, addressType: IPv4, ports: [{name: http, port: 8080, protocol: TCP}], endpoints: [{addresses: "
          "[10.1.0.1], nodeName: a, conditions: {ready: " +
          ready(a) + "}}, {addresses: [10.1.0.2], nodeName: b, conditions: {ready: " + ready(b) + "}}]}");
    }
    return delta;
  }
  std::string Policy(const std::string& drill, const std::string& status = "") const {
    return "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: near, namespace: "
           "shop, "
           "generation: " +
           std::to_string(generation_) +
           "}, spec: {targetRefs: [{kind: Service, name: ratings}, {kind: Service, name: reviews}]" +
           (drill.empty() ? "" : ", drill: {" + drill + "}") + "}" +
           (status.empty() ? "" : ", status: " + status) + "}";
  }
  Delta Drill(const std::string& drill) {
    ++generation_;
    return Apply(Policy(drill));
  }
  std::string State() const {
    const auto drill = world_.StatusOf(key_, {}).failover.drill;
    return drill ? drill->state + " " + drill->reason : "none";
  }
  std::string Message() const {
    return world_.StatusOf(key_, {}).failover.drill.value_or(api::DrillStatus()).message;
  }
  bool IsOn(const std::string& service) const {
    const Destination at{{Kind::kService, "shop", service}, 80};
    const bool endpoints = world_.endpoints().at(at)->failover->drill.has_value();
    EXPECT_EQ(world_.services().at(at.service)->ports[0].rules[0].backends[0].drill.has_value(), endpoints);
    return endpoints;
  }

  const ObjectKey key_{Kind::kFailoverPolicy, "shop", "near"};
  int generation_ = 0;
  World world_{WorldOptions()};
};

constexpr char kZoneA[] = "down: {zone: r/za}, until: \"1970-01-01T00:30:00Z\"";  // 1800

TEST_F(DrillTest, IsOnAtHttpPortsUntilItsTime) {
  const Delta begun = Drill(kZoneA);
  EXPECT_EQ(begun.services.size(), 2u);
  EXPECT_EQ(State(), "Running InForce");
  EXPECT_THAT(Message(), AllOf(HasSubstr("Service shop/ratings, Service shop/reviews leave out zone r/za"),
                               HasSubstr("port 5432 is not HTTP")));
  EXPECT_TRUE(IsOn("ratings"));
  EXPECT_EQ(world_.NextDeadline(), Timestamp{1800});
  world_.SetNow(Timestamp{1799});
  EXPECT_TRUE(world_.Drain().empty());
  world_.SetNow(Timestamp{1800});
  const Delta ended = world_.Drain();
  EXPECT_EQ(ended.services.size(), 2u);
  EXPECT_TRUE(ended.policies.contains(key_));
  EXPECT_EQ(State(), "Ended TimeOver");
  EXPECT_FALSE(IsOn("ratings"));
  EXPECT_EQ(world_.NextDeadline(), std::nullopt);
  Drill("");
  EXPECT_EQ(State(), "none");
}

TEST_F(DrillTest, IsExplainedAtTheService) {
  const ObjectKey ratings{Kind::kService, "shop", "ratings"};
  Drill("down: {zone: r/za}, weight: 20, until: \"1970-01-01T00:30:00Z\"");
  EXPECT_THAT(
      ToText(Explain(world_, ratings)),
      HasSubstr("    failover: same zone, then region, then any  <- FailoverPolicy shop/near (Service)\n"
                "      drill: leaves out zone r/za until 1970-01-01T00:30:00Z; it keeps 20 % of its "
                "requests\n"));
  Drill("");
  EXPECT_THAT(ToText(Explain(world_, ratings)), Not(HasSubstr("drill")));
}

TEST_F(DrillTest, SharesOfTheStatusAreThoseOfTheDrill) {
  Drill(std::string(kZoneA) + ", weight: 30, services: [shop/ratings]");
  EXPECT_TRUE(IsOn("ratings"));
  EXPECT_FALSE(IsOn("reviews"));
  for (const api::FailoverSource& source : world_.FailoverSources(key_)) {
    if (source.from.zone != "za" || source.ports != std::vector<int>{80}) continue;
    const bool drilled = source.name == "ratings";
    EXPECT_EQ(source.steps[0].percent, drilled ? 30 : 100) << source.name;
    EXPECT_EQ(source.steps[0].missing, drilled ? "a drill leaves out 1 of its endpoints" : "");
  }
}

TEST_F(DrillTest, StopsAndChangesAtOnce) {
  Drill(kZoneA);
  EXPECT_TRUE(IsOn("ratings"));
  Drill(std::string(kZoneA) + ", services: [reviews]");
  EXPECT_FALSE(IsOn("ratings"));
  EXPECT_TRUE(IsOn("reviews"));
  const Delta stopped = Drill("");
  EXPECT_FALSE(IsOn("reviews"));
  EXPECT_TRUE(stopped.services.contains({Kind::kService, "shop", "reviews"}));
  EXPECT_TRUE(Drill("").services.empty());
}

TEST_F(DrillTest, IsRefusedWhereNothingHealthyWouldBeLeft) {
  SetReady(true, false);
  Drill(kZoneA);
  EXPECT_EQ(State(), "Refused Unsafe");
  EXPECT_THAT(Message(), HasSubstr("nothing healthy is left for requests to Service shop/ratings"));
  EXPECT_FALSE(IsOn("ratings"));
  SetReady(true, true);
  EXPECT_EQ(State(), "Refused Unsafe") << "nobody waits for it any more";
  Drill(std::string(kZoneA) + ", weight: 10");
  EXPECT_EQ(State(), "Running InForce") << "another one";
  SetReady(true, false);
  EXPECT_EQ(State(), "Ended Unsafe");
  EXPECT_FALSE(IsOn("ratings"));
  SetReady(true, true);
  EXPECT_EQ(State(), "Ended Unsafe");
  Drill(std::string(kZoneA) + ", force: true");
  SetReady(true, false);
  EXPECT_EQ(State(), "Running InForce") << "forced";
}

TEST_F(DrillTest, WhatAnotherReplicaEndedIsEnded) {
  Drill(kZoneA);
  EXPECT_TRUE(IsOn("ratings"));
  const std::string ended = "{observedGeneration: " + std::to_string(generation_) +
                            ", drill: {state: Ended, reason: Unsafe, down: zone r/za, message: for a while}}";
  Apply(Policy(kZoneA, ended));
  EXPECT_EQ(State(), "Ended Unsafe");
  EXPECT_EQ(Message(), "for a while");
  EXPECT_FALSE(IsOn("ratings"));
  ++generation_;
  Apply(Policy(kZoneA, ended));
  EXPECT_EQ(State(), "Ended Unsafe") << "the same drill";
  Apply(Policy(std::string(kZoneA) + ", weight: 1", ended));
  EXPECT_EQ(State(), "Running InForce") << "that status is of an older generation";
}

TEST_F(DrillTest, IsRefusedForTooLongAndWithoutATarget) {
  Drill("down: {zone: r/za}, until: \"1970-01-03T00:00:00Z\"");
  EXPECT_EQ(State(), "Refused TooLong");
  Drill(std::string(kZoneA) + ", services: [gone]");
  EXPECT_EQ(State(), "Refused NoTarget");
  EXPECT_THAT(Message(), HasSubstr("gone is no target of the policy"));
  Apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
  Drill(kZoneA);
  EXPECT_EQ(State(), "Refused NoTarget");
  EXPECT_THAT(Message(), HasSubstr("no waypoint serves it"));
  Apply(
      "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: waypoint}}}");
  EXPECT_EQ(State(), "Running InForce") << "there is one now";
}

TEST_F(DrillTest, WaitsForAClusterThatIsNotReadYet) {
  SetReady(true, false);
  world_.SetRemoteState("west", {RemoteState::kConnecting, Timestamp{1}, ""});
  Drill(kZoneA);
  EXPECT_EQ(State(), "Refused Waiting");
  EXPECT_THAT(Message(), HasSubstr("as long as cluster west is not read"));
  world_.SetRemoteState("west", {RemoteState::kFresh, Timestamp{1}, ""});
  world_.Drain();
  EXPECT_EQ(State(), "Refused Unsafe") << "nothing there, either";
}

TEST_F(DrillTest, IstiodsWaypointsHaveNone) {
  WorldOptions options;
  options.istio_mode = true;
  options.istio.installed = true;
  world_ = World(options);
  world_.SetNow(Timestamp{1000});
  std::string cluster = kCluster;
  const std::string ours = "fairlead-waypoint";
  cluster.replace(cluster.find(ours), ours.size(), "istio-waypoint");
  Apply(cluster);
  SetReady(true, true);
  Drill(kZoneA);
  EXPECT_EQ(State(), "Refused NoTarget");
  EXPECT_THAT(Message(), HasSubstr("its waypoint is programmed by istiod, which has no drills"));
}

TEST_F(DrillTest, WithoutAClockNothingIsOn) {
  World world{WorldOptions()};
  for (const AnyObject& object : ObjectsOf(std::string(kCluster) + "---\n" + Policy(kZoneA)))
    world.Apply(object);
  world.Drain();
  EXPECT_FALSE(world.StatusOf(key_, {}).failover.drill);
  EXPECT_EQ(world.NextDeadline(), std::nullopt);
}

}  // namespace
}  // namespace fairlead::reconcilers
