#include "webhooks/verdict/dropped.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json_write.h"
#include "tests/unit/webhooks/verdict/judge_request.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kRetry[] = R"({"retry":{"attempts":2}})";

// With these rules, of which those were applied last; none: it was not applied.
std::string Route(const std::string& rules, const std::string& applied = "") {
  Json::Value route;
  route["apiVersion"] = "gateway.networking.k8s.io/v1";
  route["kind"] = "HTTPRoute";
  route["metadata"]["name"] = "web";
  route["metadata"]["namespace"] = "shop";
  if (!applied.empty()) {
    route["metadata"]["annotations"]["kubectl.kubernetes.io/last-applied-configuration"] =
        R"({"spec":{"rules":[)" + applied + "]}}";
  }
  const std::string text = "[" + rules + "]";
  route["spec"]["rules"] = ToJsonValue(JsonDocument::Parse(text)->root());
  return WriteJson(route);
}

std::vector<std::string> Dropped(const std::string& route) {
  return DroppedRetries(JsonDocument::Parse(route)->root());
}

TEST(DroppedRetries, AreWhatWasAppliedAndIsNotThere) {
  EXPECT_THAT(Dropped(Route("{},{}", "{}," + std::string(kRetry))), ElementsAre("spec.rules[1].retry"));
}

TEST(DroppedRetries, AreNoneWhereNothingIsMissing) {
  EXPECT_THAT(Dropped(Route("{}")), IsEmpty());
  EXPECT_THAT(Dropped(Route("{}", "{}")), IsEmpty());
  EXPECT_THAT(Dropped(Route(kRetry, kRetry)), IsEmpty());
}

TEST(DroppedRetries, AreNotKnownWhereItWasWrittenByOtherMeansSince) {
  EXPECT_THAT(Dropped(Route("{},{}", kRetry)), IsEmpty());
}

TEST(DroppedRetries, AreNoneInWhatCannotBeRead) {
  EXPECT_THAT(Dropped(Route("{}", R"({"retry":)")), IsEmpty());
  EXPECT_THAT(Dropped(R"({"metadata":{"annotations":[]},"spec":{"rules":7}})"), IsEmpty());
}

class ChannelView final : public NoView {
 public:
  explicit ChannelView(std::optional<bool> retry) : retry_(retry) {}
  std::optional<bool> RouteRetry() const override { return retry_; }

 private:
  const std::optional<bool> retry_;
};

Verdict Judged(std::optional<bool> retry, const std::string& applied) {
  return testing::JudgeRequest({.kind = Kind::kHTTPRoute, .name = "web", .object = Route("{}", applied)},
                               ChannelView(retry));
}

TEST(JudgeDroppedRetries, WarnsWhereTheChannelHasNone) {
  const Verdict verdict = Judged(false, kRetry);
  EXPECT_TRUE(verdict.allowed);
  EXPECT_EQ(verdict.rule, "not-ours");
  EXPECT_THAT(
      verdict.warnings,
      ElementsAre("FL021 spec.rules[0].retry: the Gateway API installed here has no such field, so it "
                  "was dropped; say it in a RetryTimeoutPolicy for HTTPRoute web"));
}

TEST(JudgeDroppedRetries, SaysNothingWhereSomebodyElseTookThemOutOrItIsNotKnown) {
  EXPECT_THAT(Judged(true, kRetry).warnings, IsEmpty());
  EXPECT_THAT(Judged(std::nullopt, kRetry).warnings, IsEmpty());
  EXPECT_THAT(Judged(false, "{}").warnings, IsEmpty());
}

}  // namespace
}  // namespace fairlead::webhooks
