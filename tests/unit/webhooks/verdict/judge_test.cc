#include "webhooks/verdict/judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "crds/base/json_write.h"
#include "tests/support/crds/cases.h"
#include "tests/unit/webhooks/verdict/judge_request.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::JudgeRequest;
using testing::kBad;
using testing::kGood;
using testing::Policy;
using testing::Request;

// Says the same of each object.
class TalkativeView final : public NoView {
 public:
  std::vector<Advice> AdviceOn(const AnyObject& object) const override {
    return {{"FL002", "spec.targetRefs[0]", KeyOf(object).ToString() + " aims at nothing", "create it"}};
  }
};

TEST(Judge, RefusesWithAllErrorsAtOnce) {
  const Verdict verdict = JudgeRequest({.object = Policy(kBad)});
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.rule, "invalid-object");
  EXPECT_EQ(verdict.code, 422);
  EXPECT_EQ(verdict.reason, "Invalid");
  std::vector<std::string> fields;
  for (const FieldError& cause : verdict.causes) fields.push_back(cause.path);
  EXPECT_THAT(fields, ElementsAre("spec.timeouts.request", "spec.retries.attempts"));
  EXPECT_THAT(verdict.message,
              HasSubstr("RetryTimeoutPolicy shop/ratings is invalid: spec.timeouts.request: "));
  EXPECT_THAT(verdict.message, HasSubstr("; spec.retries.attempts: "));
}

TEST(Judge, AllowsWithTheAdviceOfTheView) {
  const Verdict verdict = JudgeRequest({.object = Policy(kGood)}, TalkativeView());
  EXPECT_TRUE(verdict.allowed);
  EXPECT_EQ(verdict.rule, "valid-object");
  EXPECT_THAT(verdict.warnings,
              ElementsAre("FL002 spec.targetRefs[0]: RetryTimeoutPolicy shop/ratings aims at "
                          "nothing; create it"));
}

TEST(Judge, DryRunIsJudgedAlike) {
  EXPECT_FALSE(JudgeRequest({.object = Policy(kBad), .dry_run = true}).allowed);
  EXPECT_TRUE(JudgeRequest({.object = Policy(kGood), .dry_run = true}).allowed);
}

TEST(Judge, NamesAnObjectWithoutName) {
  std::string object = Policy(kBad);
  object.replace(object.find(R"("name":"ratings","namespace")"), 16, R"("generateName":"r-")");
  const Verdict verdict = JudgeRequest({.name = "", .object = object});
  EXPECT_THAT(verdict.message, HasSubstr("RetryTimeoutPolicy shop/r-* is invalid: "));
}

constexpr char kTeam[] =
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"Workspace","metadata":{"name":"late"},)"
    R"("spec":{"namespaces":[{"names":["web"]}]}})";

// Namespace web belongs to early, and only who claims it already may go on to.
class TakenView final : public NoView {
 public:
  std::map<std::string, std::string> TakenBy(const api::Workspace& candidate,
                                             const api::Workspace* before) const override {
    const bool new_claim = before == nullptr || before->namespaces != candidate.namespaces;
    return new_claim ? std::map<std::string, std::string>{{"web", "early"}}
                     : std::map<std::string, std::string>{};
  }
};

TEST(Judge, AWorkspaceMayNotNewlyClaimWhatAnotherHas) {
  const auto judge = [](Request request) {
    request.kind = Kind::kWorkspace;
    request.name = "late";
    return Judge(*ReadReview(request.Body()), TakenView());
  };
  const Verdict verdict = judge({.object = kTeam});
  EXPECT_FALSE(verdict.allowed);
  EXPECT_EQ(verdict.code, 422);
  EXPECT_EQ(verdict.rule, "claimed-namespace");
  EXPECT_EQ(
      verdict.message,
      "Workspace late claims what others have: spec.namespaces: namespace web belongs to Workspace early; "
      "take them out of the other Workspace first, or out of this one");
  std::string other = kTeam;
  other.replace(other.find("web"), 3, "pay");
  EXPECT_FALSE(judge({.operation = "UPDATE", .object = kTeam, .old_object = other}).allowed);
  std::string off = kTeam;
  off.replace(off.find("\"spec\":{"), 8, "\"spec\":{\"isolation\":\"Off\",");
  EXPECT_TRUE(judge({.operation = "UPDATE", .object = off, .old_object = kTeam}).allowed);
}

struct Way {
  std::string name;
  Request request;
  bool allowed = true;
  std::string rule;
};
void PrintTo(const Way& way, std::ostream* os) { *os << way.name; }

