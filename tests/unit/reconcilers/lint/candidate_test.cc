#include "reconcilers/lint/candidate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

AnyObject ObjectOf(const std::string& yaml) {
  const auto documents = ParseYaml(yaml);
  EXPECT_TRUE(documents) << yaml;
  const auto json = JsonDocument::Parse(documents->front().json);
  const auto kind = KindOf(json->root());
  EXPECT_TRUE(kind) << yaml;
  return ParseObject(*kind, json->root()).object;
}

std::string Policy(const std::string& name, const std::string& spec) {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: " + name +
         ", namespace: shop}, spec: {" + spec + "}}";
}
constexpr char kAtRatings[] = "targetRefs: [{kind: Service, name: ratings}], ";

class LintCandidateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Apply(
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: "
        "waypoint}}}");
    Apply(
        "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: waypoint, namespace: "
        "shop}, spec: "
        "{gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}");
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {a: b}}, spec: "
        "{clusterIP: 10.0.0.1, ports: [{name: http, port: 8080, appProtocol: http}]}}");
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: bare, namespace: shop, labels: "
        "{istio.io/use-waypoint: "
        "none}}, spec: {clusterIP: 10.0.0.2, ports: [{name: http, port: 8080, appProtocol: http}]}}");
  }
  void Apply(const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    ASSERT_FALSE(IsInvalid(object)) << yaml;
    world_.Apply(object);
    world_.Drain();
  }
  // "FL002 spec.targetRefs[0]"
  std::vector<std::string> Found(const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    EXPECT_FALSE(IsInvalid(object)) << yaml;
    std::vector<std::string> out;
    for (const Finding& finding : LintCandidate(world_, object)) {
      out.push_back(ToString(finding.code) + " " + finding.field);
    }
    return out;
  }

  World world_{WorldOptions{}};
};

TEST_F(LintCandidateTest, NothingToSay) {
  EXPECT_THAT(Found(Policy("p", std::string(kAtRatings) + "timeouts: {request: 1s}")), IsEmpty());
}

TEST_F(LintCandidateTest, TargetsThatAreNotThereOrHaveNoWaypoint) {
  EXPECT_THAT(Found(Policy(
                  "p",
                  "targetRefs: [{kind: Service, name: ratings}, {kind: Service, name: gone}, {kind: Service, "
                  "name: bare}], timeouts: {request: 1s}")),
              ElementsAre("FL002 spec.targetRefs[1]", "FL003 spec.targetRefs[2]"));
}

TEST_F(LintCandidateTest, APolicyThatSetsTheSameAtTheSameTarget) {
  Apply(Policy("first", std::string(kAtRatings) + "timeouts: {request: 1s}"));
  EXPECT_THAT(Found(Policy("second", std::string(kAtRatings) + "timeouts: {request: 2s}")),
              ElementsAre("FL007 spec.targetRefs[0]"));
  EXPECT_THAT(Found(Policy("second", std::string(kAtRatings) + "timeouts: {idle: 2s}")), IsEmpty());
  EXPECT_THAT(Found(Policy("first", std::string(kAtRatings) + "timeouts: {request: 2s}")),
              IsEmpty());  // itself
  EXPECT_THAT(Found(Policy("second", std::string(kAtRatings) + "mode: Override, timeouts: {request: 2s}")),
              IsEmpty());
}

TEST_F(LintCandidateTest, SelectorsScopesAndMethods) {
  const std::string selects = "targetSelectors: [{kind: Service, matchLabels: {a: ";
  EXPECT_THAT(Found(Policy("p", selects + "b}}], timeouts: {request: 1s}")), IsEmpty());
  EXPECT_THAT(Found(Policy("p", selects + "c}}], timeouts: {request: 1s}")),
              ElementsAre("FL013 spec.targetSelectors"));
  EXPECT_THAT(Found(Policy("p", selects + "b}}], scope: Mesh, timeouts: {request: 1s}")),
              ElementsAre("FL004 spec.scope"));
  EXPECT_THAT(Found(Policy("p", std::string(kAtRatings) + "retries: {methods: All}")),
              ElementsAre("FL010 spec.retries.methods"));
}

TEST_F(LintCandidateTest, NamespacesOfAnotherWorkspace) {
  const auto workspace = [](const std::string& name, const std::string& names) {
    return "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + name +
           "}, spec: {isolation: \"Off\", namespaces: [{names: [" + names + "]}]}}";
  };
  Apply(workspace("first", "shop"));
  EXPECT_THAT(Found(workspace("second", "\"sh*\"")), ElementsAre("FL024 spec.namespaces"));
  EXPECT_THAT(Found(workspace("second", "bank")), IsEmpty());
  EXPECT_THAT(Found(workspace("first", "shop, bank")), IsEmpty());
}

TEST_F(LintCandidateTest, WhatIsNotCarriedOut) {
  EXPECT_THAT(
      Found("{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: f, namespace: shop}, "
            "spec: {targetRefs: [{kind: Service, name: gone}], minHealthyPercent: 70}}"),
      ElementsAre("FL002 spec.targetRefs[0]", "FL027 "));
}

}  // namespace
}  // namespace fairlead::reconcilers
