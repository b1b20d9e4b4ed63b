// What people suffer from where failover between clusters is a pile of objects that are kept in step by hand:
// each reported case, by its number in istio/istio, with one FailoverPolicy.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/failover/members.h"
#include "reconcilers/failover/shares.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ObjectKey kRatings{Kind::kService, "shop", "ratings"};
const ObjectKey kPolicy{Kind::kFailoverPolicy, "shop", "ratings"};

// The Service is the same in each cluster, and in none of the others is there anything but endpoints.
class HandSynced : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* yaml :
         {"{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: "
          "waypoint}}}",
          "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: waypoint, namespace: "
          "shop}, spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, "
          "protocol: "
          "HBONE}]}}",
          "{apiVersion: v1, kind: Node, metadata: {name: node, labels: {topology.kubernetes.io/region: east, "
          "topology.kubernetes.io/zone: e1}}}",
          kService}) {
      world_.Apply(ObjectOf(yaml));
    }
    for (const char* cluster : {"west", "north"}) {
      world_.ApplyRemote(cluster, ObjectOf("{apiVersion: v1, kind: Node, metadata: {name: node, labels: "
                                           "{topology.kubernetes.io/region: " +
                                           std::string(cluster) + ", topology.kubernetes.io/zone: z1}}}"));
      world_.ApplyRemote(cluster, ObjectOf(kService));
      world_.SetRemoteState(cluster, {RemoteState::kFresh, {1}, ""});
    }
  }
  // endpoints: "10.1.0.1" ready, "!10.1.0.2" not; each of the pod "p-<address>"
  static std::string Slice(const std::vector<std::string>& endpoints) {
    std::string items;
    for (std::string address : endpoints) {
      const bool ready = address[0] != '!';
      if (!ready) address.erase(0, 1);
      items += (items.empty() ? "" : ", ") + ("{addresses: [" + address) +
               "], nodeName: node, targetRef: {kind: Pod, name: p-" + address +
               "}, conditions: {ready: " + (ready ? "true" : "false") + "}}";
    }
    return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, "
           "labels: "
           "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, "
           "protocol: TCP}], endpoints: [" +
           items + "]}";
  }
  void Here(const std::vector<std::string>& endpoints) { world_.Apply(ObjectOf(Slice(endpoints))); }
  void In(const std::string& cluster, const std::vector<std::string>& endpoints) {
    world_.ApplyRemote(cluster, ObjectOf(Slice(endpoints)));
  }
  void Policy(const std::string& spec) {
    world_.Apply(ObjectOf(
        "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: ratings, namespace: "
        "shop}, spec: {targetRefs: [{kind: Service, name: ratings}], " +
        spec + "}}"));
  }
  // "10.1.0.1 33 %": whoever gets something, of the requests from zone e1 of region east
  std::vector<std::string> Traffic() {
    world_.Drain();
    const auto policy = world_.view().tables.Get<api::FailoverPolicy>(kPolicy.nn());
    EXPECT_NE(policy, nullptr);
    const Source source{{"Kubernetes", "east", "e1", ""}, {}};
    const Plan plan = PlanFailover(*policy, source, MembersOf(world_.view(), {kRatings, 80}));
    const std::vector<double> shares = MemberShares(plan, SharesOf(plan));
    std::vector<std::string> out;
    for (size_t i = 0; i < shares.size(); ++i) {
      if (shares[i] == 0) continue;
      out.push_back(plan.members[i].address + " " + std::to_string(static_cast<int>(shares[i] * 100 + 0.5)) +
                    " %");
    }
    return out;
  }

  static constexpr char kService[] =
      "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {istio.io/global: "
      "\"true\"}}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}]}}";
  World world_{WorldOptions()};
};

