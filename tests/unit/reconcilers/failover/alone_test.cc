// FailoverPolicies at services that no waypoint serves: what ztunnel keeps alone, and what is said of the
// rest.
#include "reconcilers/failover/alone.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const ObjectKey kPolicy{Kind::kFailoverPolicy, "shop", "p"};
constexpr char kLabels[] = "priorityLabels: ";

std::string PolicyYaml(const std::string& spec, const std::string& name = "p") {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: " + name +
         ", namespace: shop}, spec: {targetRefs: [{kind: Service, name: ratings}]" +
         (spec.empty() ? "" : ", " + spec) + "}}";
}

std::string ServiceYaml(const std::string& metadata = "", const std::string& spec = "clusterIP: 10.0.0.1") {
  return "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop" +
         (metadata.empty() ? "" : ", " + metadata) + "}, spec: {" + spec +
         ", ports: [{name: http, port: 80}]}}";
}

AloneOrder OrderOf(const std::string& spec) {
  const AnyObject object = ObjectOf(PolicyYaml(spec));
  return LowerToZtunnel(*std::get<Ptr<api::FailoverPolicy>>(object));
}

TEST(AloneOrder, NearestFirstIsRegionThenZone) {
  const AloneOrder order = OrderOf("");
  EXPECT_THAT(order.scopes, ElementsAre(Scope::kRegion, Scope::kZone));
  EXPECT_THAT(order.why_not, IsEmpty());
  EXPECT_THAT(order.limits,
              ElementsAre(HasSubstr("spec.minHealthyPercent is not carried"),
                          HasSubstr("spec.outlierDetection is not carried: ztunnel counts no errors")));
  EXPECT_THAT(OrderOf("outlierDetection: {consecutiveErrors: 0}").limits,
              ElementsAre(HasSubstr("spec.minHealthyPercent")));
}

TEST(AloneOrder, LabelsOfPlacesAreScopesAndOthersNeedAWaypoint) {
  EXPECT_THAT(
      OrderOf(std::string(kLabels) +
              "[topology.istio.io/network, topology.kubernetes.io/region, topology.kubernetes.io/zone, "
              "topology.istio.io/subzone, kubernetes.io/hostname, topology.istio.io/cluster]")
          .scopes,
      ElementsAre(Scope::kNetwork, Scope::kRegion, Scope::kZone, Scope::kSubzone, Scope::kNode,
                  Scope::kCluster));
  EXPECT_EQ(OrderOf(std::string(kLabels) + "[topology.kubernetes.io/region, version]").why_not,
            "spec.priorityLabels needs a waypoint: ztunnel does not compare the label version");
}

TEST(AloneOrder, StepsNeedAWaypoint) {
  EXPECT_THAT(OrderOf("localities: [{from: {region: east}, steps: [{to: [{region: west}]}]}]").why_not,
              HasSubstr("spec.localities needs a waypoint"));
}

TEST(AloneOrder, IstiosWordForIt) {
  EXPECT_EQ(DistributionFor({Scope::kRegion, Scope::kZone}), "PreferSameZone");
  EXPECT_EQ(DistributionFor({Scope::kRegion, Scope::kZone, Scope::kSubzone, Scope::kNode}), "PreferSameNode");
  EXPECT_EQ(DistributionFor({Scope::kZone}), std::nullopt);
}

class WithoutWaypoint : public ::testing::Test {
 protected:
  void Apply(const std::string& yaml) {
    world_.Apply(ObjectOf(yaml));
    const Delta delta = world_.Drain();
    told_ = delta.policies.count(kPolicy) > 0;
  }
  api::PolicyStatus Status() const { return world_.StatusOf(kPolicy, {}); }
  std::string Target() const {
    const auto status = Status();
    return status.targets.empty() ? "" : status.targets[0].state + ": " + status.targets[0].message;
  }
  World world_{{.istio_mode = true, .istio_reported = true}};
  bool told_ = false;
};

TEST_F(WithoutWaypoint, SaysWhatToAnnotate) {
  Apply(ServiceYaml());
  Apply(PolicyYaml(""));
  EXPECT_EQ(Target(),
            "NoWaypoint: no waypoint serves it: set the label istio.io/use-waypoint on the Service or on "
            "Namespace shop; or, if the order without health by errors is enough, which ztunnel keeps alone, "
            "annotate it networking.istio.io/traffic-distribution: PreferSameZone");
}

