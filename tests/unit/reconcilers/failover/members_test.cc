// What failover sees of objects: members with place and health, the policy in force, and the rehearsal over
// them.
#include "reconcilers/failover/members.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/failover/rehearsal.h"
#include "reconcilers/failover/winner.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kNode[] =
    "{apiVersion: v1, kind: Node, metadata: {name: a, labels: {topology.kubernetes.io/region: east, "
    "topology.kubernetes.io/zone: e1, topology.istio.io/subzone: rack}}}";
constexpr char kService[] =
    "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop}, spec: {clusterIP: 10.0.0.1, "
    "ports: [{name: http, port: 80}, {name: admin, port: 81}]}}";
constexpr char kPod[] =
    "{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop, labels: {istio-locality: west.w1.r9, "
    "topology.istio.io/cluster: far, version: v2}}, status: {podIPs: [{ip: 10.1.0.2}]}}";

std::string Slice(const std::string& endpoints) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: r, namespace: shop, "
         "labels: "
         "{kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: [{name: http, port: 8080, "
         "protocol: "
         "TCP}], endpoints: [" +
         endpoints + "]}";
}

std::string Policy(const std::string& name, const std::string& spec,
                   const std::string& created = "2026-01-01") {
  return "{apiVersion: fairlead.dev/v1alpha1, kind: FailoverPolicy, metadata: {name: " + name +
         ", namespace: shop, creationTimestamp: \"" + created + "T00:00:00Z\"}, spec: {" + spec + "}}";
}

class MembersTest : public ::testing::Test {
 protected:
  void Apply(const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    ASSERT_FALSE(IsInvalid(object)) << yaml;
    world_.Apply(object);
    world_.Drain();
  }
  std::vector<Member> Members() const { return MembersOf(world_.view(), {kKey, 80}); }
  // "10.1.0.1 healthy"
  std::vector<std::string> Health() const {
    std::vector<std::string> out;
    for (const Member& member : Members())
      out.push_back(member.address + (member.healthy ? " healthy" : " ill"));
    return out;
  }
  std::string InForce(const std::string& port = "http") const {
    const auto policy = WinnerAt(world_.view(), kKey, port);
    return policy == nullptr ? "" : policy->meta.name;
  }

  const ObjectKey kKey{Kind::kService, "shop", "ratings"};
  World world_{WorldOptions()};
};

TEST_F(MembersTest, WhatIsNotReadyIsThereAndIll) {
  Apply(kService);
  Apply(Slice(
      "{addresses: [10.1.0.1], conditions: {ready: true}}, {addresses: [10.1.0.2], conditions: {ready: "
      "false}}, {addresses: [10.1.0.3], conditions: {ready: false, serving: true, terminating: true}}"));
  EXPECT_THAT(Health(), ElementsAre("10.1.0.1 healthy", "10.1.0.2 ill"));
}

TEST_F(MembersTest, AServiceEntryWithoutEndpointsIsItsHosts) {
  const auto entry = [](const std::string& more) {
    return "{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: api, namespace: shop}, "
           "spec: {hosts: [api.example, \"*.wild.example\"], ports: [{number: 80, name: http, protocol: "
           "HTTP}], " +
           more + "}}";
  };
  const Destination port{{Kind::kServiceEntry, "shop", "api"}, 80};
  Apply(entry("resolution: DNS"));
  const std::vector<Member> members = MembersOf(world_.view(), port);
  ASSERT_EQ(members.size(), 1u);
  EXPECT_EQ(members[0].address, "api.example");
  EXPECT_TRUE(members[0].healthy);
  Apply(entry("resolution: DNS, endpoints: [{address: one.example}]"));
  EXPECT_EQ(MembersOf(world_.view(), port).at(0).address, "one.example");
  Apply(entry("resolution: STATIC"));
  EXPECT_THAT(MembersOf(world_.view(), port), IsEmpty());
}

TEST_F(MembersTest, WhatTerminatesServesWhereNothingElseDoes) {
  Apply(kService);
  Apply(Slice(
      "{addresses: [10.1.0.2], conditions: {ready: false}}, {addresses: [10.1.0.3], conditions: {ready: "
      "false, serving: true, terminating: true}}, {addresses: [10.1.0.4], conditions: {ready: false, "
      "serving: false, terminating: true}}"));
  EXPECT_THAT(Health(), ElementsAre("10.1.0.2 ill", "10.1.0.3 healthy"));
}

TEST_F(MembersTest, PlacesComeFromNodesAndFromTheWorkloadItself) {
  Apply(kNode);
  Apply(kService);
  Apply(kPod);
  Apply(Slice(
      "{addresses: [10.1.0.1], nodeName: a}, {addresses: [10.1.0.2], nodeName: a, targetRef: {kind: Pod, "
      "name: p}}, {addresses: [10.1.0.3], zone: e2}"));
  const auto members = Members();
  ASSERT_EQ(members.size(), 3u);
  EXPECT_EQ(members[0].locality, (api::Locality{"Kubernetes", "east", "e1", "rack"}));
  EXPECT_EQ(members[1].locality, (api::Locality{"far", "west", "w1", "r9"}));
  EXPECT_EQ(members[1].labels.Get("version"), "v2");
  EXPECT_EQ(members[2].locality, (api::Locality{"Kubernetes", "", "e2", ""}));
}

