// What came of a policy at a target: ports that a waypoint does not steer, and what istiod's leaves out.
#include "reconcilers/failover/assess.h"

#include <gmock/gmock.h>

#include "tests/unit/reconcilers/failover/proxies_base.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class AssessTest : public ProxiesTest {
 protected:
  using ProxiesTest::ProxiesTest;

  void Ports(const std::string& ports) {
    Apply(
        "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, spec: {clusterIP: "
        "10.0.0.1, ports: [" +
        ports + "]}}");
  }
  // "Effective: and what is said"
  std::string Target() const {
    const std::vector<api::TargetStatus> targets = world_.StatusOf(kPolicy, {}).targets;
    return targets.size() == 1 ? targets[0].state + ": " + targets[0].message : "no target";
  }
};

constexpr char kHttp[] = "{name: http, port: 80, appProtocol: http}", kMysql[] = "{name: db, port: 3306}";

TEST_F(AssessTest, PortsThatAWaypointDoesNotSteerAreTold) {
  Policy("");
  EXPECT_EQ(Target(), "Effective: ");
  Ports(kHttp + std::string(", ") + kMysql);
  EXPECT_EQ(Target(),
            "Effective: port 3306 (TCP) goes on as always: a waypoint of Fairlead steers HTTP alone");
  ASSERT_FALSE(world_.FailoverSources(kPolicy).empty());
  EXPECT_EQ(world_.FailoverSources(kPolicy)[0].ports, std::vector<int>{80});
  Ports(kMysql);
  EXPECT_THAT(Target(), HasSubstr("NotCarried: it has no HTTP port (3306 TCP): a waypoint of Fairlead steers "
                                  "HTTP alone; set appProtocol"));
  EXPECT_TRUE(world_.FailoverSources(kPolicy).empty());
}

WorldOptions OfIstio() {
  WorldOptions out;
  out.istio_mode = true;
  out.istio.installed = true;
  return out;
}

// A Service that is joined with that of cluster west, behind istiod's own waypoint.
class AcrossClustersTest : public AssessTest {
 protected:
  AcrossClustersTest() : AssessTest(OfIstio(), "istio-waypoint") {
    Apply(kService);
    world_.ApplyRemote("west", ObjectOf(kService));
    world_.ApplyRemote("west",
                       ObjectOf("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: "
                                "ratings, namespace: shop, labels: {kubernetes.io/service-name: ratings}}, "
                                "addressType: IPv4, ports: [{name: http, port: 8080, protocol: TCP}], "
                                "endpoints: [{addresses: [10.2.0.1]}]}"));
    world_.SetRemoteState("west", {RemoteState::kFresh, {1}, ""});
    world_.Drain();
  }
  static constexpr char kService[] =
      "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {istio.io/global: "
      "'true'}}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80, appProtocol: http}]}}";
};

TEST_F(AcrossClustersTest, AWaypointThatIsNotGlobalIsTold) {
  constexpr char kJoinsNone[] =
      "behind Gateway shop/w istiod joins no endpoints of other clusters: give it the label "
      "istio.io/global";
  Policy("");
  EXPECT_THAT(Target(), HasSubstr(kJoinsNone));
  Apply(
      "{apiVersion: gateway.networking.k8s.io/v1, kind: Gateway, metadata: {name: w, namespace: shop, "
      "labels: "
      "{istio.io/global: 'true'}}, spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: "
      "15008, "
      "protocol: HBONE}]}}");
  EXPECT_THAT(Target(), Not(HasSubstr(kJoinsNone)));
}

// istio/istio#49500
TEST_F(AcrossClustersTest, LabelsThatIstiodDoesNotKnowOfOtherNetworksAreTold) {
  constexpr char kUnknown[] = "of endpoints on other networks istiod's waypoint knows no labels";
  Network("near");
  Policy("priorityLabels: [version]");
  EXPECT_THAT(Target(), Not(HasSubstr(kUnknown))) << "of the same network";
  world_.ApplyRemote("west",
                     ObjectOf("{apiVersion: v1, kind: Namespace, metadata: {name: istio-system, labels: "
                              "{topology.istio.io/network: far}}}"));
  world_.Drain();
  EXPECT_THAT(Target(), HasSubstr(kUnknown));
  Policy("priorityLabels: [topology.kubernetes.io/region, topology.istio.io/cluster]");
  EXPECT_THAT(Target(), Not(HasSubstr(kUnknown))) << "of their place";
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
