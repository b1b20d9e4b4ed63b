// What is kept of other clusters, and which Services a change there touches.
#include "reconcilers/store/remotes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const NamespacedName kRatings{"shop", "ratings"};

AnyObject Service(const std::string& name, bool global = true, const std::string& more = "") {
  return ObjectOf("{apiVersion: v1, kind: Service, metadata: {name: " + name +
                  ", namespace: shop, resourceVersion: \"1\", labels: {istio.io/global: \"" +
                  (global ? "true" : "false") + "\"" + more +
                  "}}, spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}}");
}

AnyObject Slice(const std::string& service, const std::string& endpoints, const std::string& version = "1") {
  return ObjectOf(
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: s, namespace: shop, "
      "resourceVersion: \"" +
      version + "\", labels: {kubernetes.io/service-name: " + service +
      "}}, addressType: IPv4, ports: [{port: 8080, protocol: TCP}], endpoints: [" + endpoints + "]}");
}

AnyObject Pod(const std::string& name, const std::string& version, const std::string& phase = "Running") {
  return ObjectOf("{apiVersion: v1, kind: Pod, metadata: {name: " + name +
                  ", namespace: shop, labels: {version: " + version + "}}, status: {phase: " + phase + "}}");
}

AnyObject Node(const std::string& zone, const std::string& other = "a") {
  return ObjectOf("{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/zone: " +
                  zone + ", other: " + other + "}}}");
}

constexpr char kEndpoint[] = "{addresses: [10.2.0.1], nodeName: n1, targetRef: {kind: Pod, name: p}}";

class RemotesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    remotes_.Apply("west", Service("ratings"));
    remotes_.Apply("west", Slice("ratings", kEndpoint));
    remotes_.SetStatus("west", {RemoteState::kFresh, {1}, ""});
  }
  const RemoteCluster& West() const { return remotes_.clusters().at("west"); }
  Remotes remotes_;
};

