// Which services move to a waypoint when, and when they leave it: the decisions, one by one.
#include "reconcilers/lint/candidate.h"
#include "tests/unit/reconcilers/waypoints/waypoint_world.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::HasSubstr;
using Own = WaypointPlan::Own;

class WaypointDecisions : public WaypointWorld {};

TEST_F(WaypointDecisions, AServiceWithAPolicyWaitsForAGatewayThatIsMade) {
  Workspace();
  Service("ratings");
  Service("search");
  EXPECT_TRUE(Plan().empty());
  Policy("quick", "ratings");
  EXPECT_EQ(delta.waypoint_plans, std::set<std::string>{"shop"});
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  EXPECT_EQ(StandOf("search"), "");
  EXPECT_EQ(Plan().own, Own::kWrite);
  EXPECT_THAT(PolicySays("quick"), HasSubstr("a waypoint is being made for it: Gateway "
                                             "shop/fairlead-waypoint is not there yet"));
  EXPECT_EQ(WorkspaceSays().reason, "Reconciling");
}

TEST_F(WaypointDecisions, ItMovesOnceTheGatewayIsProgrammedAtItsGeneration) {
  Workspace();
  Service("ratings");
  Policy("quick", "ratings");
  Gateway("");
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  EXPECT_EQ(Plan().own, Own::kKept);
  Gateway("False");
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  EXPECT_THAT(PolicySays("quick"),
              HasSubstr("is not Programmed since 2026-11-22T05:00:00Z (Pending: no pods)"));
  Gateway("True", kOwnWaypoint, "shop", "", 0);
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  EXPECT_THAT(Why("ratings"), HasSubstr("is not known to be Programmed at generation 1"));
  Gateway("True");
  EXPECT_EQ(StandOf("ratings"), "Moves");
  Service("ratings", kOurLabel, true);
  EXPECT_EQ(StandOf("ratings"), "Moved");
  EXPECT_EQ(WorkspaceSays().reason, "Ready");
  EXPECT_THAT(WorkspaceSays().message,
              HasSubstr("in shop: Gateway shop/fairlead-waypoint serves: 1 service"));
  // What is there stays when the Gateway is in trouble, and that is told.
  Gateway("False");
  EXPECT_EQ(StandOf("ratings"), "Moved");
  EXPECT_THAT(Why("ratings"), HasSubstr("is not Programmed"));
  EXPECT_EQ(WorkspaceSays().reason, "Reconciling");
}

TEST_F(WaypointDecisions, NothingIsMadeWhereNobodyAsks) {
  Workspace("waypoints: Manual, isolation: 'Off'");
  Service("ratings");
  Policy("quick", "ratings");
  EXPECT_TRUE(Plan().empty());
  EXPECT_EQ(WorkspaceSays().type, "");
  Workspace();
  EXPECT_FALSE(Plan().empty());
}

TEST_F(WaypointDecisions, WhatAUserSaysByLabelStands) {
  Workspace();
  const auto stand = [&](const std::string& labels) {
    Service("ratings", labels);
    Policy("quick", "ratings");
    return StandOf("ratings");
  };
  EXPECT_EQ(stand("{}"), "Awaits");
  EXPECT_EQ(stand("{istio.io/use-waypoint: mine}"), "");
  EXPECT_EQ(Plan().own, Own::kNone);
  EXPECT_EQ(stand("{istio.io/use-waypoint: none}"), "OptedOut");
  EXPECT_THAT(PolicySays("quick"),
              HasSubstr("Workspace shop would let Gateway shop/fairlead-waypoint serve it"));
  EXPECT_EQ(stand("{istio.io/use-waypoint-namespace: infra}"), "Refused");
  EXPECT_THAT(WorkspaceSays().message, HasSubstr("is set without istio.io/use-waypoint"));
  Namespace("{istio.io/use-waypoint: mine}");
  EXPECT_EQ(stand("{}"), "");
  Namespace("{istio.io/use-waypoint: none}");
  EXPECT_EQ(stand("{}"), "OptedOut");
  EXPECT_THAT(Why("ratings"), HasSubstr("the label of Namespace shop"));
  Namespace("{}");
  EXPECT_EQ(stand("{}"), "Awaits");
}

