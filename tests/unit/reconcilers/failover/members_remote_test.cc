// Members of Services that are joined with those of other clusters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/failover/members.h"
#include "reconcilers/store/remotes.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ObjectKey kRatings{Kind::kService, "shop", "ratings"};

std::string ServiceYaml(const std::string& labels, const std::string& port = "http") {
  return "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {" + labels +
         "}}, spec: {clusterIP: 10.0.0.1, ports: [{name: " + port + ", port: 80}]}}";
}

std::string SliceYaml(const std::string& endpoints, const std::string& port = "http") {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, "
         "labels: "
         "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: " +
         port + ", port: 8080, protocol: TCP}], endpoints: [" + endpoints + "]}";
}

constexpr char kGlobal[] = "istio.io/global: \"true\"";
constexpr char kNode[] =
    "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {topology.kubernetes.io/region: us-west, "
    "topology.kubernetes.io/zone: w1, topology.istio.io/cluster: another}}}";

class RemoteMembersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Here(ServiceYaml(kGlobal));
    Here(SliceYaml("{addresses: [10.1.0.1]}"));
    There(kNode);
    There(ServiceYaml(kGlobal));
    There(SliceYaml("{addresses: [10.2.0.1], nodeName: n1, targetRef: {kind: Pod, name: p}}"));
  }
  void Here(const std::string& yaml) {
    world_.Apply(ObjectOf(yaml));
    Drain();
  }
  void There(const std::string& yaml, const std::string& cluster = "west") {
    world_.ApplyRemote(cluster, ObjectOf(yaml));
    Drain();
  }
  void Is(RemoteState state, const std::string& cluster = "west") {
    world_.SetRemoteState(cluster, {state, {1}, ""});
    Drain();
  }
  // Keeps how many services' endpoints were looked at anew.
  void Drain() {
    const uint64_t before = world_.counters().endpoints;
    world_.Drain();
    lowered_ = world_.counters().endpoints - before;
  }
  // "10.1.0.1 Kubernetes healthy"
  std::vector<std::string> Members() const {
    std::vector<std::string> out;
    for (const Member& member : MembersOf(world_.view(), {kRatings, 80}))
      out.push_back(member.address + " " + member.locality.cluster + (member.healthy ? " healthy" : " ill"));
    return out;
  }

  static constexpr const char* kOwn = "10.1.0.1 Kubernetes healthy";
  static constexpr const char* kWest = "10.2.0.1 west healthy";
  World world_{WorldOptions()};
  uint64_t lowered_ = 0;
};

TEST_F(RemoteMembersTest, CountOnceAllOfTheClusterWasListed) {
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  EXPECT_EQ(lowered_, 0u);
  Is(RemoteState::kFresh);
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
  EXPECT_EQ(lowered_, 1u);
}

TEST_F(RemoteMembersTest, AreLeftOutWhereSettingsOfTheWorkspaceSaySo) {
  const auto settings = [](const std::string& clusters) {
    return "{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: "
           "shop}, spec: {clusters: {" +
           clusters + "}}}";
  };
  const auto workspace = [](const std::string& ns) {
    return "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: team}, spec: {namespaces: "
           "[{names: [" +
           ns + "]}]}}";
  };
  Is(RemoteState::kFresh);
  Here(workspace("shop"));
  Here(settings("join: None"));
  EXPECT_EQ(lowered_, 1u);
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  EXPECT_EQ(ExcludedBy(world_.view(), "shop", "west"), "team");
  Here(settings("join: Listed, names: [north, west]"));
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
  EXPECT_EQ(ExcludedBy(world_.view(), "shop", "west"), "");
  Here(settings("join: Listed, names: [north]"));
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  Here(workspace("other"));
  EXPECT_EQ(lowered_, 1u) << "they are no settings of the namespace any more";
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
  Here(workspace("shop"));
  EXPECT_EQ(lowered_, 1u);
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  world_.Remove({Kind::kWorkspaceSettings, "shop", "s"});
  Drain();
  EXPECT_EQ(lowered_, 1u);
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
}

