#include "reconcilers/native/isolation_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/yaml.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;

constexpr char kCluster[] = R"(
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: shop}
spec:
  namespaces: [{names: [shop, shop-api]}]
  ingress: [{namespace: edge, serviceAccount: gateway}]
---
apiVersion: fairlead.dev/v1alpha1
kind: WorkspaceSettings
metadata: {name: settings, namespace: shop}
spec: {exportTo: [{workspaces: [pay], resources: [{name: ratings}]}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: pay}
spec: {namespaces: [{names: [pay, pay-jobs]}]}
---
apiVersion: fairlead.dev/v1alpha1
kind: WorkspaceSettings
metadata: {name: settings, namespace: pay}
spec: {importFrom: [{workspaces: [shop]}]}
---
apiVersion: v1
kind: Service
metadata: {name: jobs, namespace: pay-jobs}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop, labels: {tier: web}}
spec: {selector: {app: ratings}, ports: [{port: 80}]}
---
apiVersion: v1
kind: Service
metadata: {name: orders, namespace: shop, labels: {istio.io/use-waypoint: waypoint}}
spec: {selector: {app: orders}, ports: [{port: 80}]}
)";

constexpr char kGateway[] = R"(
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: waypoint, namespace: shop}
spec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}
)";

class IsolationViewTest : public ::testing::Test {
 protected:
  void Apply(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) {
      ASSERT_FALSE(IsInvalid(object)) << yaml;
      world_.Apply(object);
    }
  }
  IsolationView View() { return IsolationViewOf(world_.view(), *world_.WorkspaceOf("shop")); }

  World world_{WorldOptions{}};
};

TEST_F(IsolationViewTest, IsWhatTheClusterHas) {
  ASSERT_NO_FATAL_FAILURE(Apply(kCluster));
  ASSERT_NO_FATAL_FAILURE(Apply(kGateway));
  world_.Drain();
  const IsolationView view = View();
  EXPECT_THAT(view.ingress, ElementsAre(ServiceAccount{"edge", "gateway"}));
  ASSERT_EQ(view.services.size(), 2u);
  EXPECT_EQ(view.services[0].name.name, "orders");
  EXPECT_EQ(view.services[0].waypoint, (ServiceAccount{"shop", "waypoint"}));
  EXPECT_EQ(view.services[1].selector, (Labels{{"app", "ratings"}}));
  EXPECT_EQ(view.services[1].waypoint, std::nullopt);
  ASSERT_EQ(view.waypoints.size(), 1u);
  EXPECT_FALSE(view.waypoints[0].shared);
  ASSERT_EQ(view.namespaces_of.count("pay"), 1u);
  EXPECT_THAT(view.namespaces_of.at("pay"), ElementsAre("pay", "pay-jobs"));
}

TEST_F(IsolationViewTest, HasWhatTheOperatorWasToldOfTheMesh) {
  WorldOptions options;
  options.trust_domain = "corp.example";
  options.ztunnel_dry_run = true;
  world_ = World(options);
  ASSERT_NO_FATAL_FAILURE(Apply(kCluster));
  ASSERT_NO_FATAL_FAILURE(Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {isolation: Audit, "
      "namespaces: [{names: [shop, shop-api]}], ingress: [{namespace: edge, serviceAccount: gateway}]}}"));
  world_.Drain();
  const Isolation isolation = LowerIsolation(*world_.WorkspaceOf("shop"), View());
  ASSERT_FALSE(isolation.objects.empty());
  for (const OwnedObject& policy : isolation.objects) {
    EXPECT_EQ(policy.object["spec"]["action"], "DENY");
    EXPECT_EQ(policy.object["metadata"]["annotations"]["istio.io/dry-run"], "true");
    EXPECT_EQ(policy.object["spec"]["rules"][0]["from"][0]["source"]["notPrincipals"][0],
              "corp.example/ns/edge/sa/gateway");
  }
}

TEST_F(IsolationViewTest, AWaypointThatComesAndGoesIsNews) {
  ASSERT_NO_FATAL_FAILURE(Apply(kCluster));
  world_.Drain();
  EXPECT_EQ(View().services[0].waypoint, std::nullopt);
  ASSERT_NO_FATAL_FAILURE(Apply(kGateway));
  EXPECT_EQ(world_.Drain().workspaces.count("shop"), 1u);
  world_.Remove({Kind::kGateway, "shop", "waypoint"});
  EXPECT_EQ(world_.Drain().workspaces.count("shop"), 1u);
  EXPECT_EQ(View().services[0].waypoint, std::nullopt);
}

}  // namespace
}  // namespace fairlead::reconcilers