std::vector<Way> Ways() {
  const std::string bad = Policy(kBad), good = Policy(kGood);
  const std::string leaving = R"("deletionTimestamp":"2026-01-01T00:00:00Z","finalizers":["a/b"])";
  return {
      {"CreateGood", {.object = good}, true, "valid-object"},
      {"CreateBad", {.object = bad}, false, "invalid-object"},
      {"GoodToBad", {.operation = "UPDATE", .object = bad, .old_object = good}, false, "invalid-object"},
      {"BadToGood", {.operation = "UPDATE", .object = good, .old_object = bad}, true, "valid-object"},
      {"BadToOtherBad",
       {.operation = "UPDATE", .object = Policy(R"("timeouts":{"request":"6 s"})"), .old_object = bad},
       false,
       "invalid-object"},
      {"DeleteBad", {.operation = "DELETE", .old_object = bad}, true, "deletion"},
      {"DeleteOfNothing", {.operation = "DELETE"}, true, "deletion"},
      {"LabelABad",
       {.operation = "UPDATE", .object = Policy(kBad, R"("labels":{"a":"b"})"), .old_object = bad},
       true,
       "unchanged"},
      {"TakeTheFinalizersOfABad",
       {.operation = "UPDATE", .object = bad, .old_object = Policy(kBad, R"("finalizers":["a/b"])")},
       true,
       "unchanged"},
      {"ABadThatIsLeaving",
       {.operation = "UPDATE", .object = Policy(kBad, leaving), .old_object = Policy(kGood, leaving)},
       true,
       "being-deleted"},
      // A client cannot set deletionTimestamp; if it says so, that changes nothing.
      {"ABadThatSaysItIsLeaving",
       {.operation = "UPDATE", .object = Policy(kBad, leaving), .old_object = good},
       false,
       "invalid-object"},
      {"StatusOfABad",
       {.operation = "UPDATE", .subresource = "status", .object = bad, .old_object = good},
       true,
       "subresource"},
      {"Connect", {.operation = "CONNECT", .object = "{}"}, true, "subresource"},
      {"ForeignKind", {.kind = Kind::kHTTPRoute, .version = "v1", .object = "{}"}, true, "not-ours"},
      {"UnknownVersion", {.version = "v9", .object = good}, false, "unknown-kind"},
      {"DeleteOfUnknownVersion", {.version = "v9", .operation = "DELETE"}, true, "deletion"},
      {"OtherName", {.name = "reviews", .object = good}, false, "identity"},
      {"OtherNamespace", {.ns = "bank", .object = good}, false, "identity"},
      {"OtherKind", {.kind = Kind::kFailoverPolicy, .object = good}, false, "identity"},
  };
}

class JudgeWays : public ::testing::TestWithParam<Way> {};
TEST_P(JudgeWays, ByTheRule) {
  const Verdict verdict = JudgeRequest(GetParam().request);
  EXPECT_EQ(verdict.rule, GetParam().rule) << verdict.message;
  EXPECT_EQ(verdict.allowed, GetParam().allowed) << verdict.message;
  EXPECT_EQ(verdict.allowed, verdict.message.empty());
}
INSTANTIATE_TEST_SUITE_P(Ways, JudgeWays, ::testing::ValuesIn(Ways()),
                         [](const auto& info) { return info.param.name; });

TEST(Judge, WarnsOfWhatWasStoredInvalid) {
  const Verdict verdict = JudgeRequest(
      {.operation = "UPDATE", .object = Policy(kBad, R"("labels":{"a":"b"})"), .old_object = Policy(kBad)});
  ASSERT_EQ(verdict.warnings.size(), 1u);
  EXPECT_THAT(verdict.warnings[0],
              HasSubstr("RetryTimeoutPolicy shop/ratings is stored though it is invalid"));
}

TEST(Judge, MetadataAloneAsksNothingOfTheView) {
  const Verdict verdict = JudgeRequest(
      {.operation = "UPDATE", .object = Policy(kGood, R"("labels":{"a":"b"})"), .old_object = Policy(kGood)},
      TalkativeView());
  EXPECT_EQ(verdict.rule, "unchanged");
  EXPECT_THAT(verdict.warnings, IsEmpty());
}

TEST(Judge, TheOrderOfMembersIsNoChange) {
  const std::string spec = R"("timeouts":{"request":"5 s","idle":"1 h"})",
                    other = R"("timeouts":{"idle":"1 h","request":"5 s"})";
  EXPECT_EQ(JudgeRequest({.operation = "UPDATE", .object = Policy(spec), .old_object = Policy(other)}).rule,
            "unchanged");
}

TEST(Judge, RulesHaveNamesOfTheirOwn) {
  std::set<std::string_view> names;
  for (const RuleInfo& rule : Rules()) EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
  EXPECT_EQ(Rules().back().name, "valid-object");
}

// Each case of tests/cases/crds through the whole way: the verdict is that of Parse, with every field of it.
TEST(Judge, SaysWhatParseSays) {
  std::string problem;
  int refused = 0;
  for (const testing::CrdCase& c : testing::LoadCrdCases(&problem)) {
    const auto document = JsonDocument::Parse(c.json);
    if (!document || !document->root().IsObject()) continue;
    Request request{.kind = c.kind, .name = "", .object = c.json};
    const auto meta = document->root().Find("metadata");
    request.ns = meta ? std::string(meta->StringAt("namespace")) : "";
    const auto review = ReadReview(request.Body());
    ASSERT_TRUE(review) << c.Title() << review.error().message;
    const Verdict verdict = Judge(*review, NoView());
    if (verdict.rule == "identity") {
      EXPECT_FALSE(c.parse_ok) << c.Title();
      continue;
    }
    EXPECT_EQ(verdict.allowed, c.parse_ok) << c.Title() << "\n" << verdict.message;
    EXPECT_EQ(verdict.causes, testing::ParseAndPrint(c.kind, c.json).errors) << c.Title();
    refused += verdict.allowed ? 0 : 1;
  }
  EXPECT_EQ(problem, "");
  EXPECT_GE(refused, 200);
}

}  // namespace
}  // namespace fairlead::webhooks
