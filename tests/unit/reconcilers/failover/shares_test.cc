#include "reconcilers/failover/shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace fairlead::reconcilers::failover {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;

struct Zone {
  int members = 0, healthy = 0;
  int weight = 0;  // 0: none is given
};

// Steps of zones; every zone of a step has a weight, or none has.
Plan PlanOf(const std::vector<std::vector<Zone>>& steps, int min_healthy_percent) {
  api::FailoverPolicy policy;
  policy.min_healthy_percent = min_healthy_percent;
  policy.localities.emplace_back();
  std::vector<Member> members;
  for (size_t s = 0; s < steps.size(); ++s) {
    api::FailoverStep step;
    for (size_t z = 0; z < steps[s].size(); ++z) {
      const Zone& zone = steps[s][z];
      const api::Locality place{"", "r" + std::to_string(s), "z" + std::to_string(z), ""};
      step.to.push_back({place, zone.weight == 0 ? std::nullopt : std::optional(zone.weight)});
      for (int i = 0; i < zone.members; ++i) {
        members.push_back({"10.0." + std::to_string(s * 16 + z) + "." + std::to_string(i),
                           80,
                           place,
                           {},
                           1,
                           i < zone.healthy});
      }
    }
    policy.localities[0].steps.push_back(std::move(step));
  }
  return PlanFailover(policy, {}, std::move(members));
}

std::vector<int> PercentsOf(const Shares& shares) {
  std::vector<int> out;
  for (const StepShare& step : shares.steps) out.push_back(step.percent);
  return out;
}

std::vector<int> Percents(const std::vector<std::vector<Zone>>& steps, int min_healthy_percent = 70) {
  return PercentsOf(SharesOf(PlanOf(steps, min_healthy_percent)));
}

TEST(Shares, AllGoesToTheFirstStepWhileItIsHealthyEnough) {
  EXPECT_THAT(Percents({{{10, 10}}, {{10, 10}}}), ElementsAre(100, 0));
  EXPECT_THAT(Percents({{{10, 7}}, {{10, 10}}}), ElementsAre(100, 0));
}

TEST(Shares, BelowItSpillsInProportion) {
  EXPECT_THAT(Percents({{{10, 6}}, {{10, 10}}}), ElementsAre(85, 15)) << "143 * 6 / 10";
  EXPECT_THAT(Percents({{{10, 1}}, {{10, 5}}, {{3, 3}}}), ElementsAre(14, 71, 15));
  EXPECT_THAT(Percents({{{10, 5}}, {{1, 1}}}, 100), ElementsAre(50, 50));
}

TEST(Shares, NothingSpillsAtExactlyTheBound) {
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_THAT(Percents({{{100, percent}}, {{1, 1}}}, percent), ElementsAre(100, 0)) << percent;
  }
}

TEST(Shares, WhereAllIsLowTheHealthyTakeTheWhole) {
  // 14, 28 and 0 of 42: what rounding leaves goes to the first.
  EXPECT_THAT(Percents({{{10, 1}}, {{10, 2}}, {{2, 0}}}), ElementsAre(34, 66, 0));
}

TEST(Shares, ADeadStepIsSkipped) { EXPECT_THAT(Percents({{{3, 0}}, {}, {{1, 1}}}), ElementsAre(0, 0, 100)); }

TEST(Shares, NowhereToGo) {
  const Shares shares = SharesOf(PlanOf({{{3, 0}}, {{2, 0}}}, 70));
  EXPECT_THAT(PercentsOf(shares), ElementsAre(0, 0));
  EXPECT_EQ(shares.nowhere, 1);
  EXPECT_EQ(SharesOf(PlanOf({{}}, 70)).nowhere, 1);
  EXPECT_EQ(SharesOf(PlanOf({{{1, 1}}}, 70)).nowhere, 0);
}

TEST(Shares, OneOfManyThatRoundsToNothingServesWhereItIsFirst) {
  EXPECT_THAT(Percents({{{200, 1}}}, 100), ElementsAre(100));
  const Shares behind = SharesOf(PlanOf({{{1, 0}}, {{200, 1}}}, 100));
  EXPECT_THAT(PercentsOf(behind), ElementsAre(0, 0)) << "Envoy sends all to the first, which is dead";
  EXPECT_EQ(behind.nowhere, 1);
}

TEST(Shares, WeightsHoldWithinAStep) {
  const Shares shares = SharesOf(PlanOf({{{1, 1, 80}, {4, 4, 20}}}, 70));
  EXPECT_THAT(shares.steps[0].parts, ElementsAre(DoubleEq(0.8), DoubleEq(0.2)));
}

TEST(Shares, ALocalityThatIsNotHealthyEnoughLosesInItsStep) {
  // Of the first half is healthy: its weight counts 71.5 %.
  const Shares shares = SharesOf(PlanOf({{{2, 1, 50}, {2, 2, 50}}}, 70));
  EXPECT_EQ(shares.steps[0].percent, 100);
  EXPECT_THAT(shares.steps[0].parts,
              ElementsAre(DoubleNear(0.715 / 1.715, 1e-9), DoubleNear(1 / 1.715, 1e-9)));
}

TEST(Shares, OfMembersAreByWeightAmongTheHealthy) {
  const api::Locality place{"", "r", "z", ""};
  const Plan plan = PlanFailover(
      {}, {}, {{"a", 80, place, {}, 1, true}, {"b", 80, place, {}, 3, true}, {"c", 80, place, {}, 9, false}});
  EXPECT_THAT(MemberShares(plan, SharesOf(plan)), ElementsAre(0.25, 0.75, 0));
}

TEST(Shares, AddUpToTheWhole) {
  std::mt19937 random(7);
  const auto up_to = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n + 1)); };
  for (int round = 0; round < 500; ++round) {
    std::vector<std::vector<Zone>> steps(1 + static_cast<size_t>(up_to(3)));
    for (auto& step : steps) {
      step.resize(static_cast<size_t>(up_to(3)));
      for (Zone& zone : step) {
        zone.members = up_to(6);
        zone.healthy = up_to(zone.members);
      }
    }
    const Plan plan = PlanOf(steps, 1 + up_to(99));
    const Shares shares = SharesOf(plan);
    double sum = shares.nowhere, of_members = shares.nowhere;
    for (const StepShare& step : shares.steps) {
      double parts = 0;
      for (double part : step.parts) parts += part;
      EXPECT_NEAR(parts, step.percent / 100.0, 1e-9);
      sum += step.percent / 100.0;
    }
    for (double share : MemberShares(plan, shares)) of_members += share;
    EXPECT_NEAR(sum, 1, 1e-9);
    EXPECT_NEAR(of_members, 1, 1e-9);
  }
}

}  // namespace
}  // namespace fairlead::reconcilers::failover
