#include "webhooks/review/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/webhooks/request.h"

namespace fairlead::webhooks {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using testing::Policy;
using testing::Request;

Review ReviewOf(const Request& request) {
  auto review = ReadReview(request.Body());
  EXPECT_TRUE(review) << review.error().message;
  return std::move(*review);
}

TEST(PrintVerdict, AllowedWithWarnings) {
  Verdict verdict;
  verdict.rule = "valid-object";
  verdict.warnings = {"first", "second\nline", "first"};
  EXPECT_EQ(PrintVerdict(ReviewOf({.uid = "u-1", .object = Policy("")}), verdict),
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":true,)"
            R"("auditAnnotations":{"rule":"valid-object"},"uid":"u-1","warnings":["first","second line"]}})");
}

TEST(PrintVerdict, RefusedWithCauses) {
  Verdict verdict;
  verdict.allowed = false;
  verdict.rule = "invalid-object";
  verdict.code = 422;
  verdict.reason = "Invalid";
  verdict.message = "it is wrong";
  verdict.causes = {{"spec.a", "is required"}, {"spec.b[1]", "repeats item 0"}, {"", "as a whole"}};
  EXPECT_EQ(PrintVerdict(ReviewOf({.uid = "u-1", .object = Policy("")}), verdict),
            R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":false,)"
            R"("auditAnnotations":{"rule":"invalid-object"},"status":{"code":422,"details":{"causes":[)"
            R"({"field":"spec.a","message":"is required","reason":"FieldValueRequired"},)"
            R"({"field":"spec.b[1]","message":"repeats item 0","reason":"FieldValueDuplicate"},)"
            R"({"message":"as a whole","reason":"FieldValueInvalid"}],)"
            R"("group":"fairlead.dev","kind":"RetryTimeoutPolicy","name":"ratings"},)"
            R"("message":"it is wrong","reason":"Invalid","status":"Failure"},"uid":"u-1"}})");
}

TEST(PrintMalformed, IsAReplyToo) {
  EXPECT_EQ(
      PrintMalformed({"u-1", "no object"}),
      R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":false,)"
      R"("status":{"code":400,"message":"no object","reason":"BadRequest","status":"Failure"},"uid":"u-1"}})");
}

TEST(Bounded, CutsBeforeACharacter) {
  EXPECT_EQ(Bounded("short", 5), "short");
  EXPECT_EQ(Bounded("longer", 5), "lo...");
  EXPECT_EQ(Bounded("a\u00e9\u00e9\u00e9", 6), "a\u00e9...");
  EXPECT_EQ(Bounded("a\u00e9\u00e9\u00e9", 5), "a...");  // the second byte would be half of a character
}

TEST(BoundedWarnings, KeepsTheLimitsOfTheApiServer) {
  std::vector<std::string> warnings;
  for (int i = 0; i < 40; ++i) warnings.push_back(std::to_string(i) + std::string(300, 'x'));
  const std::vector<std::string> out = BoundedWarnings(warnings);
  size_t total = 0;
  for (const std::string& warning : out) {
    EXPECT_LE(warning.size(), kMaxWarning);
    total += warning.size();
  }
  EXPECT_LE(total, kMaxWarnings);
  EXPECT_EQ(out.size(), 16u);
  EXPECT_EQ(out.back(), "and 25 more: fairleadctl lint tells them all");
}

TEST(BoundedWarnings, AreWholeWhereThereIsRoom) {
  const std::vector<std::string> warnings = {std::string(kMaxWarning * 4, 'x'), "b"};
  EXPECT_EQ(BoundedWarnings(warnings), warnings);
}

TEST(BoundedWarnings, BoundOneByItself) {
  const std::vector<std::string> out = BoundedWarnings({std::string(kMaxWarnings + 1, 'x')});
  ASSERT_EQ(out.size(), 1u);
  EXPECT_EQ(out[0].size(), kMaxWarnings);
}

}  // namespace
}  // namespace fairlead::webhooks
