// The rights of a workspace's roles, as admission holds them; what they mean is tested beside
// reconcilers/rights.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "tests/unit/webhooks/verdict/judge_request.h"
#include "webhooks/verdict/judge.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kBad;
using testing::Policy;
using testing::Request;

constexpr char kWorkspace[] =
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":"shop"},
"spec":{"namespaces":[{"names":["shop"]}],"roles":[{"name":"developers","subjects":[{"kind":"Group","name":"devs"}],
"allow":[{"kinds":["RetryTimeoutPolicy"],"fields":["spec.timeouts"],"targets":{"matchLabels":{"tier":"web"}},
"bounds":{"spec.timeouts.request":{"max":"10s"}}}]}]}})";

class RolesView final : public NoView {
 public:
  RolesView() {
    const auto json = JsonDocument::Parse(kWorkspace);
    workspace_ = std::get<Ptr<api::Workspace>>(ParseObject(Kind::kWorkspace, json->root()).object);
  }
  std::optional<Tenancy> TenancyOf(const std::string& ns,
                                   const std::vector<ObjectKey>& targets) const override {
    Tenancy out;
    if (ns == "shop") out.workspace = workspace_;
    for (const ObjectKey& target : targets) {
      if (target.name == "ratings") out.labels[target] = Labels{{"tier", "web"}};
    }
    return out;
  }

 private:
  Ptr<api::Workspace> workspace_;
};

Verdict Judged(const Request& request) { return testing::JudgeRequest(request, RolesView()); }

const std::string kGranted = Policy(R"("timeouts":{"request":"5s"})");
const std::string kBeyond = Policy(R"("timeouts":{"request":"60s"})");
const std::string kNotGranted = Policy(R"("retries":{"attempts":2})");
const std::string kWithReason =
    Policy(R"("retries":{"attempts":2})", R"("annotations":{"fairlead.dev/break-glass":"incident 7"})");
constexpr char kMasters[] = "\"system:masters\"";
constexpr char kNobody[] = "\"system:authenticated\"";
constexpr char kCollector[] = "system:serviceaccount:kube-system:generic-garbage-collector";

struct Way {
  std::string name;
  Request request;
  std::string rule;
  bool allowed = false;
};
void PrintTo(const Way& way, std::ostream* os) { *os << way.name; }

std::vector<Way> Ways() {
  return {
      {"Granted", {.object = kGranted}, "valid-object", true},
      {"BeyondABound", {.object = kBeyond}, "right-to-write"},
      {"NotGranted", {.object = kNotGranted}, "right-to-write"},
      {"OfNobody", {.object = kGranted, .groups = kNobody}, "right-to-write"},
      {"DryRun", {.object = kNotGranted, .dry_run = true}, "right-to-write"},
      {"ElsewhereAnybody", {.ns = "other", .object = Policy(""), .groups = kNobody}, "identity"},
      {"Update", {.operation = "UPDATE", .object = kGranted, .old_object = kBeyond}, "valid-object", true},
      {"UpdateBeyond", {.operation = "UPDATE", .object = kBeyond, .old_object = kGranted}, "right-to-write"},
      {"TakeAway", {.operation = "UPDATE", .object = kGranted, .old_object = kNotGranted}, "right-to-write"},
      {"LabelsAreFree",
       {.operation = "UPDATE",
        .object = Policy(R"("retries":{"attempts":2})", R"("labels":{"a":"b"})"),
        .old_object = kNotGranted,
        .groups = kNobody},
       "unchanged",
       true},
      {"Status",
       {.operation = "UPDATE", .subresource = "status", .object = kNotGranted, .old_object = kGranted},
       "subresource",
       true},
      {"OfWhatIsLeaving",
       {.operation = "UPDATE",
        .object = Policy(R"("retries":{"attempts":2})", R"("deletionTimestamp":"2026-01-01T00:00:00Z")"),
        .old_object =
            Policy(R"("timeouts":{"request":"5s"})", R"("deletionTimestamp":"2026-01-01T00:00:00Z")")},
       "right-to-write"},
      {"InvalidIsToldFirst", {.object = Policy(kBad), .groups = kNobody}, "invalid-object"},
      {"Delete", {.operation = "DELETE", .old_object = kBeyond}, "deletion", true},
      {"DeleteNotGranted", {.operation = "DELETE", .old_object = kNotGranted}, "right-to-delete"},
      {"DeleteOfABadOne", {.operation = "DELETE", .old_object = Policy(kBad)}, "right-to-delete"},
      {"CollectorsDelete",
       {.operation = "DELETE", .old_object = kNotGranted, .user = kCollector, .groups = kNobody},
       "deletion",
       true},
      {"TheControllerManagerDeletes",
       {.operation = "DELETE",
        .old_object = kNotGranted,
        .user = "system:kube-controller-manager",
        .groups = kNobody},
       "deletion",
       true},
      {"CollectorsDoNotWrite", {.object = kGranted, .user = kCollector, .groups = kNobody}, "right-to-write"},
      {"AnAdministratorWithoutAReason", {.object = kNotGranted, .groups = kMasters}, "right-to-write"},
      {"AnAdministratorWithAReason", {.object = kWithReason, .groups = kMasters}, "right-to-write", true},
      {"AReasonMakesNoAdministrator", {.object = kWithReason}, "right-to-write"},
      {"AnAdministratorDeletesByTheReasonOnTheObject",
       {.operation = "DELETE", .old_object = kWithReason, .groups = kMasters},
       "right-to-delete",
       true},
  };
}

