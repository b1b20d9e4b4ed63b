// Where requests come from: the places and labels of the waypoint's proxies, for proxies and statuses alike.
#include "reconcilers/failover/sources.h"

#include <gmock/gmock.h>

#include "tests/unit/reconcilers/failover/proxies_base.h"

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class SourcesTest : public ProxiesTest {
 protected:
  using ProxiesTest::ProxiesTest;

  // As a proxy is lowered.
  Source SourceOf(const std::string& proxy) const {
    const auto& sources = world_.waypoints().at(kWaypoint)->sources;
    return sources.contains(proxy) ? sources.at(proxy) : Source();
  }
  // "r/za: 100 0": from where, and the percent of each step.
  std::vector<std::string> Told() const {
    std::vector<std::string> out;
    for (const api::FailoverSource& source : world_.FailoverSources(kPolicy)) {
      out.push_back(ToString(source.from) + ":");
      for (const auto& step : source.steps) out.back() += " " + std::to_string(step.percent);
    }
    return out;
  }
  // Of the first step, seen from the first source.
  std::string Missing() const { return world_.FailoverSources(kPolicy).at(0).steps.at(0).missing; }
};

TEST_F(SourcesTest, LabelsOfTheProxyDecideWhereItsRequestsGo) {
  Policy("priorityLabels: [version]");
  Proxy("w-1", "a", "version: vb");
  EXPECT_EQ(SourceOf("w-1"), (Source{{"", "r", "za", ""}, {{"version", "vb"}}}));
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0"));
  EXPECT_EQ(Missing(), "");
  SetReady(true, false);
  EXPECT_THAT(Told(), ElementsAre("r/za: 0 100"));
  Proxy("w-1", "a", "version: va");
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0"));
}

TEST_F(SourcesTest, OfLabelsOnlyThoseThatAPolicyGoesByAreKept) {
  Proxy("w-1", "a", "version: va, team: x");
  EXPECT_EQ(SourceOf("w-1").labels, Labels());
  EXPECT_TRUE(Policy("priorityLabels: [version]").waypoints.contains(kWaypoint));
  EXPECT_EQ(SourceOf("w-1").labels, (Labels{{"version", "va"}}));
  EXPECT_THAT(Proxy("w-1", "a", "version: va, team: yes-y").waypoints, IsEmpty());
  EXPECT_TRUE(Policy("priorityLabels: [team]").waypoints.contains(kWaypoint));
  EXPECT_EQ(SourceOf("w-1").labels, (Labels{{"team", "yes-y"}}));
  EXPECT_THAT(Policy("priorityLabels: [team], minHealthyPercent: 50").waypoints, IsEmpty());
  EXPECT_TRUE(NoPolicy().waypoints.contains(kWaypoint));
  EXPECT_EQ(SourceOf("w-1").labels, Labels());
}

TEST_F(SourcesTest, WhatTellsPodsOfOneWorkloadApartIsNotCompared) {
  Policy("priorityLabels: [pod-template-hash]");
  Proxy("w-1", "a", "pod-template-hash: x");
  EXPECT_EQ(SourceOf("w-1").labels, Labels());
  EXPECT_EQ(
      Missing(),
      "no endpoints; requests have no label pod-template-hash: it tells pods of one workload apart, and "
      "is not compared");
}

TEST_F(SourcesTest, ALabelThatRequestsDoNotHaveIsToldAtTheStepsThatNeedIt) {
  Policy("priorityLabels: [topology.kubernetes.io/zone, version, team]");
  Proxy("w-1", "a", "team: x");
  const auto steps = world_.FailoverSources(kPolicy).at(0).steps;
  const std::string why = "no endpoints; requests have no label version: the waypoint's pods do not carry it";
  EXPECT_EQ(steps.at(0).missing, why);
  EXPECT_EQ(steps.at(1).missing, why);
  EXPECT_EQ(steps.at(2).to, "same topology.kubernetes.io/zone");
  EXPECT_EQ(steps.at(2).missing, "");
  EXPECT_EQ(steps.at(2).percent, 100);
  EXPECT_EQ(steps.at(3).missing, "");
  Policy("priorityLabels: [topology.istio.io/subzone]");
  EXPECT_EQ(
      Missing(),
      "no endpoints; requests have no label topology.istio.io/subzone: the place that they come from has "
      "none");
}

