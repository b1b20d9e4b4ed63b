// Rights, twice: what Judge says of a change, and what a real API server says by the objects that the rights
// lower to. Where CEL can know they agree; nowhere does the API server refuse what Judge allows.
#include <gmock/gmock.h>

#include "tests/integration/tenancy/native_rights.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(NativeRights, TheTableOfCases) {
  for (const RightsCase& c : HandWrittenRightsCases()) {
    const RightsBench::Outcome outcome = bench_->Try(c);
    ASSERT_NE(outcome.reply.status, 0) << c.title << "\n" << outcome.reply.body;
    EXPECT_EQ(outcome.ruling.allowed, c.allowed) << c.title << "\n" << outcome.ruling.message;
    EXPECT_EQ(outcome.ok(), c.native) << c.title << "\n" << outcome.reply.body;
    if (!outcome.ok()) {
      EXPECT_EQ(outcome.reply.status, 403) << c.title << "\n" << outcome.reply.body;
      EXPECT_THAT(MessageOf(outcome.reply), HasSubstr("workspace \"shop\" does not let")) << c.title;
    }
  }
}

TEST_F(NativeRights, AgreeWithJudgeOnMadeUpChanges) {
  int allowed = 0, refused = 0, passed_over = 0;
  for (const RightsCase& c : RandomRightsCases(7, 500)) {
    const RightsBench::Outcome outcome = bench_->Try(c);
    if (outcome.reply.status == 0 || outcome.reply.status == 422) {
      ++passed_over;  // not a valid object
      continue;
    }
    ++(outcome.ok() ? allowed : refused);
    const std::string what = c.title + " " + c.caller + " in " + c.ns + " " + std::string(ToString(c.kind)) +
                             "\nbefore: " + c.before + "\nafter: " + c.after + "\n" + outcome.reply.body +
                             "\n" + outcome.ruling.message;
    EXPECT_EQ(outcome.ok(), outcome.blind.allowed) << what;
    EXPECT_TRUE(outcome.ok() || !outcome.ruling.allowed) << what;
  }
  EXPECT_GT(allowed, 60);
  EXPECT_GT(refused, 150);
  EXPECT_LT(passed_over, 200);
}

TEST_F(NativeRights, ARefusalNamesTheFieldTheRolesAndTheOwner) {
  const HttpReply reply = bench_
                              ->Try({"", "dave", Kind::kRetryTimeoutPolicy, "",
                                     "{targetRefs: [{kind: Service, name: ratings}], retries: {attempts: 5, "
                                     "budget: {percent: 50}}}"})
                              .reply;
  EXPECT_THAT(MessageOf(reply),
              HasSubstr("workspace \"shop\" does not let \"dave\" create RetryTimeoutPolicy shop/case-"));
  EXPECT_THAT(
      MessageOf(reply),
      HasSubstr(
          ": spec.retries.attempts is granted within bounds or for targets that this is beyond (at most 3); "
          "spec.retries.budget.percent is not granted. Roles that have it, maybe with such limits: "
          "leads, platform, tuners. Its owner is platform-team."));
}

