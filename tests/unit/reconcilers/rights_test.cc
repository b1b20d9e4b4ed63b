#include "reconcilers/rights/rights.h"

#include <gtest/gtest.h>

#include "crds/api/failover_policy.h"
#include "crds/api/retry_timeout_policy.h"
#include "crds/base/json.h"
#include "crds/base/yaml.h"
#include "reconcilers/rights/field_changes.h"
#include "tests/support/shop_workspace.h"

namespace fairlead::reconcilers {
namespace {

template <class T>
T Read(const std::string& yaml, Parsed<T> (*parse)(const JsonNode&)) {
  Result<std::vector<YamlDocument>> documents = ParseYaml(yaml);
  EXPECT_TRUE(documents && documents->size() == 1) << yaml;
  const Result<JsonDocument> json = JsonDocument::Parse(documents->front().json);
  EXPECT_TRUE(json);
  Parsed<T> parsed = parse(json->root());
  EXPECT_TRUE(parsed.ok()) << yaml;
  return std::move(parsed).value();
}

const std::string kWorkspace = std::string(fairlead::testing::kShopWorkspace) + R"(  - name: leads
    subjects: [{kind: User, name: lea}]
    allow:
    - kinds: [RetryTimeoutPolicy, FailoverPolicy, WorkspaceSettings]
      scopes: [Workspace]
  - name: platform
    subjects: [{kind: Group, name: sre}]
    allow:
    - {kinds: [RetryTimeoutPolicy], scopes: [Workspace, Mesh], overrideMode: true}
    - {kinds: [FailoverPolicy], fields: [spec.localities], bounds: {spec.minHealthyPercent: {min: 80}}}
)";

const RightsTarget kWeb{"Service shop/ratings", Labels{{"tier", "web"}}};
const RightsTarget kData{"Service shop/ledger", Labels{{"tier", "data"}}};
const Caller kDeveloper{"dave", {"shop-devs", "system:authenticated"}};
const Caller kLead{"lea", {}};
const Caller kPlatform{"sam", {"sre"}};

Json::Value Policy(const std::string& spec, const std::string& targets = "ratings") {
  return ToJson(
      Read<api::RetryTimeoutPolicy>("apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: "
                                    "{name: ratings, namespace: shop}\n"
                                    "spec:\n  targetRefs: [{group: \"\", kind: Service, name: " +
                                        targets + "}]\n  " + spec + "\n",
                                    &api::ParseRetryTimeoutPolicy));
}
Json::Value Failover(const std::string& spec) {
  return ToJson(Read<api::FailoverPolicy>(
      "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: ratings, namespace: shop}\n"
      "spec:\n  targetRefs: [{group: \"\", kind: Service, name: ratings}]\n  " +
          spec + "\n",
      &api::ParseFailoverPolicy));
}

class Rights : public ::testing::Test {
 protected:
  Ruling Try(const Caller& caller, Json::Value before, Json::Value after,
             std::vector<RightsTarget> targets = {kWeb}) {
    change_.before = std::move(before);
    change_.after = std::move(after);
    change_.targets = std::move(targets);
    return Judge(workspace_, caller, change_);
  }
  Ruling Create(const Caller& caller, const std::string& spec, std::vector<RightsTarget> targets = {kWeb}) {
    return Try(caller, {}, Policy(spec), std::move(targets));
  }

