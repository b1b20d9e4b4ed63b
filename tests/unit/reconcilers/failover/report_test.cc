// Where requests go now, and what a step lacks to work; and what of that is in a status.
#include "reconcilers/failover/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/failover/carried.h"
#include "reconcilers/store/remotes.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kCluster[] =
    R"({apiVersion: v1, kind: Node, metadata: {name: a, labels: {topology.kubernetes.io/region: east, topology.kubernetes.io/zone: e1}}}
---
{apiVersion: v1, kind: Node, metadata: {name: b, labels: {topology.kubernetes.io/region: west, topology.kubernetes.io/zone: w1}}}
---
{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}, {name: grpc, port: 81}, {name: admin, port: 82}]}}
)";

std::string Slice(const std::string& endpoints) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, "
         "labels: "
         "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, "
         "protocol: "
         "TCP}, {name: grpc, port: 8081, protocol: TCP}], endpoints: [" +
         endpoints + "]}";
}

class ReportTest : public ::testing::Test {
 protected:
  void SetUp() override { Apply(kCluster); }
  void Apply(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) world_.Apply(object);
    world_.Drain();
  }
  // Seen from each place.
  std::vector<api::FailoverSource> Seen(const std::string& spec, std::vector<uint16_t> ports = {80}) const {
    const AnyObject object = ObjectOf(
        "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, "
        "spec: "
        "{targetRefs: [{kind: Service, name: ratings}], " +
        spec + "}}");
    const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object);
    if (policy == nullptr) ADD_FAILURE() << spec;
    return Reporter(world_.view(), world_.endpoints()).Sources(**policy, {kService, std::move(ports)});
  }

  const ObjectKey kService{Kind::kService, "shop", "ratings"};
  World world_{WorldOptions()};
};

TEST_F(ReportTest, EachPlaceHasItsStepsWithHealthAndShare) {
  Apply(
      Slice("{addresses: [10.1.0.1], nodeName: a, conditions: {ready: false}}, {addresses: [10.1.0.2], "
            "nodeName: a}, "
            "{addresses: [10.1.0.3], nodeName: b}"));
  const auto sources = Seen("minHealthyPercent: 100");
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].from, (api::Locality{"", "east", "e1", ""}));
  EXPECT_EQ(sources[0].active, 1);
  EXPECT_THAT(sources[0].steps, ElementsAre(
                                    api::FailoverStepStatus{
                                        "same zone",
                                        2,
                                        1,
                                        50,
                                        "too few are healthy (spec.minHealthyPercent): it gives away a part",
                                        {}},
                                    api::FailoverStepStatus{"same region", 0, 0, 0, "no endpoints", {}},
                                    api::FailoverStepStatus{"any", 1, 1, 50, "", {}}));
  EXPECT_EQ(sources[1].steps[0].percent, 100);
}

TEST_F(ReportTest, WhereNothingIsHealthyRequestsAreRefused) {
  Apply(Slice("{addresses: [10.1.0.1], nodeName: a, conditions: {ready: false}}"));
  const auto sources = Seen("minHealthyPercent: 70");
  EXPECT_EQ(sources[0].active, 0);
  EXPECT_EQ(sources[0].unserved, 100);
  EXPECT_EQ(sources[0].steps[0].missing, "no healthy endpoint");
  EXPECT_THAT(ToText(sources),
              HasSubstr("Service shop/ratings:80 from east/e1\n    1. same zone: 0 of 1 healthy, gets 0 %; "
                        "no healthy endpoint\n"));
  EXPECT_THAT(ToText(sources), HasSubstr("100 % of the requests are answered 503"));
}

TEST_F(ReportTest, AStepInAClusterThatIsNotKnownSaysSo) {
  Apply(Slice("{addresses: [10.1.0.1], nodeName: a}, {addresses: [10.1.0.3], nodeName: b}"));
  const auto sources = Seen("localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]");
  EXPECT_EQ(sources[0].steps[1].missing, "no endpoints; cluster far is not known");
  EXPECT_EQ(sources[0].unreached, 1);
}

TEST_F(ReportTest, AClusterThatCannotBeReachedIsNamed) {
  world_.SetRemoteState("far", {RemoteState::kStale, {1}, "timed out"});
  EXPECT_THAT(
      Seen("localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]")[0].steps[1].missing,
      HasSubstr("cluster far is stale"));
}