TEST_F(NativeRights, KubernetesOwnRightsSayTheSame) {
  ASSERT_TRUE(bench_->Add(R"(
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: books}
spec:
  namespaces: [{names: [books, elsewhere]}]
  roles:
  - name: devs
    subjects: [{kind: Group, name: book-devs}]
    allow: [{kinds: [RetryTimeoutPolicy]}, {kinds: [FailoverPolicy], namespaces: [elsewhere]}]
)",
                          {"books"}));
  const auto may = [](const std::string& group, const std::string& verb, const std::string& resource) {
    const HttpReply reply =
        bench_->cluster().Call("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                               R"({"spec":{"user":"x","groups":[")" + group +
                                   R"("],"resourceAttributes":{"namespace":"books","group":)" +
                                   R"("fairlead.dev","version":"v1alpha1","verb":")" + verb +
                                   R"(","resource":")" + resource + R"("}}})");
    return ParseJsonValue(reply.body)["status"]["allowed"].asBool();
  };
  EXPECT_TRUE(Eventually([&] { return may("book-devs", "update", "retrytimeoutpolicies"); }));
  for (const char* verb : {"create", "patch", "delete"}) {
    EXPECT_TRUE(may("book-devs", verb, "retrytimeoutpolicies")) << verb;
    EXPECT_FALSE(may("book-devs", verb, "failoverpolicies")) << verb;
    EXPECT_FALSE(may("book-devs", verb, "workspacesettings")) << verb;
    EXPECT_FALSE(may("others", verb, "retrytimeoutpolicies")) << verb;
  }
  EXPECT_TRUE(Eventually([&] { return may("book-devs", "watch", "failoverpolicies"); }));
  EXPECT_FALSE(may("others", "get", "failoverpolicies"));
  EXPECT_FALSE(may("book-devs", "update", "retrytimeoutpolicies/status"));
}

// As many roles, grants and bounds as a Workspace can have, and as many selectors as a policy: it is judged
// all the same, within what an API server spends on an expression.
TEST_F(NativeRights, TheLargestWorkspaceIsJudged) {
  std::string bounds, fields, selectors, roles;
  for (const char* field :
       {"attempts: {max: 3}", "perTryTimeout: {max: 2s}", "backoff.base: {max: 1s}", "backoff.max: {max: 1s}",
        "budget.percent: {max: 50}", "budget.minPerSecond: {max: 50}"}) {
    const std::string text = std::string("spec.retries.") + field;
    bounds += (bounds.empty() ? "" : ", ") + text;
    fields += (fields.empty() ? "" : ", ") + text.substr(0, text.find(':'));
  }
  for (int i = 0; i < 16; ++i) {
    std::string labels;
    for (int k = 0; k < 8; ++k)
      labels += "l" + std::to_string(k) + ": v" + std::to_string(i) + (k < 7 ? ", " : "");
    selectors += (i > 0 ? ", {" : "{") + std::string("kind: Service, matchLabels: {") + labels + "}}";
    roles += "  - name: role-" + std::to_string(i) +
             "\n    subjects: [{kind: User, name: a}, {kind: Group, name: others}]\n    allow:\n";
    for (int k = 0; k < 8; ++k) {
      const bool last = i == 15 && k == 7;
      roles += "    - {kinds: [RetryTimeoutPolicy, FailoverPolicy], fields: [" + fields +
               (last ? ", spec.timeouts" : "") + "], namespaces: [a-*, b-*, \"*-c\", big]" +
               (last ? "" : ", targets: {matchLabels: {l6: none, l7: none}}") + ", bounds: {" + bounds +
               "}}\n";
    }
  }
  const auto added = bench_->Add(
      "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: big}\nspec:\n"
      "  namespaces: [{names: [big]}]\n  roles:\n" +
          roles,
      {"big"});
  ASSERT_TRUE(added) << added.error().message;
  const auto with = [&](const std::string& rest) {
    return RightsCase{"",
                      "nobody",
                      Kind::kRetryTimeoutPolicy,
                      "",
                      "{targetSelectors: [" + selectors + "], " + rest + "}",
                      true,
                      true,
                      "big"};
  };
  const RightsCase bad = with("retries: {attempts: 9, perTryTimeout: 1s, backoff: {base: 1s, max: 2s}}");
  std::string last;
  EXPECT_TRUE(Eventually([&] {
    last = bench_->Try(bad).reply.body;
    return last.find("spec.retries.attempts is granted within bounds") != std::string::npos;
  })) << last;
  const RightsBench::Outcome good = bench_->Try(
      with("timeouts: {request: 9s}, retries: {attempts: 3, perTryTimeout: 1s, backoff: {base: 1s}}"));
  EXPECT_TRUE(good.ok()) << good.reply.body;
}

}  // namespace
}  // namespace fairlead::testing