TEST_F(RemoteMembersTest, AreWhereTheirNodesAreInTheClusterOfThatName) {
  Is(RemoteState::kFresh);
  There("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {version: v2}}}");
  EXPECT_EQ(lowered_, 1u);
  const auto members = MembersOf(world_.view(), {kRatings, 80});
  ASSERT_THAT(members, SizeIs(2));
  EXPECT_EQ(members[1].locality, (api::Locality{"west", "us-west", "w1", ""}));
  EXPECT_EQ(members[1].labels.Get("version"), "v2");
  EXPECT_EQ(members[1].port, 8080);
}

TEST_F(RemoteMembersTest, AreJoinedWhereBothServicesAreGlobal) {
  Is(RemoteState::kFresh);
  There(ServiceYaml("istio.io/global: \"false\""));
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  EXPECT_EQ(lowered_, 1u);
  There(ServiceYaml(kGlobal));
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
  EXPECT_EQ(lowered_, 1u);
  Here(ServiceYaml(""));
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  Here(ServiceYaml(kGlobal));
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
}

TEST_F(RemoteMembersTest, ArePortsOfTheSameNumberWhateverTheirNames) {
  Is(RemoteState::kFresh);
  There(ServiceYaml(kGlobal, "web"));
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  There(SliceYaml("{addresses: [10.2.0.1]}", "web"));
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
}

TEST_F(RemoteMembersTest, StayWhileStaleAndAreIllWhenThatLastsTooLong) {
  Is(RemoteState::kFresh);
  Is(RemoteState::kStale);
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
  EXPECT_EQ(lowered_, 0u) << "nothing is different for proxies";
  Is(RemoteState::kExpired);
  EXPECT_THAT(Members(), ElementsAre(kOwn, "10.2.0.1 west ill"));
  EXPECT_EQ(lowered_, 1u);
  Is(RemoteState::kFresh);
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
}

TEST_F(RemoteMembersTest, OnAnotherNetworkAreIll) {
  const auto network = [](const std::string& ns, const std::string& name) {
    return "{apiVersion: v1, kind: Namespace, metadata: {name: " + ns +
           ", labels: {topology.istio.io/network: " + name + "}}}";
  };
  Is(RemoteState::kFresh);
  There(network("istio-system", "far"));
  EXPECT_EQ(lowered_, 1u);
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest)) << "ours is not known";
  Here(network("fairlead-system", "near"));
  EXPECT_EQ(lowered_, 1u);
  EXPECT_THAT(Members(), ElementsAre(kOwn, "10.2.0.1 west ill"));
  EXPECT_EQ(MembersOf(world_.view(), {kRatings, 80}).at(1).labels.Get("topology.istio.io/network"), "far");
  There("{apiVersion: v1, kind: Namespace, metadata: {name: other}}");
  EXPECT_EQ(lowered_, 0u);
  There(
      "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {topology.istio.io/network: "
      "near}}}");
  EXPECT_THAT(Members(), ElementsAre(kOwn, kWest));
  world_.Remove({Kind::kNamespace, "", "fairlead-system"});
  Drain();
  EXPECT_EQ(lowered_, 1u);
}

TEST_F(RemoteMembersTest, AChangeOfTheStateIsForTheStatusesOfPolicies) {
  Here(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}]}}");
  const ObjectKey policy{Kind::kFailoverPolicy, "shop", "p"};
  world_.SetRemoteState("west", {RemoteState::kFresh, {1}, ""});
  EXPECT_TRUE(world_.Drain().policies.contains(policy));
  world_.SetRemoteState("west", {RemoteState::kStale, {2}, "timeout"});
  EXPECT_TRUE(world_.Drain().policies.contains(policy));
  world_.SetRemoteState("west", {RemoteState::kStale, {2}, "refused"});
  EXPECT_TRUE(world_.Drain().empty());
  world_.RemoveRemote("west");
  EXPECT_TRUE(world_.Drain().policies.contains(policy));
}

