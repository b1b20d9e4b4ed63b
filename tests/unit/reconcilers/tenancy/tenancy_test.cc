// What workspaces, settings and namespaces come to, and that a change is told to exactly those it concerns.
#include "reconcilers/tenancy/tenancy.h"

#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/world.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::reconcilers {
namespace {

using ::fairlead::Kind;
using Names = std::set<std::string>;

class TenancyTest : public ::testing::Test {
 protected:
  void Apply(const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    ASSERT_FALSE(IsInvalid(object)) << yaml;
    world_.Apply(object);
  }
  void ApplyWorkspace(const std::string& name, const std::string& namespaces, int hour = 1) {
    Apply("apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
          ", creationTimestamp: \"2026-01-01T0" + std::to_string(hour) + ":00:00Z\"}\nspec: {namespaces: [" +
          namespaces + "]}\n");
  }
  void ApplySettings(const std::string& ns, const std::string& name, const std::string& spec, int hour = 1) {
    Apply("apiVersion: fairlead.dev/v1alpha1\nkind: WorkspaceSettings\nmetadata: {name: " + name +
          ", namespace: " + ns + ", creationTimestamp: \"2026-01-01T0" + std::to_string(hour) +
          ":00:00Z\"}\nspec: {" + spec + "}\n");
  }
  void ApplyNamespace(const std::string& name, const std::string& labels = "") {
    Apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {" + labels + "}}\n");
  }
  Names Changed() { return world_.Drain().workspaces; }
  Names NamespacesOf(const std::string& name) const {
    const auto found = world_.WorkspaceOf(name);
    return found == nullptr ? Names() : found->namespaces;
  }

  World world_{WorldOptions{}};
};

TEST_F(TenancyTest, ChangeIsToldToTheWorkspacesItConcerns) {
  ApplyWorkspace("shop", "{names: [shop-*]}");
  ApplyWorkspace("pay", "{selector: {matchLabels: {team: pay}}}");
  ApplyNamespace("shop-web");
  ApplyNamespace("vault", "team: pay");
  EXPECT_EQ(Changed(), (Names{"pay", "shop"}));
  EXPECT_EQ(NamespacesOf("shop"), Names{"shop-web"});
  EXPECT_EQ(NamespacesOf("pay"), Names{"vault"});

  ApplyNamespace("elsewhere");
  EXPECT_EQ(Changed(), Names{});
  ApplyNamespace("ledger", "team: pay");
  EXPECT_EQ(Changed(), Names{"pay"});
  ApplyNamespace("vault");
  EXPECT_EQ(Changed(), Names{"pay"});
  EXPECT_EQ(NamespacesOf("pay"), Names{"ledger"});

  world_.Remove({Kind::kWorkspace, "", "pay"});
  EXPECT_EQ(Changed(), Names{"pay"});
  EXPECT_EQ(world_.WorkspaceOf("pay"), nullptr);
}

TEST_F(TenancyTest, AnItemThatHasBothNamesAndASelectorTakesWhatMatchesBoth) {
  ApplyWorkspace("shop", "{names: [\"shop-*\"], selector: {matchLabels: {team: shop}}}");
  ApplyNamespace("shop-web", "team: shop");
  ApplyNamespace("shop-pay", "team: pay");
  ApplyNamespace("basket", "team: shop");
  Changed();
  EXPECT_EQ(NamespacesOf("shop"), Names{"shop-web"});
}

TEST_F(TenancyTest, NamespaceBelongsToItsWorkspaceWhileItOrSomethingInItIsThere) {
  ApplyWorkspace("shop", "{names: [shop]}");
  ApplyNamespace("shop");
  ApplySettings("shop", "settings", "");
  EXPECT_EQ(Changed(), Names{"shop"});
  world_.Remove({Kind::kNamespace, "", "shop"});
  Changed();
  EXPECT_EQ(NamespacesOf("shop"), Names{"shop"});
  world_.Remove({Kind::kWorkspaceSettings, "shop", "settings"});
  EXPECT_EQ(Changed(), Names{"shop"});
  EXPECT_EQ(NamespacesOf("shop"), Names{});
}

TEST_F(TenancyTest, OlderWorkspaceKeepsWhatAYoungerClaims) {
  ApplyWorkspace("late", "{names: [shop-*]}", 2);
  ApplyNamespace("shop-web");
  Changed();
  EXPECT_EQ(NamespacesOf("late"), Names{"shop-web"});
  ApplyWorkspace("early", "{names: [shop-web]}", 1);
  EXPECT_EQ(Changed(), (Names{"early", "late"}));
  EXPECT_EQ(NamespacesOf("early"), Names{"shop-web"});
  EXPECT_EQ(NamespacesOf("late"), Names{});
  EXPECT_EQ(world_.WorkspaceOf("late")->lost, (std::map<std::string, std::string>{{"shop-web", "early"}}));
  EXPECT_EQ(world_.WorkspaceOf("early")->contested, (std::map<std::string, Names>{{"shop-web", {"late"}}}));

  world_.Remove({Kind::kWorkspace, "", "early"});
  EXPECT_EQ(Changed(), (Names{"early", "late"}));
  EXPECT_EQ(NamespacesOf("late"), Names{"shop-web"});
  EXPECT_TRUE(world_.WorkspaceOf("late")->lost.empty());
}