TEST_F(WithoutWaypoint, AnAnnotationThatSaysTheSameCarriesItAndTheStatusFollows) {
  Apply(ServiceYaml());
  Apply(PolicyYaml(""));
  Apply(ServiceYaml("annotations: {networking.istio.io/traffic-distribution: prefersamezone}"));
  EXPECT_TRUE(told_);
  EXPECT_THAT(Target(), HasSubstr("Effective: warning: without a waypoint spec.minHealthyPercent"));
  EXPECT_EQ(Status().failover.steps, "1");
  Apply(ServiceYaml());
  EXPECT_TRUE(told_);
  EXPECT_THAT(Target(), HasSubstr("NoWaypoint: "));
}

TEST_F(WithoutWaypoint, TheFieldOfTheServiceGoesBeforeTheAnnotation) {
  Apply(PolicyYaml(""));
  Apply(ServiceYaml("", "clusterIP: 10.0.0.1, trafficDistribution: PreferClose"));
  EXPECT_THAT(Target(), HasSubstr("Effective"));
  Apply(ServiceYaml("annotations: {networking.istio.io/traffic-distribution: PreferSameZone}",
                    "clusterIP: 10.0.0.1, trafficDistribution: PreferSameNode"));
  EXPECT_THAT(Target(), HasSubstr("NoWaypoint"));
  Apply(
      ServiceYaml("", "clusterIP: 10.0.0.1, trafficDistribution: PreferClose, internalTrafficPolicy: Local"));
  EXPECT_THAT(Target(), HasSubstr("NoWaypoint"));
}

TEST_F(WithoutWaypoint, AServiceEntrySaysItByTheAnnotation) {
  Apply(
      "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ratings, namespace: shop, "
      "annotations: {networking.istio.io/traffic-distribution: PreferSameZone}}, spec: {hosts: "
      "[ratings.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: STATIC, "
      "endpoints: [{address: 10.1.0.1}]}}");
  std::string policy = PolicyYaml("");
  policy.replace(policy.find("kind: Service,"), 14, "group: networking.istio.io, kind: ServiceEntry,");
  Apply(policy);
  EXPECT_THAT(Target(), HasSubstr("Effective"));
}

TEST_F(WithoutWaypoint, OneReadyEndpointNearbyTakesItAll) {
  Apply(
      "{apiVersion: v1, kind: Node, metadata: {name: a, labels: {topology.kubernetes.io/region: east, "
      "topology.kubernetes.io/zone: e1}}}");
  Apply(ServiceYaml("annotations: {networking.istio.io/traffic-distribution: PreferSameZone}"));
  Apply(PolicyYaml(""));
  Apply(
      "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, labels: "
      "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, protocol: "
      "TCP}], endpoints: [{addresses: [10.1.0.1], nodeName: a}, {addresses: [10.1.0.2], nodeName: a, "
      "conditions: {ready: false}}, {addresses: [10.1.0.3], nodeName: a, conditions: {ready: false}}]}");
  const auto sources = Status().failover.sources;
  ASSERT_EQ(sources.size(), 1u);
  EXPECT_EQ(sources[0].steps[0].percent, 100);
  EXPECT_EQ(sources[0].steps[0].healthy, 1);
  EXPECT_THAT(world_.FailoverSources(kPolicy), sources);
}

TEST_F(WithoutWaypoint, TheOlderPolicyStillWins) {
  Apply(ServiceYaml("annotations: {networking.istio.io/traffic-distribution: PreferSameZone}"));
  Apply(PolicyYaml("", "a"));
  Apply(PolicyYaml(""));
  EXPECT_THAT(Target(), HasSubstr("Overridden: FailoverPolicy shop/a is in force"));
}

TEST_F(WithoutWaypoint, AHeadlessServiceHasNoBalancingAtAll) {
  Apply(ServiceYaml("annotations: {networking.istio.io/traffic-distribution: PreferSameZone}",
                    "clusterIP: None, clusterIPs: [None]"));
  Apply(PolicyYaml(""));
  EXPECT_THAT(Target(), HasSubstr("NoWaypoint: it is headless"));
}

TEST_F(WithoutWaypoint, InTheBuiltInModeNobodyTellsZtunnel) {
  World world{WorldOptions()};
  world.Apply(
      ObjectOf(ServiceYaml("annotations: {networking.istio.io/traffic-distribution: PreferSameZone}")));
  world.Apply(ObjectOf(PolicyYaml("")));
  world.Drain();
  const auto status = world.StatusOf(kPolicy, {});
  ASSERT_EQ(status.targets.size(), 1u);
  EXPECT_EQ(status.targets[0].state, "NoWaypoint");
  EXPECT_THAT(status.targets[0].message, Not(HasSubstr("ztunnel")));
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