class RightsOfRoles : public ::testing::TestWithParam<Way> {};

TEST_P(RightsOfRoles, Hold) {
  const Verdict verdict = Judged(GetParam().request);
  EXPECT_EQ(verdict.rule, GetParam().rule) << verdict.message;
  EXPECT_EQ(verdict.allowed, GetParam().allowed) << verdict.message;
  if (!verdict.allowed && verdict.rule.starts_with("right-")) {
    EXPECT_EQ(verdict.code, 403);
    EXPECT_EQ(verdict.reason, "Forbidden");
    EXPECT_THAT(verdict.message, HasSubstr("workspace \"shop\" does not let "));
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, RightsOfRoles, ::testing::ValuesIn(Ways()),
                         [](const auto& info) { return info.param.name; });

TEST(RightsOfRoles, ARefusalSaysWhatIsMissing) {
  EXPECT_EQ(Judged({.object = kBeyond}).message,
            "workspace \"shop\" does not let \"ann\" create RetryTimeoutPolicy shop/ratings: "
            "spec.timeouts.request 1m is above 10s, the most that role \"developers\" grants.");
}

class UnknowingView final : public NoView {
 public:
  std::optional<Tenancy> TenancyOf(const std::string&, const std::vector<ObjectKey>&) const override {
    return std::nullopt;
  }
};

TEST(RightsOfRoles, WhatIsNotKnownIsNotGranted) {
  const auto review = ReadReview(Request{.object = kGranted}.Body());
  const Verdict verdict = Judge(*review, UnknowingView());
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.code, 503);
  EXPECT_THAT(verdict.message, HasSubstr("try again"));
  const auto workspace =
      ReadReview(Request{.kind = Kind::kWorkspace, .name = "shop", .object = kWorkspace}.Body());
  EXPECT_TRUE(Judge(*workspace, UnknowingView()).allowed) << "it takes no right";
}

TEST(RightsOfRoles, TheReasonOfABrokenGlassIsAudited) {
  const auto review = ReadReview(Request{.object = kWithReason, .groups = kMasters}.Body());
  const Verdict verdict = Judge(*review, RolesView());
  EXPECT_EQ(verdict.broken_glass, "incident 7");
  EXPECT_THAT(verdict.warnings, ElementsAre(HasSubstr("incident 7")));
  EXPECT_THAT(PrintVerdict(*review, verdict), HasSubstr(R"("break-glass":"incident 7")"));
}

}  // namespace
}  // namespace fairlead::webhooks
