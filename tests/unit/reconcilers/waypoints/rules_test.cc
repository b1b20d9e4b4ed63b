// A service moves when the rules of isolation for life behind the waypoint are written, and leaves when those
// for life without it are; in between both sides are let in.
#include "reconcilers/native/isolation_view.h"
#include "tests/unit/reconcilers/waypoints/waypoint_world.h"

namespace fairlead::reconcilers {
namespace {

class WaypointRules : public WaypointWorld {
 protected:
  WaypointRules() : WaypointWorld({.istio_mode = true, .tenancy_reported = true}) {}

  void SetUp() override {
    Apply(
        "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: pay}, spec: {namespaces: "
        "[{names: [pay]}]}}");
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: cart, namespace: pay}, spec: {clusterIP: 10.0.0.9, "
        "ports: [{port: 80}]}}");
    Apply(
        "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: pay}, "
        "spec: {importFrom: [{workspaces: [shop]}]}}");
    Workspace("waypoints: Auto, isolation: Enforced");
    Apply(
        "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: shop}, "
        "spec: {exportTo: [{workspaces: [pay]}]}}");
    Service("ratings");
    Policy("quick", "ratings");
    Report();
  }
  void Report(TenancyReport report = {}) {
    world.ReportTenancy("shop", world.TenancyEpoch("shop"), std::move(report));
    delta = world.Drain();
  }
  // Whether the policy of the name admits namespace pay; nullopt: it is not there.
  std::optional<bool> Admits(const std::string& name) {
    const auto workspace = world.WorkspaceOf("shop");
    for (const OwnedObject& object :
         LowerIsolation(*workspace, IsolationViewOf(world.view(), *workspace)).objects) {
      if (object.name != name) continue;
      const Json::Value& source = object.object["spec"]["rules"][0]["from"][0]["source"];
      for (const Json::Value& ns : source["notNamespaces"]) {
        if (ns == "pay") return true;
      }
      return false;
    }
    return std::nullopt;
  }
  const std::string pods_ = "fairlead-isolation", service_ = "fairlead-isolation.service.ratings",
                    gateway_ = "fairlead-isolation.gateway.fairlead-waypoint";
};

TEST_F(WaypointRules, TheLabelWaitsForTheRulesBehindTheWaypoint) {
  EXPECT_EQ(Admits(pods_), true);
  EXPECT_EQ(Admits(service_), std::nullopt);
  Gateway("True");
  EXPECT_EQ(StandOf("ratings"), "Prepared");
  EXPECT_TRUE(delta.workspaces.contains("shop"));
  EXPECT_EQ(Admits(pods_), true) << "callers come to the pods still";
  EXPECT_EQ(Admits(service_), true);
  EXPECT_EQ(Admits(gateway_), true);
  // What is not all written holds it, and says so.
  Report({.problems = {"no"}});
  EXPECT_EQ(StandOf("ratings"), "Prepared");
  EXPECT_NE(Why("ratings").find("the condition Written of Workspace shop says why"), std::string::npos);
  Report({.waiting = {"AuthorizationPolicy (security.istio.io/v1)"}});
  EXPECT_EQ(StandOf("ratings"), "Moves");
  EXPECT_FALSE(delta.workspaces.contains("shop")) << "asks for no other rules";
  Service("ratings", kOurLabel, true);
  EXPECT_EQ(StandOf("ratings"), "Moved");
  EXPECT_EQ(Admits(pods_), false);
  EXPECT_EQ(Admits(service_), true);
}

TEST_F(WaypointRules, AReportOfBeforeIsNotEnough) {
  Gateway("True");
  EXPECT_EQ(StandOf("ratings"), "Prepared");
  const uint64_t epoch = world.TenancyEpoch("shop");
  Service("other");  // the workspace is another one
  world.ReportTenancy("shop", epoch, {});
  world.Drain();
  EXPECT_EQ(StandOf("ratings"), "Prepared");
  Report();
  EXPECT_EQ(StandOf("ratings"), "Moves");
}

TEST_F(WaypointRules, ItLeavesWhenThePodsLetCallersIn) {
  Gateway("True");
  Report();
  Service("ratings", kOurLabel, true);
  Report();
  EXPECT_EQ(Admits(pods_), false);
  Remove(Kind::kRetryTimeoutPolicy, "shop", "quick");
  EXPECT_EQ(StandOf("ratings"), "Released");
  EXPECT_EQ(Admits(pods_), true);
  EXPECT_EQ(Admits(service_), true);
  Report();
  EXPECT_EQ(StandOf("ratings"), "Leaves");
  Service("ratings");
  EXPECT_EQ(Plan().own, WaypointPlan::Own::kDelete);
  EXPECT_EQ(Admits(service_), std::nullopt);
}

TEST_F(WaypointRules, AfterARestartNothingIsTakenForWritten) {
  Gateway("True");
  World other({.istio_mode = true, .tenancy_reported = true});
  for (const ObjectKey& key :
       {ObjectKey{Kind::kWorkspace, "", "shop"}, ObjectKey{Kind::kService, "shop", "ratings"},
        ObjectKey{Kind::kRetryTimeoutPolicy, "shop", "quick"},
        ObjectKey{Kind::kGateway, "shop", kOwnWaypoint}}) {
    other.Apply(*world.Find(key));
  }
  other.Drain();
  const WaypointStand* stand = other.view().waypoint_plans.Find({Kind::kService, "shop", "ratings"});
  ASSERT_NE(stand, nullptr);
  EXPECT_EQ(stand->stand, Stand::kPrepared);
}

}  // namespace
}  // namespace fairlead::reconcilers