  api::Workspace workspace_ = Read<api::Workspace>(kWorkspace, &api::ParseWorkspace);
  PolicyChange change_{.ns = "shop", .name = "ratings"};
};

TEST_F(Rights, WhatIsGrantedIsAllowedAndSaysByWhichRole) {
  const Ruling ruling = Create(kDeveloper, "timeouts: {request: 2s}\n  retries: {attempts: 3}");
  EXPECT_TRUE(ruling.allowed) << ruling.message;
  EXPECT_EQ(ruling.rule, "role/developers");
  EXPECT_TRUE(Create({"system:serviceaccount:shop-ci:deployer", {}}, "timeouts: {request: 2s}").allowed);
}

TEST_F(Rights, ADenialNamesTheMissingGrantTheNearestRoleAndTheOwner) {
  const Ruling ruling = Create(kDeveloper, "retries: {attempts: 2, budget: {percent: 50}}");
  EXPECT_FALSE(ruling.allowed);
  EXPECT_EQ(ruling.rule, "no-grant");
  EXPECT_EQ(ruling.message,
            "workspace \"shop\" does not let \"dave\" create RetryTimeoutPolicy shop/ratings: "
            "spec.retries.budget.percent is not granted. It is granted by role \"leads\" (user \"lea\"). "
            "Its owner is platform-team.");
}

TEST_F(Rights, BoundsHold) {
  EXPECT_EQ(Create(kDeveloper, "retries: {attempts: 5}").message,
            "workspace \"shop\" does not let \"dave\" create RetryTimeoutPolicy shop/ratings: "
            "spec.retries.attempts 5 is above 3, the most that role \"developers\" grants. "
            "It is granted by role \"leads\" (user \"lea\"). Its owner is platform-team.");
  EXPECT_FALSE(Create(kDeveloper, "timeouts: {request: 50ms}").allowed);
  EXPECT_FALSE(Create(kDeveloper, "timeouts: {request: 31s}").allowed);
  EXPECT_TRUE(Create(kDeveloper, "timeouts: {request: 30s}").allowed);
  EXPECT_TRUE(Create(kDeveloper, "timeouts: {request: 100ms}").allowed);
}

TEST_F(Rights, NoTimeoutIsTheLongestOne) {
  const Ruling ruling = Create(kDeveloper, "timeouts: {request: 0s}");
  EXPECT_FALSE(ruling.allowed);
  EXPECT_NE(ruling.message.find("spec.timeouts.request 0s is above 30s"), std::string::npos)
      << ruling.message;
}

TEST_F(Rights, ADefaultThatBeginsToHoldIsBounded) {
  workspace_.roles[0].allow[0].bounds["spec.retries.attempts"].max = "1";
  const Ruling ruling = Create(kDeveloper, "retries: {on: [GatewayError]}");
  EXPECT_FALSE(ruling.allowed);
  EXPECT_NE(ruling.message.find("spec.retries.attempts 2, its default, is above 1"), std::string::npos)
      << ruling.message;
  EXPECT_TRUE(Create(kDeveloper, "timeouts: {request: 1s}").allowed);
}

TEST_F(Rights, OnlyTheDifferenceIsJudged) {
  const std::string beyond = "retries: {attempts: 9, budget: {percent: 50}}";
  EXPECT_TRUE(Try(kDeveloper, Policy(beyond), Policy(beyond + "\n  timeouts: {request: 1s}")).allowed);
  EXPECT_EQ(Try({"nobody", {}}, Policy(beyond), Policy(beyond)).rule, "nothing-changed");
  EXPECT_TRUE(
      Try(kDeveloper, Policy("timeouts: {request: 1000ms}"), Policy("timeouts: {request: 1s}")).allowed);
  EXPECT_FALSE(Try(kDeveloper, Policy(beyond), Policy("retries: {attempts: 9}")).allowed);
}

TEST_F(Rights, TargetsBeforeAndAfterCount) {
  EXPECT_FALSE(Create(kDeveloper, "timeouts: {request: 1s}", {kData}).allowed);
  const Ruling moved = Try(kDeveloper, Policy("timeouts: {request: 1s}", "ledger"),
                           Policy("timeouts: {request: 1s}"), {kData, kWeb});
  EXPECT_FALSE(moved.allowed);
  EXPECT_NE(moved.message.find("spec.timeouts.request is not granted for Service shop/ledger by role "
                               "\"developers\", only for targets that match tier=web"),
            std::string::npos)
      << moved.message;
}

TEST_F(Rights, MovingAPolicyTouchesAllThatItSets) {
  // The budget was somebody else's to write; that it holds elsewhere from now on is this change's.
  const std::string spec = "timeouts: {request: 1s}\n  retries: {attempts: 1, budget: {percent: 50}}";
  EXPECT_FALSE(Try(kDeveloper, Policy(spec, "reviews"), Policy(spec)).allowed);
}

TEST_F(Rights, WhatDoesNotExistHasNoLabelsToGoBy) {
  const Ruling ruling =
      Create(kDeveloper, "timeouts: {request: 1s}", {{"Service shop/new", Labels(), false}});
  EXPECT_FALSE(ruling.allowed);
  EXPECT_NE(ruling.message.find("and it does not exist"), std::string::npos) << ruling.message;
  EXPECT_TRUE(Create(kLead, "timeouts: {request: 1s}", {{"Service shop/new", Labels(), false}}).allowed);
}

TEST_F(Rights, ASelectorMustStayWithinTheGrantsForEver) {
  const auto selecting = [](LabelSelector selector) { return RightsTarget{"services", std::move(selector)}; };
  const std::string spec = "timeouts: {request: 1s}";
  EXPECT_TRUE(Create(kDeveloper, spec, {selecting({.match_labels = {{"tier", "web"}, {"a", "b"}}})}).allowed);
  EXPECT_FALSE(Create(kDeveloper, spec, {selecting({.match_labels = {{"a", "b"}}})}).allowed);
  EXPECT_FALSE(Create(kDeveloper, spec, {selecting({})}).allowed);
}

TEST_F(Rights, WiderScopesAndOverrideNeedTheirOwnRight) {
  const RightsTarget all{"services", LabelSelector()};
  const Json::Value wide = Policy("scope: Workspace\n  timeouts: {request: 1s}");
  EXPECT_TRUE(Try(kLead, {}, wide, {all}).allowed);
  const Ruling mesh = Try(kLead, wide, Policy("scope: Mesh\n  timeouts: {request: 1s}"), {all});
  EXPECT_NE(mesh.message.find("spec.scope Mesh is not granted for spec.timeouts.request by role \"leads\""),
            std::string::npos)
      << mesh.message;
  const Json::Value forced = Policy("mode: Override\n  timeouts: {request: 1s}");
  EXPECT_FALSE(Try(kLead, {}, forced).allowed);
  EXPECT_TRUE(Try(kPlatform, {}, forced).allowed);
  EXPECT_FALSE(Try(kLead, forced, Policy("timeouts: {request: 1s}")).allowed) << "it ends an Override";
  EXPECT_FALSE(Try(kLead, forced, {}).allowed);
}

TEST_F(Rights, GrantsOfSeveralRolesAdd) {
  workspace_.roles[0].subjects.push_back({api::Subject::Kind::kUser, "both", ""});
  workspace_.roles[2].subjects.push_back({api::Subject::Kind::kUser, "both", ""});
  EXPECT_TRUE(Create({"both", {}}, "timeouts: {idle: 1h, request: 60s}", {kWeb, kData}).allowed);
}

TEST_F(Rights, NamespacesOfAGrant) {
  EXPECT_FALSE(Create(kDeveloper, "timeouts: {idle: 1h}", {kData}).allowed);
  change_.ns = "shop-eu";
  EXPECT_TRUE(Create(kDeveloper, "timeouts: {idle: 1h}", {kData}).allowed);
}

TEST_F(Rights, DeletingTakesWhatWritingTook) {
  EXPECT_TRUE(Try(kDeveloper, Policy("timeouts: {request: 60s}"), {}).allowed) << "bounds are for what holds";
  EXPECT_FALSE(Try(kDeveloper, Policy("retries: {codes: [503]}"), {}).allowed);
}

TEST_F(Rights, OfFailoverDefaultsAreNoChange) {
  change_.kind = Kind::kFailoverPolicy;
  const Json::Value zones = Failover("localities: [{from: {region: a}, steps: [{to: [{region: b}]}]}]");
  const Ruling bounded = Try(kPlatform, {}, zones);
  EXPECT_NE(bounded.message.find("spec.minHealthyPercent 70, its default, is below 80"), std::string::npos)
      << bounded.message;
  workspace_.roles[2].allow[1].bounds.clear();
  EXPECT_TRUE(Try(kPlatform, {}, zones).allowed);
  EXPECT_FALSE(Try(kPlatform, {}, Failover("minHealthyPercent: 90")).allowed);
  EXPECT_FALSE(Try(kPlatform, {}, Failover("scope: Namespace")).allowed)
      << "it sets nothing, and takes a right";
  EXPECT_TRUE(Try(kLead, {}, Failover("scope: Namespace")).allowed);
}

TEST_F(Rights, BreakingTheGlassTakesAnAdministratorAndAReason) {
  change_.reason = "incident 7";
  EXPECT_FALSE(Create(kDeveloper, "retries: {attempts: 9}").allowed);
  Caller admin{"root", {"system:masters"}, true};
  const Ruling broken = Create(admin, "retries: {attempts: 9}");
  EXPECT_TRUE(broken.allowed);
  EXPECT_EQ(broken.rule, "break-glass");
  EXPECT_EQ(broken.message, "incident 7");
  change_.reason = "";
  const Ruling denied = Create(admin, "retries: {attempts: 9}");
  EXPECT_FALSE(denied.allowed);
  EXPECT_NE(denied.message.find(kBreakGlass), std::string::npos) << denied.message;
}

TEST(Administrators, AreWhoeverIsInOneOfTheGroupsOfTheCluster) {
  EXPECT_TRUE(IsAdministrator({"devs", "system:masters"}, AdministratorGroups()));
  EXPECT_FALSE(IsAdministrator({"sre"}, AdministratorGroups()));
  EXPECT_TRUE(IsAdministrator({"sre"}, {"sre"}));
  EXPECT_FALSE(IsAdministrator({"system:masters"}, {"sre"}));
}

TEST_F(Rights, WithoutRolesItIsKubernetesMatter) {
  workspace_.roles.clear();
  EXPECT_EQ(Create({"nobody", {}}, "retries: {attempts: 9}").rule, "no-roles");
}

TEST(FieldChanges, NameTheDeepestField) {
  const auto changes = FieldChanges(Kind::kRetryTimeoutPolicy, Policy("retries: {attempts: 1}"),
                                    Policy("retries: {attempts: 2}\n  timeouts: {request: 1s}"));
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0].path, "spec.timeouts.request");
  EXPECT_TRUE(changes[0].before.isNull());
  EXPECT_EQ(changes[1].path, "spec.retries.attempts");
  EXPECT_EQ(changes[1].before.asInt(), 1);
  EXPECT_EQ(changes[1].after.asInt(), 2);
}