TEST_F(HandSynced, Istio35124WeightsAndFailoverInOnePolicy) {
  Here({"10.1.0.1"});
  In("west", {"10.2.0.1"});
  In("north", {"10.3.0.1"});
  Policy(
      "minHealthyPercent: 100, localities: [{from: {region: east}, steps: [{to: [{region: east, weight: 80}, "
      "{cluster: west, weight: 20}]}, {to: [{cluster: north}]}]}]");
  EXPECT_THAT(Traffic(), ElementsAre("10.1.0.1 80 %", "10.2.0.1 20 %"));
  In("west", {"!10.2.0.1"});
  EXPECT_THAT(Traffic(), ElementsAre("10.1.0.1 50 %", "10.3.0.1 50 %"));
  Here({"!10.1.0.1"});
  EXPECT_THAT(Traffic(), ElementsAre("10.3.0.1 100 %"));
  Here({"10.1.0.1"});
  In("west", {"10.2.0.1"});
  EXPECT_THAT(Traffic(), ElementsAre("10.1.0.1 80 %", "10.2.0.1 20 %"));
}

TEST_F(HandSynced, Istio49500LabelsOfEndpointsOfOtherClustersCount) {
  Here({});
  In("west", {"10.2.0.1"});
  In("north", {"10.3.0.1"});
  world_.ApplyRemote("north",
                     ObjectOf("{apiVersion: v1, kind: Pod, metadata: {name: p-10.3.0.1, namespace: shop, "
                              "labels: {topology.kubernetes.io/region: east}}}"));
  world_.ApplyRemote("north",
                     ObjectOf("{apiVersion: v1, kind: Node, metadata: {name: node, labels: "
                              "{topology.kubernetes.io/region: east, topology.kubernetes.io/zone: e7}}}"));
  Policy("priorityLabels: [topology.kubernetes.io/region, topology.istio.io/cluster]");
  EXPECT_THAT(Traffic(), ElementsAre("10.3.0.1 100 %"));
  In("north", {"!10.3.0.1"});
  EXPECT_THAT(Traffic(), ElementsAre("10.2.0.1 100 %"));
}

TEST_F(HandSynced, Istio19257TrafficStaysWhileTheOwnClusterIsWellAndLeavesWhenItIsNot) {
  Here({"10.1.0.1", "10.1.0.2"});
  In("west", {"10.2.0.1"});
  Policy("priorityLabels: [topology.istio.io/cluster]");
  EXPECT_THAT(Traffic(), ElementsAre("10.1.0.1 50 %", "10.1.0.2 50 %"));
  Here({"!10.1.0.1", "!10.1.0.2"});
  EXPECT_THAT(Traffic(), ElementsAre("10.2.0.1 100 %"));
  // Without outlier detection the order would have no effect on errors: it is on though nobody asked for it.
  const auto policy = world_.view().tables.Get<api::FailoverPolicy>(kPolicy.nn());
  EXPECT_GT(policy->outlier_detection.consecutive_errors, 0);
}

TEST_F(HandSynced, Istio60985NoWaypointOfTheOtherClusterTakesPart) {
  Here({"!10.1.0.1"});
  In("west", {"10.2.0.1"});
  Policy("localities: [{from: {}, steps: [{to: [{region: east}]}, {to: [{cluster: west}]}]}]");
  EXPECT_THAT(Traffic(), ElementsAre("10.2.0.1 100 %"));
  const auto before = world_.endpoints();
  world_.ApplyRemote("west", ObjectOf("{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: "
                                      "{istio.io/use-waypoint: none}}}"));
  world_.Drain();
  EXPECT_EQ(world_.endpoints(), before);
}

TEST_F(HandSynced, Istio56690AnotherNetworkIsToldAndSpilledOver) {
  Here({"!10.1.0.1"});
  In("west", {"10.2.0.1"});
  In("north", {"10.3.0.1"});
  const auto network = [](const std::string& name) {
    return ObjectOf(
        "{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: "
        "{topology.istio.io/network: " +
        name + "}}}");
  };
  world_.Apply(network("near"));
  world_.ApplyRemote("west", network("far"));
  world_.ApplyRemote("north", network("near"));
  Policy(
      "localities: [{from: {}, steps: [{to: [{region: east}]}, {to: [{cluster: west}]}, {to: [{cluster: "
      "north}]}]}]");
  EXPECT_THAT(Traffic(), ElementsAre("10.3.0.1 100 %"));
  const auto sources = world_.StatusOf(kPolicy, {}).failover.sources;
  ASSERT_FALSE(sources.empty());
  ASSERT_EQ(sources[0].steps.size(), 3u);
  EXPECT_EQ(sources[0].active, 3);
  EXPECT_THAT(sources[0].steps[1].missing, HasSubstr("no healthy endpoint"));
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
