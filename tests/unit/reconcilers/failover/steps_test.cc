#include "reconcilers/failover/steps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fairlead::reconcilers::failover {
namespace {

using api::FailoverPolicy;
using api::Locality;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

Locality At(const std::string& region, const std::string& zone = "", const std::string& cluster = "") {
  return {cluster, region, zone, ""};
}

Member In(const std::string& address, const Locality& place, uint32_t weight = 1) {
  return {address, 80, place, {}, weight, true};
}

// Addresses by step.
std::vector<std::vector<std::string>> AddressesOf(const Plan& plan) {
  std::vector<std::vector<std::string>> out;
  for (const Step& step : plan.steps) {
    out.emplace_back();
    for (const Part& part : step.parts) {
      for (size_t i : part.members) out.back().push_back(plan.members[i].address);
    }
  }
  return out;
}

std::vector<std::string> NamesOf(const Plan& plan) {
  std::vector<std::string> out;
  for (const Step& step : plan.steps) out.push_back(step.name);
  return out;
}

std::vector<uint32_t> WeightsOf(const Step& step) {
  std::vector<uint32_t> out;
  for (const Part& part : step.parts) out.push_back(part.weight);
  return out;
}

api::FailoverStep To(std::vector<api::WeightedLocality> to) { return {std::move(to)}; }

const std::vector<Member> kMembers = {In("a", At("east", "1")), In("b", At("east", "2")),
                                      In("c", At("west", "1")), In("d", At("west", "3", "far"))};

TEST(StepsByNearness, ZoneThenRegionThenAny) {
  const Plan plan = PlanFailover({}, {At("east", "1"), {}}, kMembers);
  EXPECT_THAT(NamesOf(plan), ElementsAre("same zone", "same region", "any"));
  EXPECT_THAT(AddressesOf(plan), ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("c", "d")));
}

TEST(StepsByNearness, AZoneOfTheSameNameElsewhereIsNotNear) {
  EXPECT_THAT(AddressesOf(PlanFailover({}, {At("north", "1"), {}}, kMembers)),
              ElementsAre(IsEmpty(), IsEmpty(), ElementsAre("a", "b", "c", "d")));
}

TEST(StepsByNearness, WhatIsNotKnownOfTheSourceIsNoStep) {
  EXPECT_THAT(NamesOf(PlanFailover({}, {At("east"), {}}, kMembers)), ElementsAre("same region", "any"));
  EXPECT_THAT(NamesOf(PlanFailover({}, {}, kMembers)), ElementsAre("any"));
}

TEST(StepsByRule, TheMostSpecificRuleThatHoldsTheSource) {
  FailoverPolicy policy;
  policy.localities = {{At(""), {To({{At("any"), {}}})}},
                       {At("east"), {To({{At("r"), {}}})}},
                       {{"near", "", "", ""}, {To({{At("c"), {}}})}},
                       {At("east", "1"), {To({{At("z"), {}}})}},
                       {{"near", "east", "", ""}, {To({{At("cr"), {}}})}}};
  const auto rule = [&](const Locality& source) {
    return RuleFor(policy, source)->steps[0].to[0].locality.region;
  };
  EXPECT_EQ(rule(At("west")), "any");
  EXPECT_EQ(rule(At("west", "", "near")), "c");
  EXPECT_EQ(rule(At("east", "2")), "r");
  EXPECT_EQ(rule(At("east", "2", "near")), "cr");
  EXPECT_EQ(rule(At("east", "1", "near")), "z");
}

TEST(StepsByRule, WithoutARuleForTheSourceNearnessCounts) {
  FailoverPolicy policy;
  policy.localities = {{At("east"), {To({{At("west"), {}}})}}};
  EXPECT_THAT(NamesOf(PlanFailover(policy, {At("west", "1"), {}}, kMembers)),
              ElementsAre("same zone", "same region", "any"));
}

TEST(StepsByRule, ItsOwnPlaceComesFirst) {
  FailoverPolicy policy;
  policy.localities = {{At("east", "1"), {To({{At("east", "2"), {}}})}}};
  const Plan plan = PlanFailover(policy, {At("east", "1"), {}}, kMembers);
  EXPECT_THAT(NamesOf(plan), ElementsAre("east/1", "east/2"));
  EXPECT_THAT(AddressesOf(plan), ElementsAre(ElementsAre("a"), ElementsAre("b")));
  EXPECT_THAT(plan.unreached, ElementsAre(2u, 3u)) << "no step covers them";
}

TEST(StepsByRule, ItsOwnPlaceIsNoStepWhereAStepCoversIt) {
  FailoverPolicy policy;
  policy.localities = {{At("east", "1"), {To({{At("west"), {}}}), To({{At("east"), {}}})}}};
  EXPECT_THAT(AddressesOf(PlanFailover(policy, {At("east", "1"), {}}, kMembers)),
              ElementsAre(ElementsAre("c", "d"), ElementsAre("a", "b")));
}

TEST(StepsByRule, WhatIsNamedInsideItsOwnPlaceKeepsItsStep) {
  FailoverPolicy policy;
  policy.localities = {{At("west"), {To({{At("west", "", "far"), {}}}), To({{At("east"), {}}})}}};
  EXPECT_THAT(AddressesOf(PlanFailover(policy, {At("west", "1"), {}}, kMembers)),
              ElementsAre(ElementsAre("c"), ElementsAre("d"), ElementsAre("a", "b")));
}

TEST(StepsByRule, AMemberIsInTheFirstStepThatCoversIt) {
  FailoverPolicy policy;
  policy.localities = {
      {At(""), {To({{At("east", "1"), {}}}), To({{At("east"), {}}}), To({{At("east", "2"), {}}})}}};
  EXPECT_THAT(AddressesOf(PlanFailover(policy, {}, kMembers)),
              ElementsAre(ElementsAre("a"), ElementsAre("b"), IsEmpty()));
}

