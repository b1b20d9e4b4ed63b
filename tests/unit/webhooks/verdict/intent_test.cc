// What the ledger is told of a review.
#include "webhooks/verdict/intent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webhooks/request.h"
#include "webhooks/verdict/gate.h"

namespace fairlead::webhooks {
namespace {

using reconcilers::Intent;
using ::testing::ElementsAre;
using testing::kBad;
using testing::kGood;
using testing::Policy;
using testing::Request;
using Operation = api::PolicyChange::Operation;

constexpr char kOther[] = R"("timeouts":{"request":"6s"})";
constexpr char kMeta[] = R"("uid":"u-1","generation":4,"annotations":{"fairlead.dev/reason":"INC-7"})";

std::optional<Intent> Noted(const Request& request) { return AnswerReview(request.Body(), NoView()).intent; }

TEST(IntentOf, HasWhoAndBothSpecs) {
  const auto intent = Noted({.uid = "r-1",
                             .operation = "UPDATE",
                             .object = Policy(kOther, kMeta),
                             .old_object = Policy(kGood, R"("uid":"u-1","generation":3)")});
  ASSERT_TRUE(intent);
  EXPECT_EQ(intent->policy, (ObjectKey{Kind::kRetryTimeoutPolicy, "shop", "ratings"}));
  EXPECT_EQ(intent->uid, "u-1");
  EXPECT_EQ(intent->generation, 4);
  EXPECT_EQ(intent->operation, Operation::kUpdate);
  EXPECT_EQ(intent->by.name, "ann");
  EXPECT_THAT(intent->by.groups, ElementsAre("devs", "system:authenticated"));
  EXPECT_EQ(intent->reason, "INC-7");
  EXPECT_EQ(intent->request, "r-1");
  EXPECT_THAT(intent->before, ::testing::HasSubstr(R"("request":"5s")"));
  EXPECT_THAT(intent->after, ::testing::HasSubstr(R"("request":"6s")"));
}

TEST(IntentOf, OneSideOfWhatComesOrGoes) {
  const auto made = Noted({.name = "", .object = Policy(kGood, kMeta)});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->operation, Operation::kCreate);
  EXPECT_EQ(made->policy.name, "ratings") << "though the request has no name yet";
  EXPECT_EQ(made->before, "");
  const auto gone = Noted({.operation = "DELETE", .old_object = Policy(kGood, kMeta)});
  ASSERT_TRUE(gone);
  EXPECT_EQ(gone->operation, Operation::kDelete);
  EXPECT_EQ(gone->after, "");
  EXPECT_EQ(gone->metadata, "") << "a reason is that of another change";
  const auto labelled =
      Noted({.operation = "DELETE", .old_object = Policy(kGood, R"("uid":"u-1","labels":{"team":"shop"})")});
  EXPECT_EQ(labelled->metadata, R"({"labels":{"team":"shop"}})");
  EXPECT_NE(gone->before, "");
}

TEST(IntentOf, NothingOfWhatIsNoChange) {
  const Request update{.operation = "UPDATE", .object = Policy(kOther, kMeta), .old_object = Policy(kGood)};
  ASSERT_TRUE(Noted(update));
  Request request = update;
  request.dry_run = true;
  EXPECT_FALSE(Noted(request));
  request = update;
  request.subresource = "status";
  EXPECT_FALSE(Noted(request));
  request = update;
  request.object = Policy(kBad);
  EXPECT_FALSE(Noted(request)) << "refused";
  request = update;
  request.object = Policy(kGood, R"("labels":{"a":"b"})");
  EXPECT_FALSE(Noted(request)) << "the same spec";
  EXPECT_FALSE(Noted({.kind = Kind::kService, .object = "{}"})) << "not ours";
  EXPECT_FALSE(Noted({.operation = "DELETE"})) << "nothing is known of it";
}

TEST(IntentOf, IsBounded) {
  std::string groups;
  for (int i = 0; i < 100; ++i) groups += (i ? ",\"g" : "\"g") + std::to_string(i) + "\"";
  const std::string meta = R"("annotations":{"fairlead.dev/reason":")" + std::string(5000, 'r') + "\"}";
  const auto intent =
      Noted({.object = Policy(kGood, meta), .user = std::string(3000, 'u'), .groups = groups});
  ASSERT_TRUE(intent);
  EXPECT_LE(intent->by.name.size(), 1024u);
  EXPECT_EQ(intent->by.groups.size(), api::kMaxChangeGroups);
  EXPECT_EQ(intent->by.more_groups, 100 - static_cast<int>(api::kMaxChangeGroups));
  EXPECT_LE(intent->reason.size(), api::kMaxReason);
}

TEST(Records, AreWrittenByNobodyElse) {
  // Only the group and the kind matter; there is no Kind of records.
  const auto answer = [](const std::string& operation, const std::string& user) {
    std::string body =
        Request{.operation = operation, .object = "{}", .old_object = "{}", .user = user}.Body();
    for (size_t at; (at = body.find("\"kind\":\"RetryTimeoutPolicy\"")) != std::string::npos;) {
      body.replace(at, 27, "\"kind\":\"PolicyChange\"");
    }
    return AnswerReview(body, NoView());
  };
  for (const char* operation : {"CREATE", "UPDATE", "DELETE"}) {
    const Answer refused = answer(operation, "ann");
    EXPECT_EQ(refused.verdict, "refused");
    EXPECT_EQ(refused.kind, "other");
    EXPECT_THAT(refused.body, ::testing::HasSubstr("written and removed by Fairlead alone"));
  }
  EXPECT_EQ(answer("DELETE", "system:serviceaccount:kube-system:namespace-controller").verdict, "allowed");
}

}  // namespace
}  // namespace fairlead::webhooks