TEST(FieldChanges, AnEmptySectionIsAChange) {
  const auto changes = FieldChanges(Kind::kRetryTimeoutPolicy, Policy("timeouts: {request: 1s}"),
                                    Policy("timeouts: {request: 1s}\n  retries: {}"));
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].path, "spec.retries");
}

struct ImpliesCase {
  const char* name;
  SelectorRequirement narrow, wide;
  bool implies;
};
void PrintTo(const ImpliesCase& c, std::ostream* out) { *out << c.name; }
class Implying : public ::testing::TestWithParam<ImpliesCase> {};

using Op = SelectorOperator;
const ImpliesCase kImplies[] = {
    {"InOfFewer", {"k", Op::kIn, {"a"}}, {"k", Op::kIn, {"a", "b"}}, true},
    {"InOfMore", {"k", Op::kIn, {"a", "c"}}, {"k", Op::kIn, {"a", "b"}}, false},
    {"OtherKey", {"j", Op::kIn, {"a"}}, {"k", Op::kIn, {"a"}}, false},
    {"InExists", {"k", Op::kIn, {"a"}}, {"k", Op::kExists, {}}, true},
    {"ExistsIn", {"k", Op::kExists, {}}, {"k", Op::kIn, {"a"}}, false},
    {"NotInExists", {"k", Op::kNotIn, {"a"}}, {"k", Op::kExists, {}}, false},
    {"InNotIn", {"k", Op::kIn, {"a"}}, {"k", Op::kNotIn, {"b"}}, true},
    {"NotInOfMore", {"k", Op::kNotIn, {"a", "b"}}, {"k", Op::kNotIn, {"a"}}, true},
    {"NotInOfFewer", {"k", Op::kNotIn, {"a"}}, {"k", Op::kNotIn, {"a", "b"}}, false},
    {"AbsentNotIn", {"k", Op::kDoesNotExist, {}}, {"k", Op::kNotIn, {"a"}}, true},
    {"NotInAbsent", {"k", Op::kNotIn, {"a"}}, {"k", Op::kDoesNotExist, {}}, false},
    {"ExistsNotIn", {"k", Op::kExists, {}}, {"k", Op::kNotIn, {"a"}}, false},
};

