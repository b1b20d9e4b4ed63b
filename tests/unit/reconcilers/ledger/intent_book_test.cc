#include "reconcilers/ledger/intent_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/ledger/canonical.h"

namespace fairlead::reconcilers {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Operation = api::PolicyChange::Operation;

const ObjectKey kKey{Kind::kRetryTimeoutPolicy, "shop", "web"};
const Clock::TimePoint kStart{};

std::string Spec(int attempts) {
  return R"({"targetRefs":[{"group":"","kind":"Service","name":"web"}],"retries":{"attempts":)" +
         std::to_string(attempts) + "}}";
}

AnyObject Seen(int attempts, int64_t generation, const std::string& uid = "u") {
  const AnyObject parsed = PolicyFrom(kKey, Spec(attempts));
  api::RetryTimeoutPolicy policy = *std::get<Ptr<api::RetryTimeoutPolicy>>(parsed);
  policy.meta.uid = uid;
  policy.meta.generation = generation;
  return std::make_shared<const api::RetryTimeoutPolicy>(std::move(policy));
}

Intent Update(const std::string& user, int from, int to, int64_t generation) {
  Intent out;
  out.policy = kKey;
  out.uid = "u";
  out.generation = generation;
  out.by.name = user;
  out.before = Spec(from);
  out.after = Spec(to);
  return out;
}

Intent Deletion(const std::string& user) {
  Intent out = Update(user, 1, 1, 4);
  out.operation = Operation::kDelete;
  out.after.clear();
  return out;
}

std::vector<std::string> Users(const std::vector<KnownChange>& changes) {
  std::vector<std::string> out;
  for (const KnownChange& change : changes) out.push_back(change.intent.by.name);
  return out;
}

TEST(IntentBook, CountsWhatIsSeenWithGenerationAndSpec) {
  IntentBook book;
  book.Note(Update("ann", 1, 2, 2), kStart, {7});
  EXPECT_THAT(book.Shown(Seen(2, 2, "another")), IsEmpty());
  const auto known = book.Shown(Seen(2, 2));
  ASSERT_THAT(Users(known), ElementsAre("ann"));
  EXPECT_EQ(known[0].at.seconds, 7);
  EXPECT_EQ(known[0].evidence, api::PolicyChange::Evidence::kAdmission);
  EXPECT_EQ(book.size(), 0u);
}

TEST(IntentBook, ADefaultThatIsWrittenOutIsTheSameSpec) {
  IntentBook book;
  Intent intent = Update("ann", 1, 2, 2);
  intent.after.insert(1, R"("mode":"Default",)");
  book.Note(intent, kStart, {});
  EXPECT_THAT(Users(book.Shown(Seen(2, 2))), ElementsAre("ann"));
}

TEST(IntentBook, OfTwoForOneGenerationTheOneThatIsSeenHasWon) {
  IntentBook book;
  book.Note(Update("ann", 1, 2, 2), kStart, {});
  book.Note(Update("bob", 1, 3, 2), kStart, {});
  EXPECT_THAT(Users(book.Shown(Seen(3, 2))), ElementsAre("bob"));
  EXPECT_EQ(book.size(), 0u) << "the other has lost";
}

TEST(IntentBook, SeveralWithTheSameWishAreNamed) {
  IntentBook book;
  for (const char* user : {"ann", "bob", "ann"}) book.Note(Update(user, 1, 2, 2), kStart, {});
  const auto known = book.Shown(Seen(2, 2));
  ASSERT_THAT(Users(known), ElementsAre("ann"));
  EXPECT_THAT(known[0].also_asked, ElementsAre("bob"));
}

// A list after a cut shows the last of several changes only.
TEST(IntentBook, WhatThePassedOverOnesLedToTellsOfThem) {
  IntentBook book;
  book.Note(Update("ann", 1, 2, 2), kStart, {});
  book.Note(Update("eve", 1, 9, 2), kStart, {});
  book.Note(Update("bob", 2, 3, 3), kStart, {});
  book.Note(Update("cat", 3, 4, 4), kStart, {});
  EXPECT_THAT(Users(book.Shown(Seen(4, 4))), ElementsAre("ann", "bob", "cat"));
}

TEST(IntentBook, ALaterOneIsStillAwaited) {
  IntentBook book;
  book.Note(Update("ann", 1, 2, 2), kStart, {});
  book.Note(Update("bob", 2, 3, 3), kStart, {});
  EXPECT_THAT(Users(book.Shown(Seen(2, 2))), ElementsAre("ann"));
  EXPECT_THAT(Users(book.Shown(Seen(3, 3))), ElementsAre("bob"));
}

TEST(IntentBook, ADeletionCountsWhenItIsGone) {
  IntentBook book;
  book.Note(Deletion("ann"), kStart, {});
  EXPECT_THAT(book.Shown(Seen(1, 4)), IsEmpty());
  EXPECT_EQ(book.size(), 1u);
  EXPECT_THAT(Users(book.Gone(Seen(1, 4))), ElementsAre("ann"));
  EXPECT_EQ(book.size(), 0u);
}

TEST(IntentBook, IsBoundedByNumberSizeAndAge) {
  IntentBook few({.count = 2});
  EXPECT_EQ(few.Note(Update("ann", 1, 2, 2), kStart, {}), 0u);
  EXPECT_EQ(few.Note(Update("bob", 2, 3, 3), kStart, {}), 0u);
  EXPECT_EQ(few.Note(Update("cat", 3, 4, 4), kStart, {}), 1u);
  EXPECT_THAT(Users(few.Shown(Seen(4, 4))), ElementsAre("bob", "cat"));

  IntentBook small({.bytes = 2000});
  for (int i = 0; i < 10; ++i) small.Note(Update("ann", i, i + 1, i), kStart, {});
  EXPECT_LE(small.size(), 3u);
  Intent large = Update("bob", 1, 2, 20);
  large.reason = std::string(5000, 'x');
  small.Note(large, kStart, {});
  EXPECT_EQ(small.size(), 1u) << "one is kept however large";

  IntentBook young({.keep = std::chrono::seconds(10)});
  young.Note(Update("ann", 1, 2, 2), kStart, {});
  young.Expire(kStart + std::chrono::seconds(10));
  EXPECT_EQ(young.size(), 1u);
  young.Expire(kStart + std::chrono::seconds(11));
  EXPECT_EQ(young.size(), 0u);
}

}  // namespace
}  // namespace fairlead::reconcilers
