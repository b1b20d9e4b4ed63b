#include "reconcilers/plan.h"

#include <gtest/gtest.h>

#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {
namespace {

Json::Value Object(const std::string& name, int timeout) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = "networking.istio.io/v1";
  out["kind"] = "VirtualService";
  out["metadata"]["namespace"] = "shop";
  out["metadata"]["name"] = name;
  out["metadata"]["labels"][kManagedByLabel] = kManagedByFairlead;
  out["spec"]["timeout"] = timeout;
  return out;
}

// What the API server adds.
Json::Value Live(Json::Value object) {
  object["metadata"]["uid"] = "u-1";
  object["metadata"]["resourceVersion"] = "7";
  object["metadata"]["labels"]["someone.else/label"] = "x";
  object["status"]["observed"] = true;
  return object;
}

std::vector<std::string> Writes(const Plan& plan) {
  std::vector<std::string> out;
  for (const PlannedWrite& write : plan.writes) out.push_back(write.ToString());
  return out;
}

using Strings = std::vector<std::string>;

TEST(Plan, CreatesWhatIsMissing) {
  EXPECT_EQ(Writes(MakePlan({Object("a", 1)}, {})), Strings{"create VirtualService shop/a"});
}

TEST(Plan, WritesNothingWhereAllIsAsItShouldBe) {
  EXPECT_TRUE(MakePlan({Object("a", 1)}, {Live(Object("a", 1))}).writes.empty());
}

TEST(Plan, AppliesWhatDiffers) {
  EXPECT_EQ(Writes(MakePlan({Object("a", 2)}, {Live(Object("a", 1))})),
            Strings{"apply VirtualService shop/a"});
}

TEST(Plan, AFieldThatWeNoLongerSetGoes) {
  Json::Value live = Live(Object("a", 1));
  live["spec"]["retries"] = 3;
  EXPECT_EQ(Writes(MakePlan({Object("a", 1)}, {live})), Strings{"apply VirtualService shop/a"});
}

TEST(Plan, WhatTheApiServerFillsInIsNoDifference) {
  Json::Value live = Live(Object("a", 1));
  live["spec"]["matchPolicy"] = "Equivalent";
  live["spec"]["objectSelector"] = Json::objectValue;
  EXPECT_TRUE(IsCurrent(live, Object("a", 1)));
  live["spec"]["objectSelector"]["matchLabels"]["a"] = "b";
  EXPECT_FALSE(IsCurrent(live, Object("a", 1)));
}

TEST(Plan, ContentIsAllThatIsNeitherMetadataNorStatus) {
  Json::Value desired = Object("a", 1);
  desired["rules"][0]["verbs"][0] = "get";
  Json::Value live = Live(desired);
  EXPECT_TRUE(IsCurrent(live, desired));
  live["rules"][0]["verbs"][1] = "list";
  EXPECT_FALSE(IsCurrent(live, desired));
}

TEST(Plan, CreatesComeBeforeAppliesAndDeletesLast) {
  EXPECT_EQ(Writes(MakePlan({Object("a", 2), Object("b", 1)}, {Live(Object("a", 1)), Live(Object("0", 1))})),
            (Strings{"create VirtualService shop/b", "apply VirtualService shop/a",
                     "delete VirtualService shop/0"}));
}

TEST(Plan, DeletesOnlyWhatIsOurs) {
  Json::Value foreign = Live(Object("theirs", 1));
  foreign["metadata"]["labels"].removeMember(kManagedByLabel);
  const Plan plan = MakePlan({}, {Live(Object("ours", 1)), foreign});
  EXPECT_EQ(Writes(plan), Strings{"delete VirtualService shop/ours"});
  EXPECT_EQ(plan.writes.front().object["metadata"]["resourceVersion"], "7");
}

TEST(Plan, RefusesANameThatSomebodyElseUses) {
  Json::Value foreign = Live(Object("a", 9));
  foreign["metadata"]["labels"].removeMember(kManagedByLabel);
  const Plan plan = MakePlan({Object("a", 1)}, {foreign});
  EXPECT_TRUE(plan.writes.empty());
  EXPECT_EQ(plan.refused,
            Strings{"VirtualService shop/a exists and is not managed by fairlead: it is left as it is"});
}

TEST(Plan, WhatIsOnItsWayOutIsNotDeletedTwice) {
  Json::Value live = Live(Object("a", 1));
  live["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z";
  EXPECT_TRUE(MakePlan({}, {live}).writes.empty());
}

}  // namespace
}  // namespace fairlead::reconcilers