TEST_P(Implying, HoldsAndAgreesWithMatching) {
  const ImpliesCase& c = GetParam();
  const LabelSelector narrow{.match_expressions = {c.narrow}}, wide{.match_expressions = {c.wide}};
  EXPECT_EQ(Implies(narrow, wide), c.implies);
  bool all = true;
  for (const char* value : {"", "a", "b", "c", "d"}) {
    Labels labels;
    if (*value != 0) labels.Set("k", value);
    all = all && (!narrow.Matches(labels) || wide.Matches(labels));
  }
  if (c.implies) {
    EXPECT_TRUE(all);
  } else if (c.narrow.key == c.wide.key) {
    EXPECT_FALSE(all);
  }
}

INSTANTIATE_TEST_SUITE_P(Selectors, Implying, ::testing::ValuesIn(kImplies),
                         [](const auto& info) { return info.param.name; });

TEST_F(Rights, BoundsOfAnotherKindAreNotOfThisOne) {
  workspace_.roles.back().allow.push_back({.kinds = {"RetryTimeoutPolicy", "FailoverPolicy"},
                                           .fields = {"spec.localities"},
                                           .targets = {},
                                           .namespaces = {},
                                           .scopes = {},
                                           .bounds = {{"spec.retries.attempts", {{}, "1"}}}});
  change_.kind = Kind::kFailoverPolicy;
  const Ruling ruling =
      Try(kPlatform, {}, Failover("minHealthyPercent: 70\n  localities: [{steps: [{to: [{region: eu}]}]}]"));
  EXPECT_TRUE(ruling.allowed) << ruling.message;
}

}  // namespace
}  // namespace fairlead::reconcilers
