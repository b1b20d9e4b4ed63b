// Which workspaces are looked at together, and what is written for them.
#include "operator/app/tenancy_round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "reconcilers/plan.h"
#include "reconcilers/tenancy/lower.h"
#include "tests/unit/operator/app/sample_world.h"

namespace fairlead::app {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::string NamespaceYaml(const std::string& name, const std::string& team) {
  return "---\n{apiVersion: v1, kind: Namespace, metadata: {name: " + name + ", labels: {team: " + team +
         "}}}\n";
}
// With a role, and isolated.
std::string WorkspaceYaml(const std::string& name) {
  return "---\n{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: " + name +
         "}, spec: {namespaces: [{selector: {matchLabels: {team: " + name +
         "}}}], roles: [{name: devs, subjects: [{kind: Group, name: " + name +
         "}], allow: [{kinds: [RetryTimeoutPolicy]}]}]}}\n";
}
std::string SettingsYaml(const std::string& ns, const std::string& field, const std::string& other) {
  return "---\n{apiVersion: fairlead.dev/v1alpha1, kind: WorkspaceSettings, metadata: {name: s, namespace: " +
         ns + "}, spec: {" + field + ": [{workspaces: [" + other + "]}]}}\n";
}

class TenancyRoundTest : public ::testing::Test {
 protected:
  TenancyRoundTest() : world_(reconcilers::WorldOptions()), objects_([](const auto&) {}) {}

  void Apply(const std::string& yaml) {
    for (const AnyObject& object : Objects(yaml)) world_.Apply(object);
    world_.Drain();
  }
  // As if all that is wished had been written.
  void WriteAll() {
    std::vector<std::vector<TenancyObject>> of_kind(TenancyKinds().size());
    for (reconcilers::OwnedObject& owned : reconcilers::LowerTenancy(world_.view())) {
      owned.object["metadata"]["resourceVersion"] = std::to_string(++version_);
      const size_t kind = *TenancyKindOf(owned.object);
      of_kind[kind].push_back(TenancyObject::Of(kind, owned.object));
    }
    for (size_t kind = 0; kind < of_kind.size(); ++kind) objects_.Replace(kind, std::move(of_kind[kind]));
  }
  Round Read(const std::set<std::string>& workspaces) { return ReadRound(world_, objects_, workspaces); }
  std::vector<std::string> PlanOf(const Round& round) {
    TenancyState live;
    for (const auto& [name, wish] : round.wishes) {
      for (const Json::Value& object : objects_.Of(name)) live[IdOf(object)] = object;
    }
    std::vector<std::string> out;
    for (const reconcilers::Write& write : PlanFor(round.wishes, live)) {
      const bool deletes = write.verb == reconcilers::Write::Verb::kDelete;
      out.push_back(std::string(deletes ? "delete " : "apply ") + write.object["kind"].asString() + " " +
                    NamespaceOf(write.object) + "/" + write.object["metadata"]["name"].asString() + " of " +
                    WorkspaceOf(write.object));
    }
    return out;
  }
  static std::vector<std::string> Names(const Round& round) {
    std::vector<std::string> out;
    for (const auto& [name, wish] : round.wishes) out.push_back(name);
    return out;
  }