TEST_F(ReportTest, OneThatIsKnownFromBeforeTheStartSaysOfWhen) {
  world_.KeepRemote("far", {});
  world_.SetRemoteState("far", {RemoteState::kStale, {1'800'000'000}, "timed out", "", true});
  EXPECT_THAT(
      Seen("localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]")[0].steps[1].missing,
      HasSubstr("cluster far is stale, known from before the start: of 2027-01-15T08:00:00Z"));
}

TEST_F(ReportTest, AClusterThatSettingsKeepOutIsNamed) {
  world_.SetRemoteState("far", {RemoteState::kFresh, {1}, ""});
  const std::string spec = "localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]";
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: team}, spec: {namespaces: "
      "[{names: [shop]}]}}\n---\n"
      "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: shop}, "
      "spec: {clusters: {join: None}}}");
  EXPECT_EQ(Seen(spec)[0].steps[1].missing,
            "no endpoints; cluster far is not joined: settings of workspace team");
}

// Of one endpoint in cluster far, on a network that is not ours.
class NetworksTest : public ReportTest {
 protected:
  explicit NetworksTest(WorldOptions options = {}) { world_ = World(std::move(options)); }
  void SetUp() override {
    ReportTest::SetUp();
    const std::string service =
        "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: "
        "{istio.io/global: "
        "\"true\"}}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}}";
    Apply(service);
    Apply(Network("near"));
    Far(service);
    Far(Network("n2"));
    Far(Slice("{addresses: [10.2.0.1]}"));
    world_.SetRemoteState("far", {RemoteState::kFresh, {1}, ""});
    world_.Drain();
  }
  static std::string Network(const std::string& name) {
    return "{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: "
           "{topology.istio.io/network: " +
           name + "}}}";
  }
  void Far(const std::string& yaml) { world_.ApplyRemote("far", ObjectOf(yaml)); }
  void FarGateway() {
    Far("{apiVersion: v1, kind: Service, metadata: {name: eastwest, namespace: istio-system, labels: "
        "{topology.istio.io/network: n2}}, spec: {type: LoadBalancer, ports: [{port: 15008}]}}");
    world_.Drain();
  }
  api::FailoverStepStatus Step() const {
    return Seen("localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]").at(0).steps.at(1);
  }
};

TEST_F(NetworksTest, AStepOnAnotherNetworkSaysWhatIsMissing) {
  EXPECT_EQ(Step().missing, "no healthy endpoint; no east-west gateway known for network n2 in cluster far");
  FarGateway();
  EXPECT_EQ(Step().missing,
            "no healthy endpoint; network n2 of cluster far is reached by its gateway alone, which this "
            "waypoint does not use");
  Apply(Network("n2"));
  EXPECT_EQ(Step().missing, "");
}

// Endpoints that are lowered for proxies are not looked up again for statuses, and tell the same.
TEST_F(NetworksTest, LoweredEndpointsTellTheSame) {
  FarGateway();
  for (const std::string by : {"priorityLabels: [topology.kubernetes.io/region, version]",
                               "localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]"}) {
    const AnyObject object = ObjectOf(
        "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, "
        "spec: {targetRefs: [{kind: Service, name: ratings}], " +
        by + "}}");
    world_.Apply(object);
    world_.Drain();
    const auto lowered = world_.endpoints().find({kService, 80});
    ASSERT_NE(lowered, world_.endpoints().end());
    ASSERT_TRUE(lowered->second->failover);
    const auto& policy = *std::get<Ptr<api::FailoverPolicy>>(object);
    const Reporter::Lowered none;
    const auto looked_up = Reporter(world_.view(), none).Sources(policy, {kService, {80}});
    EXPECT_EQ(Reporter(world_.view(), world_.endpoints()).Sources(policy, {kService, {80}}), looked_up) << by;
    EXPECT_FALSE(looked_up.empty());
  }
}

class IstiodNetworksTest : public NetworksTest {
 protected:
  IstiodNetworksTest() : NetworksTest(WorldOptions{.istio_mode = true}) {}
};

// The same of what World tells, which takes endpoints as they were lowered: they follow.
TEST_F(IstiodNetworksTest, WhatWorldTellsFollowsWaypointsAndGateways) {
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}], "
      "localities: [{from: {region: east}, steps: [{to: [{cluster: far}]}]}]}}");
  const auto agree = [&](const std::string& after) {
    world_.Drain();
    const ObjectKey key{Kind::kFailoverPolicy, "shop", "p"};
    const bool served = world_.services().at(kService)->waypoint.has_value();
    const auto policy = std::get<Ptr<api::FailoverPolicy>>(*world_.Find(key));
    Carriers carriers(world_.view(), *policy);
    const Reporter::Lowered none;
    const auto looked_up =
        Reporter(world_.view(), none)
            .Sources(*carriers.At(*world_.services().at(kService)).policy, {kService, {80}});
    ASSERT_FALSE(looked_up.empty());
    EXPECT_EQ(world_.FailoverSources(key), served ? looked_up : std::vector<api::FailoverSource>()) << after;
  };
  const std::string waypoint =
      "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: w, namespace: shop}, spec: "
      "{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}";
  Apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: w}}}");
  agree("a label");
  FarGateway();
  agree("a gateway of their network");
  Apply(waypoint);
  agree("the waypoint");
  world_.RemoveRemoteObject("far", {Kind::kService, "istio-system", "eastwest"});
  agree("their gateway is gone");
  FarGateway();
  agree("and back");
  world_.Remove({Kind::kGateway, "shop", "w"});
  agree("the waypoint is gone");
  Apply(waypoint);
  agree("the waypoint is back");
  Apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
  agree("no label");
}