TEST_F(TenancyTest, BothSidesMustAgree) {
  ApplyWorkspace("pay", "{names: [pay]}");
  ApplyWorkspace("shop", "{names: [shop]}");
  ApplySettings("pay", "settings",
                "exportTo: [{workspaces: [shop], resources: [{kind: Service, name: api-*}]}]");
  Changed();
  auto pay = world_.WorkspaceOf("pay");
  EXPECT_TRUE(pay->exports.empty());
  ASSERT_EQ(pay->one_sided.size(), 1u);
  EXPECT_EQ(pay->one_sided[0],
            (OneSided{false, "spec.exportTo[0].workspaces[0]", "shop", OneSided::Missing::kSettings}));

  ApplySettings("shop", "settings", "importFrom: [{workspaces: [\"p*\"]}, {workspaces: [ghost]}]");
  EXPECT_EQ(Changed(), (Names{"pay", "shop"}));
  pay = world_.WorkspaceOf("pay");
  EXPECT_TRUE(pay->one_sided.empty());
  ASSERT_EQ(pay->exports.count("shop"), 1u);
  const Consent& consent = *pay->exports.at("shop");
  EXPECT_TRUE(consent.Shares(Kind::kService, {"pay", "api-v1"}, {}));
  EXPECT_FALSE(consent.Shares(Kind::kService, {"pay", "ledger"}, {}));
  EXPECT_FALSE(consent.Shares(Kind::kHTTPRoute, {"pay", "api-v1"}, {}));
  const auto shop = world_.WorkspaceOf("shop");
  EXPECT_EQ(shop->imports.at("pay"), pay->exports.at("shop"));
  ASSERT_EQ(shop->one_sided.size(), 1u);
  EXPECT_EQ(shop->one_sided[0],
            (OneSided{true, "spec.importFrom[1].workspaces[0]", "ghost", OneSided::Missing::kWorkspace}));

  // What an importer's callers are depends on its namespaces.
  ApplyWorkspace("shop", "{names: [shop, shop-web]}");
  ApplyNamespace("shop-web");
  EXPECT_EQ(Changed(), (Names{"pay", "shop"}));

  world_.Remove({Kind::kWorkspaceSettings, "shop", "settings"});
  EXPECT_EQ(Changed(), (Names{"pay", "shop"}));
  EXPECT_TRUE(world_.WorkspaceOf("pay")->exports.empty());
}

TEST_F(TenancyTest, ConsentEndsWithTheWorkspace) {
  ApplyWorkspace("pay", "{names: [pay]}");
  ApplyWorkspace("shop", "{names: [shop]}");
  ApplySettings("pay", "settings", "exportTo: [{workspaces: [\"*\"]}]");
  ApplySettings("shop", "settings", "importFrom: [{workspaces: [pay]}]");
  Changed();
  ASSERT_EQ(world_.WorkspaceOf("pay")->exports.count("shop"), 1u);
  world_.Remove({Kind::kWorkspace, "", "shop"});
  EXPECT_EQ(Changed(), (Names{"pay", "shop"}));
  EXPECT_TRUE(world_.WorkspaceOf("pay")->exports.empty());
}

TEST_F(TenancyTest, OldestSettingsCount) {
  ApplyWorkspace("shop", "{names: [\"shop-*\"]}");
  ApplySettings("shop-b", "young", "exportTo: [{workspaces: [pay]}]", 2);
  ApplySettings("shop-a", "old", "", 1);
  Changed();
  const auto shop = world_.WorkspaceOf("shop");
  EXPECT_EQ(shop->settings->meta.name, "old");
  EXPECT_EQ(shop->other_settings, (std::vector<NamespacedName>{{"shop-b", "young"}}));
  EXPECT_TRUE(shop->one_sided.empty());
}

TEST_F(TenancyTest, SameOfAllIsNoChange) {
  ApplyWorkspace("shop", "{names: [shop]}");
  ApplyNamespace("shop");
  EXPECT_EQ(Changed(), Names{"shop"});
  ApplyNamespace("shop");
  ApplyWorkspace("shop", "{names: [shop]}");
  EXPECT_EQ(Changed(), Names{});
}

}  // namespace
}  // namespace fairlead::reconcilers
