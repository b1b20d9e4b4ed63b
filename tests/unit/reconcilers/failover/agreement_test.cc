// FailoverPolicies of other clusters for joined Services: what is told where they ask for something else.
#include "reconcilers/failover/agreement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "reconcilers/store/remotes.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::HasSubstr;

const ObjectKey kPolicy{Kind::kFailoverPolicy, "shop", "near"};

std::string ServiceYaml(const std::string& labels = "istio.io/global: \"true\"") {
  return "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {" + labels +
         "}}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80}, {name: admin, port: 81}]}}";
}

std::string PolicyYaml(const std::string& spec, const std::string& name = "near",
                       const std::string& ns = "shop", const std::string& created = "2026-01-01") {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: " + name +
         ", namespace: " + ns + ", generation: 7, creationTimestamp: \"" + created +
         "T00:00:00Z\"}, spec: {" + spec + "}}";
}

constexpr char kNamed[] = "targetRefs: [{kind: Service, name: ratings}]";

std::string Ask(const std::string& spec) { return std::string(kNamed) + ", " + spec; }

class AgreementTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Here(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: w}}}\n---\n"
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: w, namespace: shop, "
        "labels: {istio.io/waypoint-for: service}}, spec: {gatewayClassName: fairlead-waypoint, listeners: "
        "[{name: mesh, port: 15008, protocol: HBONE}]}}");
    Here(ServiceYaml());
    Here(PolicyYaml(Ask("minHealthyPercent: 70")));
    There(ServiceYaml());
    world_.SetRemoteState("west", {RemoteState::kFresh, {1}, ""});
    world_.Drain();
  }
  void Here(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) world_.Apply(object);
    changed_ = world_.Drain().policies.contains(kPolicy);
  }
  void There(const std::string& yaml, const std::string& cluster = "west") {
    world_.ApplyRemote(cluster, ObjectOf(yaml));
    changed_ = world_.Drain().policies.contains(kPolicy);
  }
  void NoMoreThere(const std::string& name) {
    world_.RemoveRemoteObject("west", {Kind::kFailoverPolicy, "shop", name});
    changed_ = world_.Drain().policies.contains(kPolicy);
  }
  // The message of the condition; "": there is none.
  std::string Said() const {
    const api::PolicyStatus status = world_.StatusOf(kPolicy, {});
    const auto at = std::find_if(status.conditions.begin(), status.conditions.end(),
                                 [](const Condition& c) { return c.type == "Consistent"; });
    if (at == status.conditions.end()) return "";
    EXPECT_EQ(at->status, ConditionStatus::kFalse);
    EXPECT_EQ(at->reason, "DiffersInCluster");
    EXPECT_EQ(at->observed_generation, 7);
    return at->message;
  }

  World world_{WorldOptions()};
  bool changed_ = false;  // by the last change: the status is to be looked at
};

TEST_F(AgreementTest, WhatDiffersIsNamedAndWhatIsEqualIsNot) {
  EXPECT_EQ(Said(), "") << "one that is only here is no difference";
  There(PolicyYaml(Ask("minHealthyPercent: 50")));
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Said(),
            "cluster west: FailoverPolicy shop/near has spec.minHealthyPercent 50, here 70, for Service "
            "shop/ratings");
  There(PolicyYaml(Ask("minHealthyPercent: 70")));
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Said(), "") << "what is left out is what its default says";
  There(PolicyYaml("targetSelectors: [{kind: Service}], mode: Override", "other"));
  EXPECT_EQ(Said(), "") << "for whom, and how strongly, is no part of what is asked";
  There(PolicyYaml(Ask("localities: [{from: {region: r}, steps: [{to: [{cluster: west}]}]}]")));
  NoMoreThere("other");
  EXPECT_THAT(Said(), HasSubstr("has spec.localities otherwise than here, for Service shop/ratings"));
  NoMoreThere("near");
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Said(), "");
}

TEST_F(AgreementTest, ThePolicyInForceThereCounts) {
  There(PolicyYaml(Ask("minHealthyPercent: 70"), "older", "shop", "2025-01-01"));
  There(PolicyYaml(Ask("minHealthyPercent: 50"), "younger"));
  EXPECT_EQ(Said(), "");
  There(
      PolicyYaml("targetSelectors: [{kind: Service, matchLabels: {tier: web}}], mode: Override, "
                 "minHealthyPercent: 40",
                 "selecting"));
  EXPECT_EQ(Said(), "") << "it selects others";
  There(ServiceYaml("istio.io/global: \"true\", tier: web"));
  EXPECT_TRUE(changed_);
  EXPECT_THAT(Said(), HasSubstr("FailoverPolicy shop/selecting has spec.minHealthyPercent 40"));
}