  reconcilers::World world_;
  TenancyObjects objects_;
  int version_ = 0;
};

TEST_F(TenancyRoundTest, WhatIsAsItShouldBeIsLeftAndAsksNothing) {
  Apply(NamespaceYaml("web", "shop") + WorkspaceYaml("shop") + WorkspaceYaml("pay"));
  WriteAll();
  const Round round = Read({"shop"});
  EXPECT_THAT(Names(round), ElementsAre("", "shop"));
  EXPECT_TRUE(round.membership.empty());
  EXPECT_THAT(PlanOf(round), IsEmpty());
}

TEST_F(TenancyRoundTest, NamespaceThatMovesIsHandedOverWhoeverIsAskedFor) {
  Apply(NamespaceYaml("web", "shop") + NamespaceYaml("store", "shop") + WorkspaceYaml("shop") +
        WorkspaceYaml("pay"));
  WriteAll();
  Apply(NamespaceYaml("store", "pay"));
  for (const char* asked : {"shop", "pay"}) {
    const Round round = Read({asked});
    EXPECT_THAT(Names(round), ElementsAre("", "pay", "shop"));
    EXPECT_FALSE(round.membership.empty());
    const std::vector<std::string> plan = PlanOf(round);
    EXPECT_THAT(plan, Contains("apply RoleBinding store/fairlead-readers of pay"));
    EXPECT_THAT(plan, Contains("apply AuthorizationPolicy store/fairlead-isolation of pay"));
    EXPECT_THAT(plan, Not(Contains(HasSubstr("delete"))));
  }
}

TEST_F(TenancyRoundTest, NamespaceThatSeemsToBeNobodysIsAskedFor) {
  Apply(NamespaceYaml("web", "shop") + NamespaceYaml("store", "shop") + WorkspaceYaml("shop"));
  WriteAll();
  Apply(NamespaceYaml("store", "pay"));
  const Round round = Read({"shop"});
  EXPECT_FALSE(round.membership.empty());
  EXPECT_THAT(PlanOf(round), Contains("delete AuthorizationPolicy store/fairlead-isolation of shop"));
}

TEST_F(TenancyRoundTest, RoleThatGoesMovesNothing) {
  Apply(NamespaceYaml("web", "shop") + WorkspaceYaml("shop"));
  WriteAll();
  Apply(
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {namespaces: "
      "[{selector: {matchLabels: {team: shop}}}]}}");
  const Round round = Read({"shop"});
  EXPECT_TRUE(round.membership.empty());
  EXPECT_THAT(PlanOf(round), Contains("delete RoleBinding web/fairlead-role-devs of shop"));
}

TEST_F(TenancyRoundTest, WhatIsLeftBehindInANamespaceThatGoesIsTakenAwayToo) {
  const std::string going =
      "---\n{apiVersion: v1, kind: Namespace, metadata: {name: web, labels: {team: shop}, "
      "deletionTimestamp: \"2026-01-01T00:00:00Z\"}}\n";
  Apply(NamespaceYaml("web", "shop") + WorkspaceYaml("shop"));
  WriteAll();
  Apply(going);
  EXPECT_THAT(Read({"shop"}).wishes.at("shop").going, ElementsAre("web"));
  world_.Remove({Kind::kWorkspace, "", "shop"});
  world_.Drain();
  const Round round = Read({"shop"});
  EXPECT_THAT(round.wishes.at("shop").going, IsEmpty());
  EXPECT_THAT(PlanOf(round), Contains("delete RoleBinding web/fairlead-role-devs of shop"));
}

TEST_F(TenancyRoundTest, WhatAllShareGoesWithTheLastThatNeededIt) {
  Apply(NamespaceYaml("web", "shop") + WorkspaceYaml("shop"));
  WriteAll();
  world_.Remove({Kind::kWorkspace, "", "shop"});
  world_.Drain();
  const Round round = Read({""});
  EXPECT_THAT(Names(round), ElementsAre("", "shop"));
  const std::vector<std::string> plan = PlanOf(round);
  const auto at = [&](const std::string& write) { return std::find(plan.begin(), plan.end(), write); };
  const auto binding = at("delete RoleBinding web/fairlead-role-devs of shop");
  const auto policy = at("delete ValidatingAdmissionPolicy /failoverpolicies.rights.fairlead.dev of ");
  ASSERT_NE(policy, plan.end());
  EXPECT_LT(binding, policy);
}

// Those whom a RoleBinding gives rights are judged for as long as it is there.
class BlockedTest : public TenancyRoundTest {
 protected:
  BlockedTest() {
    Apply(NamespaceYaml("web", "shop") + NamespaceYaml("store", "shop") + NamespaceYaml("till", "pay") +
          WorkspaceYaml("shop") + WorkspaceYaml("pay"));
    WriteAll();
  }
  // What is not written of what is planned, since the deletion of a RoleBinding failed.
  std::vector<std::string> HeldBack(const std::set<std::string>& asked, const std::string& ns) {
    const Round round = Read(asked);
    TenancyState live;
    for (const auto& [name, wish] : round.wishes) {
      for (const Json::Value& object : objects_.Of(name)) live[IdOf(object)] = object;
    }
    Blocked blocked;
    blocked.Add(live.at({"RoleBinding", ns, "fairlead-role-devs"}));
    std::vector<std::string> out;
    for (const reconcilers::Write& write : PlanFor(round.wishes, live)) {
      if (blocked.Covers(write, live)) {
        out.push_back(write.object["kind"].asString() + " " + NamespaceOf(write.object) + "/" +
                      write.object["metadata"]["name"].asString());
      }
    }
    return out;
  }
};

TEST_F(BlockedTest, AWorkspaceThatWentIsBoundUntilItsRoleBindingsAreGone) {
  world_.Remove({Kind::kWorkspace, "", "shop"});
  world_.Drain();
  const std::vector<std::string> held = HeldBack({"shop"}, "store");
  for (const char* kind : {"retrytimeoutpolicies", "failoverpolicies", "workspacesettings"}) {
    EXPECT_THAT(held, Contains("ValidatingAdmissionPolicyBinding /shop." + std::string(kind) +
                               ".rights.fairlead.dev"));
  }
  EXPECT_THAT(held, Contains("AuthorizationPolicy store/fairlead-isolation"));
  EXPECT_THAT(held, Not(Contains("AuthorizationPolicy web/fairlead-isolation")));
}

TEST_F(BlockedTest, ThePoliciesOfAllStayToo) {
  world_.Remove({Kind::kWorkspace, "", "shop"});
  world_.Remove({Kind::kWorkspace, "", "pay"});
  world_.Drain();
  const std::vector<std::string> held = HeldBack({"shop", "pay"}, "store");
  EXPECT_THAT(held, Contains("ValidatingAdmissionPolicy /failoverpolicies.rights.fairlead.dev"));
  EXPECT_THAT(held,
              Not(Contains("ValidatingAdmissionPolicyBinding /pay.failoverpolicies.rights.fairlead.dev")));
}

TEST_F(BlockedTest, ANamespaceThatMovesStaysBoundUntilItsRoleBindingsAreGone) {
  Apply(NamespaceYaml("store", "pay"));
  const std::string binding = "ValidatingAdmissionPolicyBinding /shop.failoverpolicies.rights.fairlead.dev";
  EXPECT_THAT(HeldBack({"shop"}, "store"), Contains(binding));
  EXPECT_THAT(HeldBack({"shop"}, "till"), Not(Contains(binding)));
}

TEST_F(TenancyRoundTest, ImportersNamespacesAreAskedForBeforeTheyAreLetIn) {
  Apply(
      NamespaceYaml("web", "shop") + NamespaceYaml("till", "pay") + WorkspaceYaml("shop") +
      WorkspaceYaml("pay") + SettingsYaml("web", "exportTo", "pay") +
      SettingsYaml("till", "importFrom", "shop") +
      "---\n{apiVersion: v1, kind: Service, metadata: {name: s, namespace: web}, spec: {selector: {app: s}, "
      "ports: [{port: 80}]}}\n");
  WriteAll();
  Apply(NamespaceYaml("bank", "pay"));
  const Round round = Read({"shop"});
  EXPECT_FALSE(round.membership.empty());
  EXPECT_THAT(Names(round), Contains("pay"));
}

}  // namespace
}  // namespace fairlead::app
