#include "webhooks/verdict/gate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webhooks/request.h"

namespace fairlead::webhooks {
namespace {

using ::testing::HasSubstr;
using testing::Policy;
using testing::Request;

TEST(AnswerReview, TellsMetricsWhatItWas) {
  const Answer good = AnswerReview(Request{.object = Policy(testing::kGood)}.Body(), NoView());
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.kind + " " + good.operation + " " + good.verdict, "RetryTimeoutPolicy CREATE allowed");
  EXPECT_THAT(good.body, HasSubstr(R"("allowed":true)"));

  const Answer bad = AnswerReview(Request{.object = Policy(testing::kBad)}.Body(), NoView());
  EXPECT_EQ(bad.status, 200);
  EXPECT_EQ(bad.kind + " " + bad.operation + " " + bad.verdict, "RetryTimeoutPolicy CREATE refused");

  const Answer foreign = AnswerReview(Request{.kind = Kind::kService, .object = "{}"}.Body(), NoView());
  EXPECT_EQ(foreign.kind + " " + foreign.operation + " " + foreign.verdict, "other CREATE allowed");
}

TEST(AnswerReview, AMalformedOneIsAnsweredWithItsUid) {
  const Answer with = AnswerReview(Request{.uid = "u-1"}.Body(), NoView());
  EXPECT_EQ(with.status, 200);
  EXPECT_EQ(with.verdict, "malformed");
  EXPECT_THAT(with.body, HasSubstr(R"("uid":"u-1")"));
  const Answer without = AnswerReview("{", NoView());
  EXPECT_EQ(without.status, 400);
  EXPECT_THAT(without.body, HasSubstr(R"("allowed":false)"));
}

// Whatever is answered quickly is answered as it would be otherwise.
TEST(AnswerQuickly, TakesWhatNamesItsTargetsAndWhatIsNoReview) {
  const auto same = [](const std::string& body) {
    const std::optional<Answer> quick = AnswerQuickly(body, NoView());
    return quick && quick->body == AnswerReview(body, NoView()).body;
  };
  EXPECT_TRUE(same(Request{.object = Policy(testing::kGood)}.Body()));
  EXPECT_TRUE(same(Request{.object = Policy(testing::kBad)}.Body()));
  EXPECT_TRUE(same("{"));
}

TEST(AnswerQuickly, LeavesToWorkersWhatMayLookAtVeryMuch) {
  const std::string selects =
      Policy(R"("targetSelectors":[{"kind":"Service"}],"scope":"Mesh","timeouts":{"request":"5s"})");
  EXPECT_FALSE(AnswerQuickly(Request{.object = selects}.Body(), NoView()));
  EXPECT_FALSE(
      AnswerQuickly(Request{.kind = Kind::kWorkspace, .object = R"({"kind":"Workspace"})"}.Body(), NoView()));
  EXPECT_FALSE(AnswerQuickly(Request{.kind = Kind::kService, .object = "{}"}.Body(), NoView()));
}

}  // namespace
}  // namespace fairlead::webhooks