TEST_F(WaypointDecisions, TrafficThatPassesNoWaypointIsLeftAlone) {
  Workspace();
  Service("ratings", "{}", false, "{}", "None");
  Policy("quick", "ratings");
  EXPECT_TRUE(Plan().empty());
}

TEST_F(WaypointDecisions, AFailoverPolicyThatZtunnelKeepsNeedsNone) {
  Workspace();
  const std::string near = "{networking.istio.io/traffic-distribution: PreferSameZone}";
  Service("ratings", "{}", false, near);
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: near, namespace: shop}, "
      "spec: {targetRefs: [{group: '', kind: Service, name: ratings}]}}");
  EXPECT_EQ(StandOf("ratings"), "");
  Service("ratings");
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  Service("ratings", "{}", false, near);
  EXPECT_EQ(StandOf("ratings"), "");
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: near, namespace: shop}, "
      "spec: {targetRefs: [{group: '', kind: Service, name: ratings}], priorityLabels: [version]}}");
  EXPECT_EQ(StandOf("ratings"), "Awaits");
}

TEST_F(WaypointDecisions, TheLabelGoesFirstAndThenTheGateway) {
  Workspace();
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Policy("quick", "ratings");
  Policy("other", "ratings");
  EXPECT_EQ(StandOf("ratings"), "Moved");
  Remove(Kind::kRetryTimeoutPolicy, "shop", "quick");
  EXPECT_EQ(StandOf("ratings"), "Moved") << "another needs it";
  Remove(Kind::kRetryTimeoutPolicy, "shop", "other");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  EXPECT_EQ(Plan().own, Own::kKept);
  Service("ratings");
  EXPECT_EQ(Plan().own, Own::kDelete);
  // Whoever names it keeps it.
  Service("search", kOurLabel);
  EXPECT_EQ(StandOf("search"), "");
  EXPECT_EQ(Plan().own, Own::kKept);
  Service("search");
  Namespace(kOurLabel);
  EXPECT_EQ(Plan().own, Own::kKept);
  Namespace("{}");
  EXPECT_EQ(Plan().own, Own::kDelete);
  Namespace("{istio.io/use-waypoint: fairlead-waypoint, istio.io/use-waypoint-namespace: shop}", "far");
  EXPECT_EQ(Plan().own, Own::kKept);
  Namespace("{}", "far");
  EXPECT_EQ(Plan().own, Own::kDelete);
  Remove(Kind::kGateway, "shop", kOwnWaypoint);
  EXPECT_TRUE(Plan().empty());
}

TEST_F(WaypointDecisions, ManualNoWorkspaceAndAnotherWorkspace) {
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Policy("quick", "ratings");
  EXPECT_EQ(StandOf("ratings"), "Leaves") << "of a workspace that went while nobody ran";
  Workspace();
  EXPECT_EQ(StandOf("ratings"), "Moved");
  Workspace("waypoints: Manual, isolation: 'Off'");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  Remove(Kind::kWorkspace, "", "shop");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  Workspace("waypoints: Auto, isolation: 'Off'", "pay");
  EXPECT_EQ(StandOf("ratings"), "Moved") << "handed over";
  EXPECT_EQ(Plan().own, Own::kWrite);
  EXPECT_EQ(Plan().workspace, "pay");
}

TEST_F(WaypointDecisions, AGatewayThatIsGoneIsNamedNoLongerAndMadeAnew) {
  Workspace();
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Policy("quick", "ratings");
  Remove(Kind::kGateway, "shop", kOwnWaypoint);
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  EXPECT_EQ(Plan().own, Own::kNone);
  Service("ratings");
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  EXPECT_EQ(Plan().own, Own::kWrite);
}

TEST_F(WaypointDecisions, SomebodyElsesGatewayOfTheNameStands) {
  Workspace();
  Service("ratings");
  Policy("quick", "ratings");
  Gateway("True", kOwnWaypoint, "shop", "{mine: yes}");
  EXPECT_EQ(StandOf("ratings"), "Refused");
  EXPECT_EQ(Plan().own, Own::kNone);
  EXPECT_THAT(PolicySays("quick"), HasSubstr("exists and is not managed by fairlead"));
  EXPECT_EQ(WorkspaceSays().reason, "Refused");
}