TEST_F(SourcesTest, WithoutAProxyNobodyKnowsLabels) {
  Policy("priorityLabels: [version]");
  EXPECT_THAT(Told(), ElementsAre("r/za: 0 100", "r/zb: 0 100"));
  EXPECT_EQ(Missing(), "no endpoints; whether requests have label version is not known here");
}

TEST_F(SourcesTest, AProxyOfUnknownPlaceHasItsLabels) {
  Policy("priorityLabels: [version]");
  Proxy("w-1", "nowhere", "version: vb");
  EXPECT_EQ(SourceOf("w-1"), (Source{{}, {{"version", "vb"}}}));
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0", "r/zb: 100 0")) << "it may run anywhere";
  Proxy("w-2", "a", "version: va");
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0")) << "one is known";
  const KnownSources sources = SourcesOf(world_.view(), kWaypoint);
  const Source known{{"Kubernetes", "r", "za", ""}, {{"version", "va"}}};
  EXPECT_THAT(sources.placed, ElementsAre(known));
  const api::Locality zb{"Kubernetes", "r", "zb", ""};
  EXPECT_THAT(sources.AlsoAt({zb}), ElementsAre(known, Source{zb, {{"version", "vb"}}}));
}

TEST_F(SourcesTest, ProxiesOfOnePlaceAreToldOnceAsTheWorstOfThem) {
  Policy("priorityLabels: [version]");
  Proxy("w-1", "a", "version: va");
  Proxy("w-2", "a", "version: vb");
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0"));
  SetReady(true, false);
  EXPECT_THAT(Told(), ElementsAre("r/za: 0 100")) << "of the new ones, while they are rolled out";
}

TEST_F(SourcesTest, TheNetworkIsKnownOfPodsThatDoNotSayIt) {
  Policy("priorityLabels: [topology.istio.io/network]");
  Proxy("w-1", "a");
  EXPECT_EQ(Missing(),
            "no endpoints; requests have no label topology.istio.io/network: neither the waypoint's pods nor "
            "Namespace istio-system carry it");
  Network("near");
  EXPECT_EQ(SourceOf("w-1").labels, (Labels{{"topology.istio.io/network", "near"}}));
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0"));
  EXPECT_EQ(world_.endpoints().at({kRatings, 80})->failover->members[0].labels,
            (Labels{{"topology.istio.io/network", "near"}}));
  Proxy("w-1", "a", "topology.istio.io/network: far");
  EXPECT_THAT(Told(), ElementsAre("r/za: 0 100"));
  Network("far");
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0"));
  Network("");
  EXPECT_THAT(Told(), ElementsAre("r/za: 0 100"));
}

class IstiodSourcesTest : public SourcesTest {
 protected:
  static WorldOptions Istio() {
    WorldOptions out{.istio_mode = true};
    out.istio.installed = true;
    return out;
  }
  IstiodSourcesTest() : SourcesTest(Istio(), "istio-waypoint") {}
};

TEST_F(IstiodSourcesTest, IstiodComparesLabelsOfItsWaypointsPodsToo) {
  Policy("priorityLabels: [version]");
  Proxy("w-1", "a", "version: vb");
  EXPECT_THAT(Told(), ElementsAre("r/za: 100 0"));
  EXPECT_TRUE(Proxy("w-1", "b", "version: vb").policies.contains(kPolicy)) << "its status tells of the place";
  EXPECT_THAT(Told(), ElementsAre("r/zb: 100 0"));
  Policy("priorityLabels: [kubernetes.io/hostname]");
  EXPECT_EQ(Missing(), "no endpoints; whether requests have label kubernetes.io/hostname is not known here");
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