TEST_F(AgreementTest, OfTheWholeMeshThatOfTheRootNamespaceCounts) {
  There(PolicyYaml("targetSelectors: [{kind: Service}], minHealthyPercent: 50", "all", "fairlead-system"));
  EXPECT_EQ(Said(), "");
  There(PolicyYaml("targetSelectors: [{kind: Service}], scope: Mesh, minHealthyPercent: 50", "all",
                   "fairlead-system"));
  EXPECT_THAT(Said(), HasSubstr("FailoverPolicy fairlead-system/all has spec.minHealthyPercent 50"));
}

TEST_F(AgreementTest, OfItsWorkspaceHereThoseOfTheScopeCount) {
  const std::string workspace =
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: web}, spec: "
      "{namespaces: [{names: [shop, ";
  const std::string selecting = "targetSelectors: [{kind: Service}], minHealthyPercent: 50";
  Here("{apiVersion: v1, kind: Namespace, metadata: {name: platform}}");
  Here(workspace + "other]}]}}");
  There(PolicyYaml(selecting + ", scope: Workspace", "all", "platform"));
  EXPECT_EQ(Said(), "") << "of another workspace";
  Here(workspace + "platform]}]}}");
  EXPECT_TRUE(changed_) << "by the other namespace alone";
  EXPECT_EQ(Said(),
            "cluster west: FailoverPolicy platform/all has spec.minHealthyPercent 50, here 70, for Service "
            "shop/ratings");
  There(PolicyYaml(selecting, "all", "platform"));
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Said(), "") << "of its own namespace";
  There(PolicyYaml(selecting + ", scope: Workspace", "all", "platform"));
  EXPECT_NE(Said(), "");
  Here(workspace + "other]}]}}");
  EXPECT_TRUE(changed_);
  EXPECT_EQ(Said(), "");
}

TEST_F(AgreementTest, PortsAreLookedAtByThemselves) {
  There(
      PolicyYaml("targetRefs: [{kind: Service, name: ratings, sectionName: admin}], minHealthyPercent: 50"));
  EXPECT_NE(Said(), "");
  Here(PolicyYaml("targetRefs: [{kind: Service, name: ratings, sectionName: http}]"));
  EXPECT_EQ(Said(), "");
}

TEST_F(AgreementTest, OnlyServicesThatAreJoinedAndClustersThatAreKnownCount) {
  There(PolicyYaml(Ask("minHealthyPercent: 50")));
  There(ServiceYaml("istio.io/global: \"false\""));
  EXPECT_EQ(Said(), "");
  There(ServiceYaml());
  EXPECT_NE(Said(), "");
  Here(ServiceYaml("app: ratings"));
  EXPECT_EQ(Said(), "");
  Here(ServiceYaml());
  world_.SetRemoteState("west", {RemoteState::kStale, {2}, "timeout"});
  EXPECT_NE(Said(), "") << "what was last known";
  world_.RemoveRemote("west");
  world_.Drain();
  EXPECT_EQ(Said(), "");
  There(ServiceYaml(), "east");
  There(PolicyYaml(Ask("minHealthyPercent: 50")), "east");
  EXPECT_EQ(Said(), "") << "it is connecting";
}

TEST_F(AgreementTest, EachClusterIsNamedWithinBounds) {
  for (const char* cluster : {"a", "b", "c", "d", "e"}) {
    There(ServiceYaml(), cluster);
    There(PolicyYaml(Ask("minHealthyPercent: 50")), cluster);
    world_.SetRemoteState(cluster, {RemoteState::kFresh, {1}, ""});
  }
  world_.Drain();
  EXPECT_THAT(Said(), HasSubstr("cluster a: "));
  EXPECT_THAT(Said(), HasSubstr("and 2 more"));
}

TEST(FirstDifferenceTest, NamesThePathAsUsersWriteIt) {
  const auto spec = [](const std::string& yaml) {
    return api::SpecToJson(*std::get<Ptr<api::FailoverPolicy>>(ObjectOf(PolicyYaml(Ask(yaml)))));
  };
  const auto a = spec(
      "localities: [{from: {region: r}, steps: [{to: [{cluster: west, weight: 80}, {cluster: east, weight: "
      "20}]}]}]");
  const auto b = spec(
      "localities: [{from: {region: r}, steps: [{to: [{cluster: west, weight: 70}, {cluster: east, weight: "
      "30}]}]}]");
  EXPECT_FALSE(FirstDifference("spec", a, a));
  const auto found = FirstDifference("spec", a, b);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "spec.localities[0].steps[0].to[0].weight");
  EXPECT_EQ(found->here + " " + found->there, "80 70");
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
