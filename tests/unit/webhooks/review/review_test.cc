#include "webhooks/review/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webhooks/request.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::Policy;
using testing::Request;

TEST(ReadReview, ReadsWhatTheApiServerSends) {
  const auto review = ReadReview(Request{.operation = "UPDATE",
                                         .subresource = "status",
                                         .object = Policy(testing::kGood),
                                         .old_object = Policy(""),
                                         .dry_run = true}
                                     .Body());
  ASSERT_TRUE(review) << review.error().message;
  EXPECT_EQ(review->uid, "705ab4f5-6393-11e8-b7cc-42010a800002");
  EXPECT_EQ(review->kind, (GroupVersionKind{"fairlead.dev", "v1alpha1", "RetryTimeoutPolicy"}));
  EXPECT_EQ(review->subresource, "status");
  EXPECT_EQ(review->name, (NamespacedName{"shop", "ratings"}));
  EXPECT_EQ(review->operation, Operation::kUpdate);
  EXPECT_TRUE(review->dry_run);
  EXPECT_EQ(review->user.name, "ann");
  EXPECT_THAT(review->user.groups, ElementsAre("devs", "system:authenticated"));
  EXPECT_TRUE(review->object->Find("spec")->Find("timeouts"));
  EXPECT_FALSE(review->old_object->Find("spec")->Find("timeouts"));
}

TEST(ReadReview, DeletionHasNoNewObject) {
  const auto review = ReadReview(Request{.operation = "DELETE", .old_object = Policy("")}.Body());
  ASSERT_TRUE(review) << review.error().message;
  EXPECT_FALSE(review->object);
  EXPECT_TRUE(review->old_object);
}

struct BadBody {
  std::string name;
  std::string body;
  std::string uid;   // that is found all the same
  std::string says;  // part of the message
};
void PrintTo(const BadBody& bad, std::ostream* os) { *os << bad.name; }

std::string Replaced(std::string body, const std::string& what, const std::string& by) {
  const size_t at = body.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return body.replace(at, what.size(), by);
}

std::vector<BadBody> BadBodies() {
  const Request request{.uid = "u-1", .object = Policy("")};
  const std::string good = request.Body();
  return {
      {"Empty", "", "", "not valid JSON"},
      {"NoJson", "hello", "", "not valid JSON"},
      {"List", "[]", "", "must be a JSON object"},
      {"NoRequest", R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"})", "",
       "request: is required"},
      {"Cut", good.substr(0, good.size() / 2), "u-1", "not valid JSON"},
      {"CutInUid", good.substr(0, good.find("u-1") + 2), "", "not valid JSON"},
      {"NoUtf8", Replaced(good, "ann", "a\xff"), "u-1", "not valid JSON"},
      {"TooLarge", std::string(kMaxReviewBytes + 1, ' '), "", "over the limit"},
      {"TooDeep",
       Replaced(good, R"("spec":{)", R"("spec":{"x":)" + std::string(300, '[') + std::string(300, ']') + ","),
       "u-1", "not valid JSON"},
      {"OldVersion", Replaced(good, "admission.k8s.io/v1", "admission.k8s.io/v1beta1"), "u-1",
       "apiVersion: must be admission.k8s.io/v1"},
      {"OtherKind", Replaced(good, "AdmissionReview", "ConversionReview"), "u-1",
       "kind: must be AdmissionReview"},
      {"UidIsNumber", Replaced(good, R"("u-1")", "1"), "", "request.uid: must be a string"},
      {"UidEmpty", Replaced(good, "u-1", ""), "", "request.uid: must not be empty"},
      {"UidTooLong", Replaced(good, "u-1", std::string(129, 'u')), "", "request.uid: must be at most 128"},
      {"UidWithQuote", Replaced(good, "u-1", R"(u\"1)"), "", "request.uid: must be at most 128 printable"},
      {"NoOperation", Replaced(good, R"("operation")", R"("x")"), "u-1", "request.operation: is required"},
      {"OtherOperation", Replaced(good, "CREATE", "READ"), "u-1",
       "known are CREATE, UPDATE, DELETE, CONNECT"},
      {"NoKind", Replaced(good, R"("kind":{)", R"("x":{)"), "u-1", "request.kind: is required"},
      {"NoObject", Request{.uid = "u-1"}.Body(), "u-1", "request.object: is required"},
      {"ObjectIsList", Request{.uid = "u-1", .object = "[]"}.Body(), "u-1",
       "request.object: must be an object"},
      {"NoOldObject", Request{.uid = "u-1", .operation = "UPDATE", .object = "{}"}.Body(), "u-1",
       "request.oldObject: is required"},
  };
}

class ReadReviewBad : public ::testing::TestWithParam<BadBody> {};
TEST_P(ReadReviewBad, SaysWhyAndWhose) {
  const auto review = ReadReview(GetParam().body);
  ASSERT_FALSE(review);
  EXPECT_EQ(review.error().uid, GetParam().uid);
  EXPECT_THAT(review.error().message, HasSubstr(GetParam().says));
}
INSTANTIATE_TEST_SUITE_P(Bodies, ReadReviewBad, ::testing::ValuesIn(BadBodies()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace fairlead::webhooks
