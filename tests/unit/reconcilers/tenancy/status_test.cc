// What statuses of Workspace and WorkspaceSettings say.
#include "reconcilers/tenancy/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/status/events.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class TenancyStatusTest : public ::testing::Test {
 protected:
  void Apply(const std::string& yaml) {
    for (const AnyObject& object : ObjectsOf(yaml)) world_.Apply(object);
    delta_ = world_.Drain();
  }
  void ApplyWorkspace(const std::string& name, const std::string& names, int hour = 1) {
    Apply("apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
          ", generation: 3, creationTimestamp: \"2026-01-01T0" + std::to_string(hour) +
          ":00:00Z\"}\nspec: {namespaces: [{names: [" + names + "]}]}\n");
  }
  void ApplySettings(const std::string& ns, const std::string& name, const std::string& spec) {
    Apply("apiVersion: fairlead.dev/v1alpha1\nkind: WorkspaceSettings\nmetadata: {name: " + name +
          ", namespace: " + ns + "}\nspec: {" + spec + "}\n");
  }
  void ApplyNamespace(const std::string& name) {
    Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + "}\n");
  }
  api::WorkspaceStatus Workspace(const std::string& name) const {
    return std::get<api::WorkspaceStatus>(*world_.ObjectStatusOf({Kind::kWorkspace, "", name}, {}));
  }
  api::WorkspaceSettingsStatus Settings(const std::string& ns, const std::string& name) const {
    return std::get<api::WorkspaceSettingsStatus>(
        *world_.ObjectStatusOf({Kind::kWorkspaceSettings, ns, name}, {}));
  }
  // "Accepted Conflicted"
  template <class S>
  static std::vector<std::string> Reasons(const S& status) {
    std::vector<std::string> out;
    for (const Condition& condition : status.conditions)
      out.push_back(condition.type + " " + condition.reason);
    return out;
  }

  World world_{WorldOptions{.tenancy_reported = true}};
  Delta delta_;
};

TEST_F(TenancyStatusTest, NamespacesAreListedUpToABound) {
  for (int i = 0; i < 300; ++i) ApplyNamespace("n" + std::to_string(1000 + i));
  ApplyWorkspace("all", "\"n*\"");
  const api::WorkspaceStatus status = Workspace("all");
  EXPECT_EQ(status.observed_generation, 3);
  EXPECT_EQ(status.namespace_count, 300);
  ASSERT_EQ(status.namespaces.size(), 256u);
  EXPECT_EQ(status.namespaces.front(), "Kubernetes/n1000");
}

TEST_F(TenancyStatusTest, BothSidesOfAConflictAreNamed) {
  ApplyNamespace("web");
  ApplyWorkspace("early", "web");
  ApplyWorkspace("late", "web", 2);
  const api::WorkspaceStatus late = Workspace("late");
  EXPECT_EQ(late.conditions[0].reason, "Conflicted");
  EXPECT_THAT(late.conditions[0].message, HasSubstr("namespace web belongs to the older Workspace early"));
  EXPECT_THAT(late.conflicts, ElementsAre("web: belongs to the older Workspace early"));
  const api::WorkspaceStatus early = Workspace("early");
  EXPECT_EQ(early.conditions[0].reason, "Accepted");
  EXPECT_THAT(early.conflicts, ElementsAre("web: the younger Workspace late claims it too"));
}

TEST_F(TenancyStatusTest, WrittenIsWhatWasReportedOfTheNewestState) {
  ApplyNamespace("web");
  ApplyWorkspace("shop", "web");
  const ObjectKey key{Kind::kWorkspace, "", "shop"};
  EXPECT_TRUE(world_.AwaitsTenancy(key));
  EXPECT_THAT(Reasons(Workspace("shop")), ElementsAre("Accepted Accepted", "Written Reconciling"));
  const uint64_t epoch = world_.TenancyEpoch("shop");
  world_.ReportTenancy("shop", epoch, {.objects = 4});
  EXPECT_EQ(world_.Drain().tenancy, std::set<ObjectKey>{key});
  EXPECT_EQ(Workspace("shop").conditions[1].message, "4 objects as wished");
  world_.ReportTenancy("shop", epoch,
                       {.objects = 3, .waiting = {"AuthorizationPolicy (security.istio.io/v1)"}});
  EXPECT_EQ(Workspace("shop").conditions[1].reason, "KindMissing");
  world_.ReportTenancy("shop", epoch, {.objects = 3, .problems = {"Role web/x exists"}});
  EXPECT_EQ(Workspace("shop").conditions[1].reason, "Refused");

  ApplyNamespace("web2");
  ApplyWorkspace("shop", "web, web2");
  world_.ReportTenancy("shop", epoch, {.objects = 4});
  EXPECT_TRUE(world_.AwaitsTenancy(key)) << "the report is of the state before";
}

TEST_F(TenancyStatusTest, InvalidVersionSaysWhatStaysInForce) {
  ApplyNamespace("web");
  ApplyWorkspace("shop", "web");
  Apply(
      "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: shop, generation: 4}\nspec: "
      "{}\n");
  const api::WorkspaceStatus status = Workspace("shop");
  EXPECT_EQ(status.observed_generation, 4);
  EXPECT_EQ(status.conditions[0].reason, "Invalid");
  EXPECT_THAT(status.conditions[0].message, HasSubstr("generation 3 stays in force"));
  EXPECT_EQ(status.namespace_count, 1);
}

