// What World knows of the objects for istiod, and how that shows in the status of their policies.
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

constexpr const char* kShop[] = {
    "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio.io/use-waypoint: waypoint}}}",
    "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: waypoint, namespace: shop}, "
    "spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE}]}}",
    "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, "
    "spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 8080, appProtocol: http}]}}",
    "{apiVersion: fairlead.dev/v1alpha1, kind: RetryTimeoutPolicy, metadata: {name: quick, namespace: shop}, "
    "spec: {targetRefs: [{group: '', kind: Service, name: ratings}], timeouts: {request: 1s}}}",
};

class IstioReports : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* yaml : kShop) world.Apply(ObjectOf(yaml));
    delta = world.Drain();
  }
  void Report(IstioReport report) {
    world.ReportIstio(service, world.IstioEpoch(service), std::move(report));
    delta = world.Drain();
  }
  Condition Programmed() const {
    const api::PolicyStatus status = world.StatusOf(policy, {});
    for (const Condition& condition : status.conditions) {
      if (condition.type == "Programmed") return condition;
    }
    return {};
  }

  const ObjectKey service{Kind::kService, "shop", "ratings"};
  const ObjectKey policy{Kind::kRetryTimeoutPolicy, "shop", "quick"};
  World world{{.istio_mode = true, .istio_reported = true}};
  Delta delta;
};

TEST_F(IstioReports, UntilThenTheStatusSaysThatNothingIsWritten) {
  EXPECT_EQ(delta.istio, std::set<ObjectKey>{service});
  EXPECT_TRUE(world.AwaitsIstio(policy));
  EXPECT_EQ(Programmed().status, ConditionStatus::kFalse);
  EXPECT_EQ(Programmed().message, "not yet written for 1 target to the objects that istiod reads");
}

TEST_F(IstioReports, WrittenObjectsAreToldOnce) {
  Report({});
  EXPECT_EQ(delta.policies, std::set<ObjectKey>{policy});
  EXPECT_TRUE(delta.istio.empty());  // a report asks for nothing to be written
  EXPECT_FALSE(world.AwaitsIstio(policy));
  EXPECT_EQ(Programmed().status, ConditionStatus::kUnknown);
  Report({});
  EXPECT_TRUE(delta.empty());
}

TEST_F(IstioReports, AProblemIsWhyThePolicyIsNotCarried) {
  Report({"VirtualService shop/mine is for the host", {}});
  EXPECT_FALSE(world.AwaitsIstio(policy));
  EXPECT_NE(Programmed().message.find("VirtualService shop/mine is for the host"), std::string::npos)
      << Programmed().message;
}

TEST_F(IstioReports, ALimitIsAWarning) {
  Report({"", {"spec.retries.budget is not carried: because"}});
  EXPECT_NE(world.StatusOf(policy, {}).conditions.front().message.find("because"), std::string::npos);
}

TEST_F(IstioReports, AReportOfAnOlderStateIsIgnored) {
  const uint64_t before = world.IstioEpoch(service);
  std::string other = kShop[3];
  other.replace(other.find("1s"), 2, "2s");
  world.Apply(ObjectOf(other));
  EXPECT_EQ(world.Drain().istio, std::set<ObjectKey>{service});
  world.ReportIstio(service, before, {});
  world.Drain();
  EXPECT_TRUE(world.AwaitsIstio(policy));
  Report({});
  EXPECT_FALSE(world.AwaitsIstio(policy));
}

TEST_F(IstioReports, FactsOfTheInstalledIstioAreAppliedToAll) {
  ASSERT_EQ(istiod::LowerToIstio(world, service).size(), 1u);
  world.SetIstio({.installed = false});
  delta = world.Drain();
  EXPECT_EQ(delta.istio, std::set<ObjectKey>{service});
  EXPECT_TRUE(istiod::LowerToIstio(world, service).empty());
  EXPECT_NE(Programmed().message.find("does not serve virtualservices.networking.istio.io/v1"),
            std::string::npos)
      << Programmed().message;
}

TEST_F(IstioReports, WhereARouteStandsInTheWayTheWayOutIsThatOfTheInstalledGatewayApi) {
  world.Apply(ObjectOf(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: HTTPRoute, metadata: {name: mine, namespace: shop}, "
      "spec: {parentRefs: [{group: '', kind: Service, name: ratings}], "
      "rules: [{backendRefs: [{name: ratings, port: 8080}]}]}}"));
  world.Drain();
  EXPECT_TRUE(Programmed().message.ends_with("let a Gateway of class fairlead-waypoint serve it"))
      << Programmed().message;
  world.SetIstio({.route_retry = true});
  world.Drain();
  EXPECT_TRUE(Programmed().message.ends_with("or say timeouts and retry in that route yourself"))
      << Programmed().message;
  world.SetIstio({.route_retry = false});
  world.Drain();
  EXPECT_TRUE(Programmed().message.ends_with("since the Gateway API installed here has no retry in it"))
      << Programmed().message;
}

TEST_F(IstioReports, AGatewayThatGoesToAnotherProgrammerTakesTheObjectsAlong) {
  Report({});
  std::string gateway = kShop[1];
  gateway.replace(gateway.find("istio-waypoint"), 14, "fairlead-waypoint");
  world.Apply(ObjectOf(gateway));
  EXPECT_EQ(world.Drain().istio, std::set<ObjectKey>{service});
  EXPECT_TRUE(istiod::LowerToIstio(world, service).empty());
}

TEST_F(IstioReports, AServiceThatGoesIsLookedAtOnceMore) {
  world.Remove(service);
  EXPECT_EQ(world.Drain().istio, std::set<ObjectKey>{service});
  Report({});
  EXPECT_EQ(world.IstioEpoch(service), 0u);
}

}  // namespace
}  // namespace fairlead::reconcilers