TEST(StepWeights, OfAnEntryAreSharedByItsLocalities) {
  FailoverPolicy policy;
  policy.localities = {{At(""), {To({{At("east"), 60}, {At("west", "1"), 40}})}}};
  const Plan plan = PlanFailover(policy, {},
                                 {In("a", At("east", "1")), In("b", At("east", "2"), 3),
                                  In("c", At("east", "2"), 2), In("d", At("west", "1"), 9)});
  // 60 shared as 1 to 5, and 40: 10, 50, 40.
  EXPECT_THAT(WeightsOf(plan.steps[0]), ElementsAre(1, 5, 4));
}

TEST(StepWeights, TheMoreSpecificEntryOfAStepHasTheMember) {
  FailoverPolicy policy;
  policy.localities = {{At(""), {To({{At("east"), 25}, {At("east", "2"), 75}})}}};
  const Plan plan = PlanFailover(policy, {}, kMembers);
  EXPECT_THAT(WeightsOf(plan.steps[0]), ElementsAre(1, 3));
}

TEST(StepWeights, WithoutThemLocalitiesShareByTheirMembers) {
  FailoverPolicy policy;
  policy.localities = {{At(""), {To({{At("east", "1"), {}}, {At("east", "2"), {}}})}}};
  const Plan plan = PlanFailover(
      policy, {}, {In("a", At("east", "1")), In("b", At("east", "1")), In("c", At("east", "2"), 4)});
  EXPECT_THAT(WeightsOf(plan.steps[0]), ElementsAre(1, 2));
}

TEST(StepWeights, AnEntryWithoutMembersLeavesItsWeightToTheOthers) {
  FailoverPolicy policy;
  policy.localities = {{At(""), {To({{At("north"), 90}, {At("east", "1"), 4}, {At("east", "2"), 6}})}}};
  EXPECT_THAT(WeightsOf(PlanFailover(policy, {}, kMembers).steps[0]), ElementsAre(2, 3));
}

TEST(StepWeights, HugeOnesFitEnvoy) {
  const uint32_t most = 4294967295u;
  const Plan plan =
      PlanFailover({}, {}, {In("a", At("x"), most), In("b", At("y"), most - 1), In("c", At("z"), 1)});
  uint64_t sum = 0;
  for (uint32_t weight : WeightsOf(plan.steps[0])) {
    EXPECT_GE(weight, 1u);
    sum += weight;
  }
  EXPECT_LE(sum, most);
}

TEST(StepWeights, AMemberOfWeightZeroTakesNoPart) {
  EXPECT_THAT(PlanFailover({}, {}, {In("a", At("x"), 0)}).members, IsEmpty());
}

TEST(SharedMembers, KnowTheirPlacesAndAreSharedByCopies) {
  const Members members = {In("b", At("y", "1")), In("c", At("x", "2")), In("a", At("y", "1")),
                           In("d", At("x", "1"))};
  ASSERT_EQ(members.places(), 3u);
  for (size_t p = 1; p < members.places(); ++p) EXPECT_LT(members.place(p - 1), members.place(p));
  for (size_t i = 0; i < members.size(); ++i)
    EXPECT_EQ(members.place(members.place_of(i)), members[i].locality);
  const Members copy = members;
  EXPECT_EQ(copy, members);
  EXPECT_EQ(&copy[0], &members[0]);
  EXPECT_EQ(PlanFailover({}, {}, members).members.begin(), members.begin());
  EXPECT_NE(members, Members({In("a", At("y", "1"))}));
  EXPECT_EQ(Members().places(), 0u);
}

TEST(StepsByLabels, ByHowManyAgreeFromTheFirstOn) {
  FailoverPolicy policy;
  policy.priority_labels = {"topology.kubernetes.io/region", "version"};
  std::vector<Member> members = kMembers;
  members[0].labels = {{"version", "v1"}};
  members[1].labels = {{"version", "v2"}};
  members[2].labels = {{"version", "v1"}};
  const Plan plan = PlanFailover(policy, {At("east", "9"), {{"version", "v1"}}}, members);
  EXPECT_THAT(NamesOf(plan), ElementsAre("same topology.kubernetes.io/region, version",
                                         "same topology.kubernetes.io/region", "any"));
  EXPECT_THAT(AddressesOf(plan), ElementsAre(ElementsAre("a"), ElementsAre("b"), ElementsAre("c", "d")));
}

TEST(StepsByLabels, ALabelThatTheSourceLacksAgreesWithNone) {
  FailoverPolicy policy;
  policy.priority_labels = {"version"};
  EXPECT_THAT(AddressesOf(PlanFailover(policy, {}, kMembers)),
              ElementsAre(IsEmpty(), ElementsAre("a", "b", "c", "d")));
}

TEST(StepsByLabels, TheClusterIsALabelOfThePlace) {
  FailoverPolicy policy;
  policy.priority_labels = {"topology.istio.io/cluster"};
  EXPECT_THAT(AddressesOf(PlanFailover(policy, {At("", "", "far"), {}}, kMembers)),
              ElementsAre(ElementsAre("d"), ElementsAre("a", "b", "c")));
}

TEST(Plan, DoesNotDependOnTheOrderOfMembers) {
  std::vector<Member> reversed(kMembers.rbegin(), kMembers.rend());
  EXPECT_EQ(PlanFailover({}, {At("east", "1"), {}}, kMembers),
            PlanFailover({}, {At("east", "1"), {}}, reversed));
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