TEST_F(MembersTest, TheProxiesGetTheWorkloadsPlaceInWhateverOrderItComes) {
  const auto region = [&] { return world_.endpoints().at({kKey, 80})->endpoints.at(0).region; };
  Apply(kNode);
  Apply(kService);
  Apply(Slice("{addresses: [10.1.0.2], nodeName: a, targetRef: {kind: Pod, name: p}}"));
  EXPECT_EQ(region(), "east");
  Apply(kPod);
  EXPECT_EQ(region(), "west");
  world_.Remove({Kind::kPod, "shop", "p"});
  world_.Drain();
  EXPECT_EQ(region(), "east");
}

TEST_F(MembersTest, ThePolicyInForceIsThatOfTheNearestThenOfTheOlder) {
  Apply(kService);
  EXPECT_EQ(InForce(), "");
  Apply(Policy("selected", "targetSelectors: [{kind: Service}]", "2020-01-01"));
  EXPECT_EQ(InForce(), "selected");
  Apply(Policy("young", "targetRefs: [{kind: Service, name: ratings}]", "2026-05-01"));
  EXPECT_EQ(InForce(), "young");
  Apply(Policy("old", "targetRefs: [{kind: Service, name: ratings}]", "2026-04-01"));
  EXPECT_EQ(InForce(), "old");
  Apply(Policy("port", "targetRefs: [{kind: Service, name: ratings, sectionName: admin}]", "2026-06-01"));
  EXPECT_EQ(InForce(), "old");
  EXPECT_EQ(InForce("admin"), "port");
  Apply(Policy("override", "targetSelectors: [{kind: Service}], mode: Override", "2026-07-01"));
  EXPECT_EQ(InForce("admin"), "override");
}

TEST_F(MembersTest, APolicyThatMayNotUseItsScopeIsNotInForce) {
  Apply(kService);
  Apply(Policy("wide", "targetSelectors: [{kind: Service}], scope: Mesh"));
  EXPECT_EQ(InForce(), "");
  EXPECT_THAT(ServicesWithPolicy(world_.view()), IsEmpty());
}

TEST_F(MembersTest, WhatAnOutageNamesIsThereOrTheAnswerSaysWhatIs) {
  Apply(kNode);
  EXPECT_EQ(ProblemOf(world_, *ParseOutage("zone=east/e1")), "");
  EXPECT_EQ(ProblemOf(world_, *ParseOutage("region=east")), "");
  EXPECT_EQ(ProblemOf(world_, *ParseOutage("cluster=Kubernetes")), "");
  EXPECT_EQ(ProblemOf(world_, *ParseOutage("zone=east/e2")),
            "there is no zone east/e2; did you mean east/e1?; known: east/e1");
  for (const char* text : {"", "zone", "zone=", "zone=e1", "zone=/e1", "zone=e/", "zone=e/1/2", "region=a/b",
                           "cluster=a/b", "service=a", "node=a"}) {
    EXPECT_THAT(ParseOutage(text).error().message, HasSubstr("names nothing that can be down")) << text;
  }
}

TEST_F(MembersTest, RequestsFromWhatIsDownComeFromTheOthers) {
  Apply(kNode);
  Apply(
      "{apiVersion: v1, kind: Node, metadata: {name: b, labels: {topology.kubernetes.io/region: west, "
      "topology.kubernetes.io/zone: w1}}}");
  Apply(kService);
  Apply(Slice("{addresses: [10.1.0.1], nodeName: a}, {addresses: [10.1.0.2], nodeName: b}"));
  Apply(Policy("ratings", "targetRefs: [{kind: Service, name: ratings, sectionName: http}]"));
  const Rehearsal rehearsal = Rehearse(world_, {*ParseOutage("region=east")});
  ASSERT_EQ(rehearsal.targets.size(), 1u);
  const TargetForecast& target = rehearsal.targets[0];
  EXPECT_THAT(target.ports, ElementsAre(80));
  EXPECT_FALSE(rehearsal.stranded);
  ASSERT_EQ(target.sources.size(), 2u);
  EXPECT_TRUE(target.sources[0].down);
  ASSERT_EQ(target.places.size(), 2u);
  EXPECT_EQ(target.places[0].now, 0.5);
  EXPECT_EQ(target.places[0].then, 0);
  EXPECT_EQ(target.places[1].then, 1);
  EXPECT_TRUE(Rehearse(world_, {*ParseOutage("service=shop/ratings")}).stranded);
  const Rehearsal all = Rehearse(world_, {*ParseOutage("cluster=Kubernetes")});
  EXPECT_TRUE(all.stranded);
  EXPECT_EQ(WhyStranded(all.targets[0]), "no place that requests come from would be left");
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
