// What was kept of another cluster stands in for what is listed, until all of that is there; and what is
// worth to be kept.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/failover/members.h"
#include "reconcilers/store/known.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const ObjectKey kRatings{Kind::kService, "shop", "ratings"};

AnyObject Service(const std::string& name = "ratings",
                  const std::string& labels = "istio.io/global: 'true'") {
  return ObjectOf("{apiVersion: v1, kind: Service, metadata: {name: " + name +
                  ", namespace: shop, labels: {" + labels + "}}, spec: {ports: [{port: 80}]}}");
}

AnyObject Slice(const std::string& address, const std::string& service = "ratings") {
  return ObjectOf("{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " + service +
                  "-1, namespace: shop, labels: {kubernetes.io/service-name: " + service +
                  "}}, addressType: IPv4, ports: [{port: 8080, protocol: TCP}], endpoints: [{addresses: [" +
                  address + "], targetRef: {kind: Pod, name: " + service + "-p}}]}");
}

AnyObject Pod(const std::string& name) {
  return ObjectOf("{apiVersion: v1, kind: Pod, metadata: {name: " + name +
                  ", namespace: shop, labels: {version: v1}}}");
}

AnyObject Policy(int percent) {
  return ObjectOf(
      "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: far, namespace: shop}, "
      "spec: {targetRefs: [{group: '', kind: Service, name: ratings}], minHealthyPercent: " +
      std::to_string(percent) + "}}");
}

class KeptRemotesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.Apply(Service());
    world_.Drain();
  }
  void Is(RemoteState state, bool kept) {
    world_.SetRemoteState("west", {state, {1}, "", "", kept});
    world_.Drain();
  }
  void Keep(const std::vector<AnyObject>& objects) {
    world_.KeepRemote("west", objects);
    world_.Drain();
  }
  void List(Kind kind, const std::vector<AnyObject>& objects) {
    world_.ReplaceRemote("west", kind, objects);
    world_.Drain();
  }
  void ListRest() {
    for (const Kind kind : {Kind::kPod, Kind::kNode, Kind::kNamespace}) List(kind, {});
  }
  std::vector<std::string> Members() const {
    std::vector<std::string> out;
    for (const failover::Member& member : failover::MembersOf(world_.view(), {kRatings, 80}))
      out.push_back(member.address + (member.healthy ? "" : " ill"));
    return out;
  }
  World world_{WorldOptions()};
};

TEST_F(KeptRemotesTest, CountsByItsStateUntilAllWasListed) {
  Keep({Service(), Slice("10.2.0.1")});
  EXPECT_THAT(Members(), IsEmpty());
  Is(RemoteState::kStale, true);
  EXPECT_THAT(Members(), ElementsAre("10.2.0.1"));
  Is(RemoteState::kExpired, true);
  EXPECT_THAT(Members(), ElementsAre("10.2.0.1 ill"));
  Is(RemoteState::kStale, true);
  List(Kind::kService, {});
  List(Kind::kEndpointSlice, {Slice("10.2.0.7")});
  EXPECT_THAT(Members(), ElementsAre("10.2.0.1")) << "half a list is none";
  List(Kind::kService, {Service()});
  ListRest();
  EXPECT_THAT(Members(), ElementsAre("10.2.0.1"));
  Is(RemoteState::kFresh, false);
  EXPECT_THAT(Members(), ElementsAre("10.2.0.7"));
  world_.ApplyRemote("west", Slice("10.2.0.8"));
  EXPECT_THAT(Members(), ElementsAre("10.2.0.8"));
}

TEST_F(KeptRemotesTest, WhatWasListedBeforeItCameIsNotLost) {
  List(Kind::kService, {Service()});
  Keep({Service(), Slice("10.2.0.1")});
  Is(RemoteState::kStale, true);
  EXPECT_THAT(Members(), ElementsAre("10.2.0.1"));
  List(Kind::kEndpointSlice, {Slice("10.2.0.7")});
  ListRest();
  Is(RemoteState::kStale, false);
  EXPECT_THAT(Members(), ElementsAre("10.2.0.7")) << "a watch broke when all was listed";
}

TEST_F(KeptRemotesTest, ServicesThatHaveGoneMeanwhileGo) {
  Keep({Service(), Slice("10.2.0.1")});
  Is(RemoteState::kStale, true);
  List(Kind::kService, {});
  List(Kind::kEndpointSlice, {});
  ListRest();
  Is(RemoteState::kFresh, false);
  EXPECT_THAT(Members(), IsEmpty());
}

TEST_F(KeptRemotesTest, WhatIsEqualChangesNoEndpoints) {
  Keep({Service(), Slice("10.2.0.1")});
  Is(RemoteState::kStale, true);
  List(Kind::kService, {Service()});
  List(Kind::kEndpointSlice, {Slice("10.2.0.1")});
  ListRest();
  world_.SetRemoteState("west", {RemoteState::kFresh, {2}, ""});
  EXPECT_THAT(world_.Drain().endpoints, IsEmpty());
}

TEST_F(KeptRemotesTest, PoliciesThatAreNotListedYetStay) {
  Keep({Service(), Policy(50)});
  Is(RemoteState::kStale, true);
  List(Kind::kService, {Service()});
  List(Kind::kEndpointSlice, {});
  ListRest();
  Is(RemoteState::kFresh, false);
  const auto policies = [&] {
    return world_.view().remotes.clusters().at("west").tables.Names(Kind::kFailoverPolicy);
  };
  EXPECT_THAT(policies(), SizeIs(1));
  List(Kind::kFailoverPolicy, {});
  EXPECT_THAT(policies(), IsEmpty());
}

TEST_F(KeptRemotesTest, ACopyOfAClusterThatWentIsForgotten) {
  Keep({Service(), Slice("10.2.0.1")});
  Is(RemoteState::kStale, true);
  world_.RemoveRemote("west");
  world_.Drain();
  EXPECT_THAT(Members(), IsEmpty());
  List(Kind::kService, {Service()});
  List(Kind::kEndpointSlice, {Slice("10.2.0.7")});
  Is(RemoteState::kFresh, false);
  EXPECT_THAT(Members(), ElementsAre("10.2.0.7"));
}

TEST_F(KeptRemotesTest, WhatCountsAndNoMoreIsWorthToBeKept) {
  const auto known = [&] { return KnownOf(world_.view().remotes, "west"); };
  EXPECT_FALSE(known());
  List(Kind::kService,
       {Service(), Service("alone", "a: b"), Service("gateway", "topology.istio.io/network: n2")});
  List(Kind::kEndpointSlice, {Slice("10.2.0.1"), Slice("10.2.0.2", "alone")});
  List(Kind::kPod, {Pod("ratings-p"), Pod("alone-p")});
  EXPECT_FALSE(known()) << "not all was listed";
  Is(RemoteState::kFresh, false);
  ASSERT_TRUE(known());
  EXPECT_THAT(known()->services, SizeIs(2));
  EXPECT_THAT(known()->slices, SizeIs(1));
  ASSERT_THAT(known()->pods, SizeIs(1));
  EXPECT_EQ(known()->pods.front().first.name, "ratings-p");
  Is(RemoteState::kStale, true);
  EXPECT_FALSE(known()) << "it is a copy";
}

}  // namespace
}  // namespace fairlead::reconcilers