TEST_F(WaypointDecisions, WhatOthersChangeInOurGatewayIsPutRight) {
  Workspace();
  Service("ratings");
  Policy("quick", "ratings");
  Gateway("True", kOwnWaypoint, "shop",
          "{app.kubernetes.io/managed-by: fairlead, fairlead.dev/workspace: shop, istio.io/waypoint-for: "
          "workload}");
  EXPECT_EQ(Plan().own, Own::kWrite);
  EXPECT_EQ(StandOf("ratings"), "Awaits");
}

TEST_F(WaypointDecisions, AUserWhoChangesOurLabelHasTheSay) {
  Workspace();
  Gateway("True");
  Policy("quick", "ratings");
  // The value is the user's now; of ours the label beside it is left, which would send it elsewhere.
  Apply(
      "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: "
      "{istio.io/use-waypoint: mine, istio.io/use-waypoint-namespace: infra}, managedFields: [{manager: "
      "fairlead/waypoints, operation: Apply, fieldsV1: {'f:metadata': {'f:labels': "
      "{'f:istio.io/use-waypoint-namespace': {}}}}}]}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, "
      "port: "
      "8080}]}}");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  Service("ratings", "{istio.io/use-waypoint: mine}");
  EXPECT_EQ(StandOf("ratings"), "");
}

TEST_F(WaypointDecisions, ANamespaceThatNamesAnotherWaypointGetsItWhenThatIsReady) {
  Workspace();
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Policy("quick", "ratings");
  Namespace("{istio.io/use-waypoint: mine}");
  EXPECT_EQ(StandOf("ratings"), "Stays");
  EXPECT_THAT(Why("ratings"), HasSubstr("Gateway shop/mine, does not exist"));
  Gateway("False", "mine");
  EXPECT_EQ(StandOf("ratings"), "Stays");
  Gateway("True", "mine");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  Namespace("{istio.io/use-waypoint: none}");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
}

TEST_F(WaypointDecisions, ARouteKeepsWhatAPolicyBrought) {
  Workspace();
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Service("search");
  for (const std::string name : {"ratings", "search"}) {
    Apply("{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: " + name +
          ", namespace: shop}, spec: {parentRefs: [{group: '', kind: Service, name: " + name +
          "}], rules: [{backendRefs: [{name: " + name + ", port: 8080}]}]}}");
  }
  EXPECT_EQ(StandOf("ratings"), "Moved");
  EXPECT_EQ(StandOf("search"), "");
  Remove(Kind::kHTTPRoute, "shop", "ratings");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
}

TEST_F(WaypointDecisions, ADefaultServesAllAndNoneIsMade) {
  Workspace("waypoints: Manual, isolation: 'Off'");
  Service("ratings");
  Service("search");
  Service("mine", "{istio.io/use-waypoint: mine}");
  Service("behind", "{gateway.networking.k8s.io/gateway-name: shared}");
  Default("infra/shared");
  EXPECT_EQ(StandOf("ratings"), "Refused");
  EXPECT_THAT(
      WorkspaceSays().message,
      HasSubstr("Gateway infra/shared, which spec.defaults.waypoint of WorkspaceSettings shop/s names, "
                "does not exist: create it"));
  Gateway("False", "shared", "infra");
  EXPECT_EQ(StandOf("ratings"), "Awaits");
  EXPECT_EQ(Plan().own, Own::kNone);
  Gateway("True", "shared", "infra");
  EXPECT_EQ(StandOf("ratings"), "Moves");
  EXPECT_EQ(StandOf("search"), "Moves");
  EXPECT_EQ(StandOf("mine"), "");
  EXPECT_EQ(StandOf("behind"), "") << "the waypoint's own Service";
  Service("ratings", "{istio.io/use-waypoint: shared, istio.io/use-waypoint-namespace: infra}", true);
  EXPECT_EQ(StandOf("ratings"), "Moved");
  Remove(Kind::kWorkspaceSettings, "shop", "s");
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  EXPECT_EQ(StandOf("search"), "");
}