TEST_F(IstiodNetworksTest, AWaypointOfIstiodGoesThroughGateways) {
  Apply(
      "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: w}}}\n---\n"
      "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: w, namespace: shop}, spec: "
      "{gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}");
  EXPECT_EQ(Step().missing, "no healthy endpoint; no east-west gateway known for network n2 in cluster far");
  FarGateway();
  EXPECT_EQ(Step().missing, "");
  EXPECT_EQ(Step().healthy, 1);
}

TEST_F(ReportTest, WithoutOutlierDetectionAStepThatOthersFollowLacksIt) {
  Apply(Slice("{addresses: [10.1.0.1], nodeName: a}, {addresses: [10.1.0.3], nodeName: b}"));
  const auto sources = Seen("outlierDetection: {consecutiveErrors: 0}");
  EXPECT_THAT(sources[0].steps[0].missing, HasSubstr("no outlier detection"));
  EXPECT_EQ(sources[0].steps[2].missing, "");
}

TEST_F(ReportTest, PortsThatAreAlikeAreTogether) {
  Apply(Slice("{addresses: [10.1.0.1], nodeName: a}"));
  const auto sources = Seen("minHealthyPercent: 70", {80, 81, 82});
  ASSERT_EQ(sources.size(), 4u);
  EXPECT_THAT(sources[0].ports, ElementsAre(80, 81));
  EXPECT_THAT(sources[3].ports, ElementsAre(82));
}

api::FailoverSource Source(const std::string& name, const std::string& zone, int active, size_t steps) {
  api::FailoverSource out;
  out.ns = "shop";
  out.name = name;
  out.from = {"", "east", zone, ""};
  out.active = active;
  out.unserved = active == 0 ? 100 : 0;
  out.steps.resize(steps);
  return out;
}

TEST(BoundedReport, OfTooManyTheWorstAreTold) {
  std::vector<api::FailoverSource> all;
  for (int target = 0; target < 10; ++target) {
    for (int zone = 0; zone < 20; ++zone) {
      const bool down = target == 9 && zone == 19;
      all.push_back(Source("t" + std::to_string(target), "z" + std::to_string(100 + zone), down ? 0 : 1,
                           down ? 12 : 3));
    }
  }
  const api::FailoverStatus status = Bounded(all, 1000);
  EXPECT_EQ(status.sources.size(), api::FailoverStatus::kMaxSources);
  EXPECT_EQ(status.more_sources, 1000 + 200 - 64);
  EXPECT_EQ(status.steps, "3-12");
  EXPECT_EQ(status.active, "0,1");
  const api::FailoverSource& last = status.sources.back();
  EXPECT_EQ(last.name, "t9");
  EXPECT_EQ(last.unserved, 100);
  EXPECT_EQ(last.steps.size(), api::FailoverSource::kMaxSteps);
  EXPECT_EQ(last.more_steps, 4);
}

TEST(BoundedReport, TheStepInUseIsToldWhereverItIs) {
  const api::FailoverStatus status = Bounded({Source("t", "z", 11, 12)}, 0);
  const std::vector<api::FailoverStepStatus>& steps = status.sources.at(0).steps;
  ASSERT_EQ(steps.size(), api::FailoverSource::kMaxSteps);
  EXPECT_EQ(steps.back().number, 11);
  EXPECT_EQ(steps[6].number, 0);
  EXPECT_EQ(status.sources[0].more_steps, 4);
}

TEST(BoundedReport, TextsAreAsShortAsTheSchemaHasThem) {
  api::FailoverSource source = Source("t", "z", 1, 1);
  source.steps[0].to = std::string(5000, 'x');
  source.steps[0].missing = std::string(5000, 'y');
  const api::FailoverStatus status = Bounded({source}, 0);
  EXPECT_EQ(status.sources[0].steps[0].to.size(), 256u);
  EXPECT_THAT(status.sources[0].steps[0].missing, HasSubstr("... (5000 bytes)"));
}

TEST(OutlierDetectionInWords, HasEveryField) {
  EXPECT_EQ(
      InWords(api::OutlierDetection()),
      "5 errors in a row: out for 30s, longer each time, at most 100 % of the endpoints; looked at every "
      "10s");
  api::OutlierDetection off;
  off.consecutive_errors = 0;
  EXPECT_EQ(InWords(off), "off");
}

TEST(BoundedReport, NothingIsNothing) { EXPECT_EQ(Bounded({}, 0), api::FailoverStatus()); }

}  // namespace
}  // namespace fairlead::reconcilers::failover