TEST_F(TenancyStatusTest, SettingsSayWhichSideIsMissing) {
  ApplyWorkspace("shop", "shop");
  ApplyWorkspace("pay", "pay");
  ApplySettings("shop", "settings", "importFrom: [{workspaces: [pay]}]");
  EXPECT_THAT(Reasons(Settings("shop", "settings")),
              ElementsAre("Accepted Accepted", "Agreed OtherSideMissing"));
  EXPECT_THAT(Settings("shop", "settings").missing,
              ElementsAre("spec.importFrom[0].workspaces[0]: Workspace pay has no WorkspaceSettings whose "
                          "exportTo names shop"));
  Apply(
      "apiVersion: v1\nkind: Service\nmetadata: {name: api, namespace: pay}\n"
      "spec: {clusterIP: 10.0.0.1, ports: [{port: 80}]}\n");
  ApplySettings("pay", "settings", "exportTo: [{workspaces: [shop]}]");
  EXPECT_EQ(delta_.tenancy.count({Kind::kWorkspaceSettings, "shop", "settings"}), 1u);
  EXPECT_THAT(Reasons(Settings("shop", "settings")), ElementsAre("Accepted Accepted", "Agreed Agreed"));
  EXPECT_EQ(Settings("shop", "settings").imported, 1);
  EXPECT_EQ(Settings("pay", "settings").exported, 1);
  EXPECT_EQ(Settings("pay", "settings").workspace, "pay");
}

TEST_F(TenancyStatusTest, SettingsThatDoNotCountSaySo) {
  ApplyWorkspace("shop", "shop");
  ApplySettings("shop", "a", "");
  ApplySettings("shop", "b", "");
  ApplySettings("nowhere", "c", "");
  EXPECT_THAT(Reasons(Settings("shop", "b")), ElementsAre("Accepted Conflicted"));
  EXPECT_THAT(Settings("shop", "b").conditions[0].message, HasSubstr("older WorkspaceSettings, shop/a"));
  EXPECT_THAT(Reasons(Settings("nowhere", "c")), ElementsAre("Accepted TargetNotFound"));
}

TEST_F(TenancyStatusTest, EventsAreOfReasonsThatChange) {
  ApplyNamespace("web");
  ApplyWorkspace("early", "web");
  const api::ObjectStatus good = Workspace("early");
  EXPECT_TRUE(EventsOf(std::nullopt, good).empty());
  ApplyWorkspace("late", "web", 2);
  const api::ObjectStatus bad = Workspace("late");
  const auto events = EventsOf(std::nullopt, bad);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(events[0].warning);
  EXPECT_EQ(events[0].reason, "Conflicted");
  EXPECT_TRUE(EventsOf(std::optional(bad), bad).empty());
}

TEST_F(TenancyStatusTest, SaysThatNobodyTellsWhatAuditWouldRefuse) {
  ApplyNamespace("shop");
  const std::string shop =
      "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: shop}, spec: {isolation: Audit, "
      "namespaces: [{names: [shop]}]}}";
  Apply(shop);
  EXPECT_THAT(Reasons(Workspace("shop")), Contains("IsolationLimited AuditNotTold"));
  WorldOptions options;
  options.ztunnel_dry_run = true;
  world_ = World(options);
  ApplyNamespace("shop");
  Apply(shop);
  EXPECT_THAT(Reasons(Workspace("shop")), Not(Contains("IsolationLimited AuditNotTold")));
}

TEST_F(TenancyStatusTest, NamesImportersThatIsolationCannotKeepFromSharedPods) {
  for (const char* ns : {"shop", "till"}) ApplyNamespace(ns);
  ApplyWorkspace("shop", "shop");
  ApplyWorkspace("pay", "till");
  const auto apply_service = [&](const std::string& name, const std::string& selector) {
    Apply("apiVersion: v1\nkind: Service\nmetadata: {name: " + name +
          ", namespace: shop}\nspec: {selector: {" + selector + "}, ports: [{port: 80}]}\n");
  };
  apply_service("ratings", "app: ratings");
  apply_service("all", "tier: web");
  ApplySettings("shop", "s", "exportTo: [{workspaces: [pay], resources: [{name: ratings}]}]");
  ApplySettings("till", "s", "importFrom: [{workspaces: [shop]}]");
  const api::WorkspaceStatus status = Workspace("shop");
  EXPECT_THAT(Reasons(status), Contains("IsolationLimited SharedPods"));
  EXPECT_THAT(status.conditions.back().message,
              HasSubstr("Workspace pay, which imports Service shop/ratings, reaches pods of shop/all"));
  EXPECT_EQ(Reasons(Workspace("pay")).back(), "Written Reconciling");

  apply_service("all", "app: all");
  EXPECT_EQ(delta_.tenancy.count({Kind::kWorkspace, "", "shop"}), 1U);
  EXPECT_EQ(Reasons(Workspace("shop")).back(), "Written Reconciling");
}

}  // namespace
}  // namespace fairlead::reconcilers