TEST_F(RemotesTest, WhatIsEqualInAllThatIsReadTouchesNothing) {
  EXPECT_THAT(remotes_.Apply("west", Slice("ratings", kEndpoint, "2")), IsEmpty());
  EXPECT_THAT(remotes_.Apply("west", Service("other", false, ", team: a")), IsEmpty());
  EXPECT_THAT(remotes_.Apply("west", Service("other", false, ", team: b")), IsEmpty());
  EXPECT_THAT(remotes_.Apply("west", Node("w1")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", Node("w1", "b")), IsEmpty());
  EXPECT_THAT(remotes_.Apply("west", Pod("p", "v1")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", Pod("p", "v1", "Pending")), IsEmpty());
  EXPECT_THAT(remotes_.Replace("west", Kind::kEndpointSlice, {Slice("ratings", kEndpoint, "3")}), IsEmpty());
}

TEST_F(RemotesTest, AChangeTouchesTheServicesOfItsEndpoints) {
  EXPECT_THAT(remotes_.Apply("west", Node("w2")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", Pod("p", "v2")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", Pod("other", "v2")), IsEmpty());
  EXPECT_THAT(remotes_.Remove("west", {Kind::kPod, "shop", "p"}), ElementsAre(kRatings));
  remotes_.Apply("west", Service("reviews"));
  EXPECT_THAT(remotes_.Apply("west", Slice("reviews", kEndpoint)),
              ElementsAre(kRatings, NamespacedName{"shop", "reviews"}));
  EXPECT_THAT(remotes_.Replace("west", Kind::kEndpointSlice, {}),
              ElementsAre(NamespacedName{"shop", "reviews"}));
  EXPECT_THAT(remotes_.Remove("west", {Kind::kEndpointSlice, "shop", "s"}), IsEmpty());
}

TEST_F(RemotesTest, WhatIsNotGlobalTouchesNothing) {
  EXPECT_THAT(remotes_.Apply("west", Service("ratings", false)), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", Slice("ratings", "")), IsEmpty());
  EXPECT_THAT(remotes_.SetStatus("west", {RemoteState::kExpired, {2}, "timeout"}), IsEmpty());
}

TEST_F(RemotesTest, AGatewayToANetworkTouchesAll) {
  const auto gateway = [](const std::string& labels) {
    return ObjectOf(
        "{apiVersion: v1, kind: Service, metadata: {name: eastwest, namespace: istio-system, labels: {" +
        labels + "}}, spec: {ports: [{port: 15008}]}}");
  };
  EXPECT_THAT(remotes_.Apply("west", gateway("topology.istio.io/network: n2")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", gateway("topology.istio.io/network: n2, a: b")), IsEmpty());
  EXPECT_THAT(remotes_.Apply("west", gateway("a: b")), ElementsAre(kRatings));
}

TEST_F(RemotesTest, AStateTouchesWhereItCountsDifferently) {
  EXPECT_THAT(remotes_.SetStatus("west", {RemoteState::kStale, {2}, "timeout"}), IsEmpty());
  EXPECT_EQ(West().status.reason, "timeout");
  EXPECT_THAT(remotes_.SetStatus("west", {RemoteState::kExpired, {2}, "timeout"}), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.SetStatus("west", {RemoteState::kFresh, {3}, ""}), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Forget("west"), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.clusters(), IsEmpty());
}

TEST_F(RemotesTest, LabelsOfPodsAreKeptOnce) {
  for (int i = 0; i < 300; ++i) {
    remotes_.Apply("west", Pod("p" + std::to_string(i), i % 2 == 0 ? "v1" : "v2"));
    remotes_.Apply("west", Pod("changing", "v" + std::to_string(i)));
  }
  const auto pod = [&](const std::string& name) { return West().tables.Get<core::Pod>({"shop", name}); };
  EXPECT_EQ(pod("p0"), pod("p298"));
  EXPECT_NE(pod("p0"), pod("p1"));
  EXPECT_EQ(pod("changing")->meta.labels.Get("version"), "v299");
}

TEST_F(RemotesTest, ALastGoodVersionStays) {
  EXPECT_THAT(
      remotes_.Apply("west", ObjectOf("{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: "
                                      "shop}, spec: {ports: [{port: 99999999}]}}")),
      IsEmpty());
  ASSERT_NE(West().tables.Get<core::Service>(kRatings), nullptr);
}

TEST_F(RemotesTest, OtherKindsAreNotRead) {
  const AnyObject policy = ObjectOf(
      "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: p, namespace: shop}, "
      "spec: {targetRefs: [{kind: Service, name: ratings}]}}");
  EXPECT_THAT(remotes_.Apply("west", policy), IsEmpty());
  EXPECT_THAT(West().tables.Names(Kind::kRetryTimeoutPolicy), IsEmpty());
}

TEST_F(RemotesTest, APolicyTouchesTheServicesOfItsScopeAndItsStatusNone) {
  const auto policy = [](const std::string& spec, const std::string& status = "") {
    return ObjectOf(
        "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, "
        "spec: {targetSelectors: [{kind: Service}], minHealthyPercent: " +
        spec + "}, status: {" + status + "}}");
  };
  EXPECT_THAT(remotes_.Apply("west", policy("50")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", policy("50", "observedGeneration: 3")), IsEmpty());
  EXPECT_FALSE(West().tables.Get<api::FailoverPolicy>({"shop", "p"})->status);
  EXPECT_THAT(remotes_.Apply("west", policy("60")), ElementsAre(kRatings));
  remotes_.Apply("west", ObjectOf("{apiVersion: v1, kind: Service, metadata: {name: x, namespace: other, "
                                  "labels: {istio.io/global: \"true\"}}, spec: {ports: [{port: 80}]}}"));
  EXPECT_THAT(remotes_.Apply("west", policy("70")), ElementsAre(kRatings));
  EXPECT_THAT(remotes_.Apply("west", policy("70, scope: Mesh")),
              ElementsAre(NamespacedName{"other", "x"}, kRatings));
  EXPECT_THAT(remotes_.Remove("west", {Kind::kFailoverPolicy, "shop", "p"}),
              ElementsAre(NamespacedName{"other", "x"}, kRatings));
}

}  // namespace
}  // namespace fairlead::reconcilers
