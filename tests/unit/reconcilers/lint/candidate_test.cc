#include "reconcilers/lint/candidate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/store/remotes.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"
#include "tests/unit/reconcilers/random_cluster.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

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

TEST_F(LintCandidateTest, PlacesOfAFailoverPolicyThatAreNotThere) {
  const std::string policy =
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: f, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}], localities: [{from: {region: eu, zone: eu-2}, steps: "
      "[{to: "
      "[{region: eu}]}, {to: [{region: us}]}, {to: [{cluster: far, region: us}]}]}]}}";
  EXPECT_THAT(Found(policy), IsEmpty()) << "without nodes nothing is known of places";
  Apply(
      "{apiVersion: v1, kind: Node, metadata: {name: n-1, labels: {topology.kubernetes.io/region: eu, "
      "topology.kubernetes.io/zone: eu-1}}}");
  EXPECT_THAT(Found(policy),
              ElementsAre("FL033 spec.localities[0].from", "FL033 spec.localities[0].steps[1].to[0]"));
  Apply(
      "{apiVersion: v1, kind: Node, metadata: {name: n-2, labels: {topology.kubernetes.io/region: us, "
      "topology.kubernetes.io/zone: eu-2}}}");
  EXPECT_THAT(Found(policy), ElementsAre("FL033 spec.localities[0].from")) << "a zone of another region";
  Apply(
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, labels: "
      "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, protocol: "
      "TCP}], "
      "endpoints: [{addresses: [10.1.0.1], nodeName: n-1}]}");
  EXPECT_THAT(Found(policy),
              ElementsAre("FL033 spec.localities[0].from", "FL034 spec.localities[0].steps[1].to[0]"));
}

TEST_F(LintCandidateTest, ClustersThatAreNotThereWhereOthersAreJoined) {
  const std::string policy =
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: f, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}], localities: [{from: {cluster: wst}, steps: "
      "[{to: [{cluster: west}]}, {to: [{cluster: west, region: us}]}]}]}}";
  EXPECT_THAT(Found(policy), IsEmpty());
  world_.SetRemoteState("west", {RemoteState::kConnecting, {1}, ""});
  EXPECT_THAT(Found(policy), ElementsAre("FL033 spec.localities[0].from"));
  world_.SetRemoteState("west", {RemoteState::kFresh, {1}, ""});
  Apply(
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, labels: "
      "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, protocol: "
      "TCP}], endpoints: [{addresses: [10.1.0.1]}]}");
  EXPECT_THAT(Found(policy),
              ElementsAre("FL033 spec.localities[0].from", "FL034 spec.localities[0].steps[0].to[0]",
                          "FL034 spec.localities[0].steps[1].to[0]"));
}

TEST_F(LintCandidateTest, AClusterThatSettingsOfTheWorkspaceKeepOut) {
  const std::string policy =
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: f, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}], localities: [{steps: [{to: [{cluster: west}]}]}]}}";
  world_.SetRemoteState("west", {RemoteState::kFresh, {1}, ""});
  EXPECT_THAT(Found(policy), IsEmpty()) << "without endpoints nothing is known";
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: team}, spec: {namespaces: "
      "[{names: [shop]}]}}");
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: shop}, "
      "spec: {clusters: {join: Listed, names: [east]}}}");
  EXPECT_THAT(Found(policy), ElementsAre("FL034 spec.localities[0].steps[0].to[0]"));
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

TEST_F(LintCandidateTest, WhoLosesToAnOlderPolicyIsNamed) {
  const auto dated = [](const std::string& name, const std::string& day, const std::string& spec) {
    return "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: " + name +
           ", namespace: shop, creationTimestamp: \"2026-01-" + day + "T00:00:00Z\"}, spec: {" + kAtRatings +
           spec + "}}";
  };
  Apply(dated("first", "01", "timeouts: {idle: 1m}"));
  for (const char* name : {"b", "c", "d", "e"}) Apply(dated(name, "02", "timeouts: {request: 1s}"));
  const AnyObject changed = ObjectOf(dated("first", "01", "timeouts: {idle: 1m, request: 2s}"));
  const std::vector<Finding> found = LintCandidate(world_, changed);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].code, LintCode::kConflict);
  EXPECT_EQ(found[0].message,
            "Service shop/ratings: what RetryTimeoutPolicy shop/b (spec.timeouts.request), "
            "RetryTimeoutPolicy shop/c "
            "(spec.timeouts.request), RetryTimeoutPolicy shop/d (spec.timeouts.request), and 1 more set "
            "gives way to "
            "this policy, which is older");
}