TEST_F(RemoteMembersTest, HaveThoseLabelsThatThePolicyGoesBy) {
  const auto policy = [](const std::string& spec) {
    return ObjectOf(
        "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, "
        "spec: {targetRefs: [{kind: Service, name: ratings}]" +
        spec + "}}");
  };
  const auto labels = [&](const Delta& delta) {
    return delta.endpoints.at({kRatings, 80})->failover->members[1].labels;
  };
  Is(RemoteState::kFresh);
  There("{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {version: v2, app: r}}}");
  world_.Apply(policy(""));
  EXPECT_EQ(labels(world_.Drain()), Labels());
  world_.Apply(policy(", priorityLabels: [version]"));
  EXPECT_EQ(labels(world_.Drain()), (Labels{{"version", "v2"}}));
}

TEST_F(RemoteMembersTest, GoWithTheirCluster) {
  Is(RemoteState::kFresh);
  world_.RemoveRemote("west");
  Drain();
  EXPECT_THAT(Members(), ElementsAre(kOwn));
  EXPECT_EQ(lowered_, 1u);
  world_.RemoveRemote("west");
  Drain();
  EXPECT_EQ(lowered_, 0u);
}

// "10.1.0.1 , 10.2.0.1 us-west/w1": what proxies are told where nothing divides the requests.
TEST_F(RemoteMembersTest, WithoutAPolicyShareAllRequests) {
  const auto alike = [&] {
    std::vector<std::string> out;
    for (const EffectiveEndpoint& e : world_.endpoints().at({kRatings, 80})->endpoints)
      out.push_back(e.address + " " + e.region + "/" + e.zone);
    return out;
  };
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /"));
  Is(RemoteState::kFresh);
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /", "10.2.0.1 us-west/w1"));

  Is(RemoteState::kStale);
  EXPECT_THAT(alike(), SizeIs(2)) << "what was known last stays in force";
  Is(RemoteState::kExpired);
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /"));
  Is(RemoteState::kFresh);

  Here(SliceYaml("{addresses: [10.1.0.1], conditions: {ready: false}}"));
  EXPECT_THAT(alike(), ElementsAre("10.2.0.1 us-west/w1"));
  Here(SliceYaml("{addresses: [10.1.0.1]}"));
  There(SliceYaml("{addresses: [10.2.0.1], nodeName: n1, conditions: {ready: false}}"));
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /"));
  There(SliceYaml("{addresses: [10.2.0.1], nodeName: n1}, {addresses: [10.1.0.1], nodeName: n1}"));
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /", "10.2.0.1 us-west/w1")) << "one address is one endpoint";

  const std::string policy =
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: p, namespace: shop}, spec: "
      "{targetRefs: [{kind: Service, name: ratings}]}}";
  Here(policy);
  EXPECT_TRUE(world_.endpoints().at({kRatings, 80})->failover);
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /")) << "the others are members of its steps";
  world_.Remove({Kind::kFailoverPolicy, "shop", "p"});
  Drain();
  EXPECT_THAT(alike(), SizeIs(2));

  Here(ServiceYaml(""));
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /"));
  Here(ServiceYaml(kGlobal));
  EXPECT_THAT(alike(), SizeIs(2));
  world_.RemoveRemote("west");
  Drain();
  EXPECT_THAT(alike(), ElementsAre("10.1.0.1 /"));
}

TEST_F(RemoteMembersTest, OfOneAddressOursCounts) {
  There(SliceYaml("{addresses: [10.1.0.1], conditions: {ready: false}}"));
  Is(RemoteState::kFresh);
  EXPECT_THAT(Members(), ElementsAre(kOwn));
}

TEST_F(RemoteMembersTest, ComeFromSeveralClusters) {
  Is(RemoteState::kFresh);
  There(ServiceYaml(kGlobal), "east");
  There(SliceYaml("{addresses: [10.3.0.1]}, {addresses: [10.2.0.1]}"), "east");
  Is(RemoteState::kFresh, "east");
  EXPECT_THAT(Members(), ElementsAre(kOwn, "10.2.0.1 east healthy", "10.3.0.1 east healthy"));
}

TEST_F(RemoteMembersTest, OfAServiceThatIsNotHereAreOfNoUse) {
  Is(RemoteState::kFresh);
  world_.Remove(kRatings);
  Drain();
  There(SliceYaml("{addresses: [10.2.0.9]}"));
  EXPECT_EQ(lowered_, 0u);
  EXPECT_THAT(Members(), IsEmpty());
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