TEST_F(WaypointDecisions, ADefaultOfAnotherWorkspaceIsNotShared) {
  Workspace();
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: pay}, spec: {namespaces: "
      "[{names: [infra]}]}}");
  Gateway("True", "shared", "infra");
  Service("ratings");
  Default("infra/shared");
  EXPECT_EQ(StandOf("ratings"), "Refused");
  EXPECT_THAT(Why("ratings"), HasSubstr("is of workspace pay, and waypoints are not shared"));
}

TEST_F(WaypointDecisions, FromOurGatewayToADefaultWithoutAStopBetween) {
  Workspace();
  Gateway("True");
  Service("ratings", kOurLabel, true);
  Policy("quick", "ratings");
  Default("infra/shared");
  EXPECT_EQ(StandOf("ratings"), "Moved");
  EXPECT_THAT(Why("ratings"), HasSubstr("it does not go to Gateway infra/shared yet"));
  EXPECT_EQ(Plan().own, Own::kKept);
  Gateway("True", "shared", "infra");
  EXPECT_EQ(StandOf("ratings"), "Moves");
  EXPECT_EQ(Plan().services.begin()->second.gateway.ToString(), "infra/shared");
  EXPECT_EQ(Plan().own, Own::kKept) << "the label still names it";
  Service("ratings", "{istio.io/use-waypoint: shared, istio.io/use-waypoint-namespace: infra}", true);
  EXPECT_EQ(Plan().own, Own::kDelete);
}

TEST_F(WaypointDecisions, AReportShowsInTheStatuses) {
  Workspace();
  Gateway("True");
  Service("ratings");
  Policy("quick", "ratings");
  world.ReportWaypoints("shop", {{{Kind::kService, "shop", "ratings"}, "somebody has it"}});
  delta = world.Drain();
  EXPECT_TRUE(delta.waypoint_plans.empty());
  EXPECT_EQ(delta.policies.size(), 1u);
  EXPECT_EQ(delta.tenancy.size(), 1u);
  EXPECT_THAT(PolicySays("quick"), HasSubstr("not done: somebody has it"));
  EXPECT_EQ(WorkspaceSays().reason, "Refused");
  world.ReportWaypoints("shop", {});
  EXPECT_EQ(world.Drain().policies.size(), 1u);
  world.ReportWaypoints("shop", {});
  EXPECT_TRUE(world.Drain().empty());
}

// Of a policy that is not stored yet.
TEST_F(WaypointDecisions, AdmissionSaysThatOneIsMade) {
  Service("ratings");
  const auto says = [&] {
    const AnyObject policy = ObjectOf(
        "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: quick, "
        "namespace: shop}, spec: {targetRefs: [{group: '', kind: Service, name: ratings}], timeouts: "
        "{request: 1s}}}");
    std::string out;
    for (const Finding& finding : LintCandidate(world, policy)) out += finding.ToString() + "\n";
    return out;
  };
  EXPECT_THAT(says(), HasSubstr("no waypoint serves it: set the label"));
  Workspace();
  EXPECT_THAT(says(), HasSubstr("Workspace shop has waypoints: Auto, so that one is made for it"));
  Service("ratings", "{istio.io/use-waypoint: none}");
  EXPECT_THAT(says(), HasSubstr("it is opted out of waypoints"));
  Default("infra/shared");
  Service("ratings");
  EXPECT_THAT(says(),
              HasSubstr("which spec.defaults.waypoint of WorkspaceSettings shop/s names, does not exist"));
}

class WaypointsBuiltIn : public WaypointWorld {
 protected:
  WaypointsBuiltIn() : WaypointWorld(WorldOptions{}) {}
};

TEST_F(WaypointsBuiltIn, HasNoPlans) {
  Workspace();
  Service("ratings");
  Policy("quick", "ratings");
  EXPECT_TRUE(Plan().empty());
  EXPECT_THAT(PolicySays("quick"), HasSubstr("no waypoint serves it: set the label"));
  EXPECT_EQ(WorkspaceSays().type, "");
}

}  // namespace
}  // namespace fairlead::reconcilers