TEST_F(LintCandidateTest, RetriesThatMultiply) {
  const auto service = [](const std::string& name, const std::string& calls) {
    return "{apiVersion: v1, kind: Service, metadata: {name: " + name +
           ", namespace: shop, annotations: {fairlead.dev/calls: \"" + calls +
           "\"}}, spec: {clusterIP: 10.0.0.9, ports: [{name: http, port: 8080, appProtocol: http}]}}";
  };
  const auto retries = [](const std::string& name, int percent) {
    return Policy(name, "targetRefs: [{kind: Service, name: " + name +
                            "}], retries: {attempts: 2, budget: {percent: " + std::to_string(percent) + "}}");
  };
  Apply(service("web", "api, shop/elsewhere"));
  Apply(service("api", "ratings"));
  Apply(retries("web", 100));
  EXPECT_THAT(Found(retries("ratings", 100)), ElementsAre("FL032 spec.retries"));
  EXPECT_THAT(Found(retries("ratings", 20)), IsEmpty()) << "its budget bounds it";
  Apply(retries("ratings", 100));
  const std::vector<Finding> found = LintCandidate(world_, ObjectOf(retries("api", 100)));
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].message,
            "retries multiply on the way to Service shop/ratings: a request that keeps failing is sent up to "
            "8 times under "
            "load (tries by hop: Service shop/web 3, Service shop/api 3, Service shop/ratings 3)");
}

TEST_F(LintCandidateTest, AGatewayThatRetriesIsAHopToo) {
  Apply(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: web, namespace: shop}, "
      "spec: "
      "{parentRefs: [{name: edge}], rules: [{backendRefs: [{name: ratings, port: 8080}], retry: {attempts: "
      "3}}]}}");
  const std::string policy =
      Policy("p", std::string(kAtRatings) + "retries: {attempts: 4, budget: {percent: 100}}");
  EXPECT_THAT(Found(policy), ElementsAre("FL032 spec.retries"));
  EXPECT_THAT(Found(Policy("p", std::string(kAtRatings) + "retries: {attempts: 4}")), IsEmpty())
      << "the default of the budget bounds it";
}

TEST_F(LintCandidateTest, CallsInACircleEnd) {
  for (const auto& [name, calls] : {std::pair("a", "b"), std::pair("b", "c"), std::pair("c", "a")}) {
    Apply(std::string("{apiVersion: v1, kind: Service, metadata: {name: ") + name +
          ", namespace: shop, annotations: {fairlead.dev/calls: " + calls +
          "}}, spec: {clusterIP: 10.0.0.9, ports: [{name: http, port: 8080, appProtocol: http}]}}");
    Apply(Policy(name, std::string("targetRefs: [{kind: Service, name: ") + name +
                           "}], retries: {attempts: 1, budget: {percent: 100}}"));
  }
  size_t told = 0;
  for (const Finding& finding : Lint(world_)) told += finding.code == LintCode::kRetriesMultiply ? 1 : 0;
  EXPECT_EQ(told, 3u);
}

TEST_F(LintCandidateTest, SectionsAndPortsThatCannotCarryIt) {
  Apply(
      "{apiVersion: v1, kind: Service, metadata: {name: db, namespace: shop}, spec: {clusterIP: 10.0.0.3, "
      "ports: "
      "[{name: tcp, port: 5432, appProtocol: tcp}]}}");
  EXPECT_THAT(Found(Policy("p", "targetRefs: [{kind: Service, name: db}], timeouts: {request: 1s}")),
              ElementsAre("FL012 spec.targetRefs[0]"));
  EXPECT_THAT(
      Found(Policy(
          "p", "targetRefs: [{kind: Service, name: ratings, sectionName: none}], timeouts: {request: 1s}")),
      ElementsAre("FL002 spec.targetRefs[0]"));
  EXPECT_THAT(Found(Policy("p", std::string(kAtRatings) +
                                    "timeouts: {request: 1s}, retries: {attempts: 3, perTryTimeout: 1s}")),
              ElementsAre("FL008 spec.retries.perTryTimeout"));
}

// Of a policy that is stored, admission says what Lint says, whatever else is there.
class LintCandidateProperty : public ::testing::TestWithParam<unsigned> {};

std::vector<std::string> InWords(const std::vector<Finding>& findings) {
  std::vector<std::string> out;
  for (const Finding& f : findings) out.push_back(ToString(f.code) + " " + f.field + ": " + f.message);
  return out;
}

TEST_P(LintCandidateProperty, AgreesWithLint) {
  fairlead::testing::RandomCluster random(GetParam());
  WorldOptions options;
  options.root_namespace = "platform";
  World world(options);
  for (int i = 0; i < 150; ++i) world.Apply(random.Object());
  world.Drain();
  std::map<ObjectKey, std::vector<Finding>> wanted;
  for (const Finding& finding : Lint(world)) {
    const bool elsewhere =
        finding.code == LintCode::kBackendPolicyBypassed || finding.code == LintCode::kRetriesMultiply;
    if (!elsewhere) wanted[finding.object].push_back(finding);
  }
  size_t findings = 0;
  for (const ObjectKey& key : world.policies()) {
    const std::optional<AnyObject> object = world.Find(key);
    if (key.kind != Kind::kRetryTimeoutPolicy || IsInvalid(*object)) continue;
    std::vector<Finding> found = LintCandidate(world, *object);
    std::erase_if(found, [](const Finding& f) {
      return f.code == LintCode::kRetriesMultiply || f.message.find("gives way") != std::string::npos;
    });
    findings += found.size();
    EXPECT_EQ(InWords(found), InWords(wanted[key])) << key.ToString();
  }
  EXPECT_GT(findings, 0u);
}
INSTANTIATE_TEST_SUITE_P(Seeds, LintCandidateProperty, ::testing::Range(0u, 40u));

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
  EXPECT_THAT(Found("{apiVersion: fairlead.dev/v1alpha1, kind: DataPlane, metadata: {name: default}, spec: "
                    "{mode: BuiltIn}}"),
              ElementsAre("FL027 "));
}

TEST_F(LintCandidateTest, TheWaypointOfSettingsThatCannotServe) {
  const std::string settings =
      "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: shop}, "
      "spec: {defaults: {requestTimeout: 5s, waypoint: other}}}";
  EXPECT_THAT(Found(settings), IsEmpty()) << "of no workspace";
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {isolation: "
      "\"Off\", namespaces: [{names: [shop]}]}}");
  EXPECT_THAT(Found(settings), ElementsAre("FL035 spec.defaults.waypoint"));
  Apply(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: other, namespace: shop}, "
      "spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: "
      "HBONE}]}}");
  EXPECT_THAT(Found(settings), IsEmpty());
}

std::string Failover(const std::string& name, const std::string& targets, const std::string& created = "") {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: " + name +
         ", namespace: shop" + (created.empty() ? "" : ", creationTimestamp: \"" + created + "T00:00:00Z\"") +
         "}, spec: {" + targets + "}}";
}

TEST_F(LintCandidateTest, TargetsOfAFailoverPolicy) {
  EXPECT_THAT(Found(Failover("f",
                             "targetRefs: [{kind: Service, name: ratings}, {kind: Service, name: gone}, "
                             "{kind: Service, name: bare}]")),
              ElementsAre("FL002 spec.targetRefs[1]", "FL003 spec.targetRefs[2]"));
  EXPECT_THAT(Found(Failover("f", "targetSelectors: [{kind: Service, matchLabels: {no: such}}]")),
              ElementsAre("FL013 spec.targetSelectors"));
  EXPECT_THAT(Found(Failover("f", "targetSelectors: [{kind: Service}], scope: Mesh")),
              ElementsAre("FL004 spec.scope"));
}

TEST_F(LintCandidateTest, AFailoverPolicyIsInForceAsAWhole) {
  const std::string at_ratings = "targetRefs: [{kind: Service, name: ratings}]";
  Apply(Failover("old", at_ratings, "2026-01-01"));
  EXPECT_THAT(Found(Failover("new", at_ratings)), ElementsAre("FL007 spec.targetRefs[0]"));
  EXPECT_THAT(Found(Failover("old", at_ratings, "2026-01-01")), IsEmpty()) << "it does not lose to itself";
  EXPECT_THAT(Found(Failover("wide", "targetSelectors: [{kind: Service, matchLabels: {a: b}}]")),
              ElementsAre("FL005 spec.targetSelectors"));
  EXPECT_THAT(Found(Failover("port", "targetRefs: [{kind: Service, name: ratings, sectionName: http}]")),
              IsEmpty())
      << "nearer";
}

}  // namespace
}  // namespace fairlead::reconcilers
