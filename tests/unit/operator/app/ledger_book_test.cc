// What is recorded, by whom and when: by what webhooks, watches and records told.
#include "operator/app/ledger_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "reconcilers/ledger/canonical.h"
#include "reconcilers/ledger/record.h"
#include "tests/support/fake_clock.h"

namespace fairlead::app {
namespace {

using reconcilers::Intent;
using reconcilers::RecordEntry;
using ::testing::ElementsAre;
using testing::FakeClock;
using ::testing::IsEmpty;
using Evidence = api::PolicyChange::Evidence;
using Operation = api::PolicyChange::Operation;

const ObjectKey kWeb{Kind::kRetryTimeoutPolicy, "shop", "web"};
constexpr std::chrono::milliseconds kPatience{3000};

std::string Spec(int attempts) {
  return R"({"targetRefs":[{"group":"","kind":"Service","name":"web"}],"retries":{"attempts":)" +
         std::to_string(attempts) + "}}";
}

AnyObject Web(int attempts, int64_t generation, const std::string& uid = "u", bool deleting = false,
              int64_t created = 0) {
  const AnyObject parsed = reconcilers::PolicyFrom(kWeb, Spec(attempts));
  api::RetryTimeoutPolicy policy = *std::get<Ptr<api::RetryTimeoutPolicy>>(parsed);
  policy.meta.uid = uid;
  policy.meta.generation = generation;
  policy.meta.deleting = deleting;
  policy.meta.created = {created};
  return std::make_shared<const api::RetryTimeoutPolicy>(std::move(policy));
}

Intent Asked(const std::string& user, Operation operation, int from, int to, int64_t generation) {
  Intent out;
  out.policy = kWeb;
  out.uid = "u";
  out.generation = generation;
  out.operation = operation;
  out.by.name = user;
  if (operation != Operation::kCreate) out.before = Spec(from);
  if (operation != Operation::kDelete) out.after = Spec(to);
  return out;
}

class LedgerBookTest : public ::testing::Test {
 protected:
  LedgerBook MakeBook(reconcilers::LedgerLimits limits = {}) {
    return LedgerBook({.kinds = {Kind::kRetryTimeoutPolicy}, .limits = limits, .patience = kPatience},
                      &clock_);
  }
  // The jobs of a call, each "NOW|LATER what", and of a record what is in it.
  std::vector<std::string> Told() {
    std::vector<std::string> out;
    for (const LedgerJob& job : jobs_) {
      std::string text = job.after.count() == 0 ? "now " : "later ";
      const auto draft = book_.DraftOf(job.key);
      if (!draft) {
        out.push_back(text + job.key);
        continue;
      }
      const Intent& intent = draft->change.intent;
      text += std::string(ToString(intent.operation)) + " " + std::to_string(intent.generation);
      if (!intent.by.name.empty()) text += " by " + intent.by.name;
      if (draft->previous) text += " after " + draft->previous->name;
      out.push_back(text + " " + std::string(ToString(draft->change.evidence)));
    }
    jobs_.clear();
    return out;
  }
  void List(std::vector<AnyObject> objects) { book_.OnReplace(Kind::kRetryTimeoutPolicy, objects, &jobs_); }
  static RecordEntry Entry(int64_t generation, int64_t created = 100) {
    return {.policy = kWeb, .uid = "u", .generation = generation, .own_uid = "r", .created = {created}};
  }

  FakeClock clock_;
  LedgerBook book_ = MakeBook();
  LedgerJobs jobs_;
};

TEST_F(LedgerBookTest, WhatWasAdmittedIsRecordedAtOnceWhenItIsSeen) {
  List({});
  book_.Note(Asked("ann", Operation::kCreate, 0, 1, 1));
  EXPECT_THAT(Told(), IsEmpty());
  book_.OnUpsert(Web(1, 1), &jobs_);
  EXPECT_THAT(Told(), ElementsAre("now Create 1 by ann Admission"));
  book_.OnUpsert(Web(1, 1), &jobs_);
  EXPECT_THAT(Told(), IsEmpty()) << "a status";
  book_.Note(Asked("bob", Operation::kUpdate, 1, 2, 2));
  book_.OnUpsert(Web(2, 2), &jobs_);
  EXPECT_THAT(Told(), ElementsAre("now Update 2 by bob Admission"));
  book_.Note(Asked("ann", Operation::kDelete, 2, 0, 2));
  book_.OnDelete(kWeb, &jobs_);
  EXPECT_THAT(Told(), ElementsAre("now Delete 2 by ann Admission"));
}

TEST_F(LedgerBookTest, WhatNobodyAdmittedWaitsForWhoKnows) {
  List({Web(1, 1)});
  EXPECT_THAT(Told(), IsEmpty()) << "what was there before";
  book_.OnUpsert(Web(2, 2), &jobs_);
  const std::string job = jobs_.at(0).key;
  EXPECT_THAT(Told(), ElementsAre("later Update 2 Watch"));
  // The replica that knew has recorded it meanwhile.
  NamespacedName record{"shop", reconcilers::RecordNameOf(kWeb, "u", 2)};
  book_.OnRecord(record, Entry(2), &jobs_);
  EXPECT_EQ(book_.drafts(), 0u);
  EXPECT_FALSE(book_.DraftOf(job));
}

// Another replica admitted the very same, and was quicker: the record may not name who asked here.
TEST_F(LedgerBookTest, WhatWasAdmittedIsHeldAgainstARecordThatIsThere) {
  List({Web(1, 1)});
  const NamespacedName record{"shop", reconcilers::RecordNameOf(kWeb, "u", 2)};
  book_.Note(Asked("ann", Operation::kUpdate, 1, 2, 2));
  book_.OnRecord(record, Entry(2), &jobs_);
  book_.OnUpsert(Web(2, 2), &jobs_);
  EXPECT_THAT(Told(), ElementsAre("now Update 2 by ann Admission"));

  book_.Note(Asked("bob", Operation::kUpdate, 2, 3, 3));
  book_.OnUpsert(Web(3, 3), &jobs_);
  const std::string job = jobs_.at(0).key;
  book_.OnRecord({"shop", reconcilers::RecordNameOf(kWeb, "u", 3)}, Entry(3), &jobs_);
  EXPECT_TRUE(book_.DraftOf(job)) << "the other way round";
  book_.Close(job);
  EXPECT_FALSE(book_.DraftOf(job));
}

TEST_F(LedgerBookTest, WhatChangesBeforeTheSweepHidesNothing) {
  book_.SetLeading(true, &jobs_);
  RecordEntry other = Entry(1, 100);
  other.policy.name = "other";
  other.deletion = true;
  book_.OnRecords({{{"shop", "other"}, other}}, &jobs_);
  List({Web(1, 1, "u", false, 100)});  // made while nobody looked
  book_.Note(Asked("ann", Operation::kUpdate, 1, 2, 2));
  jobs_.clear();
  book_.OnUpsert(Web(2, 2, "u", false, 100), &jobs_);
  EXPECT_THAT(Told(), ElementsAre("now Update 2 by ann Admission"));
  book_.OnRecord({"shop", reconcilers::RecordNameOf(kWeb, "u", 2)}, Entry(2, 101), &jobs_);
  jobs_.clear();
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), ElementsAre("later Create 1 Comparison"));
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), IsEmpty()) << "it is on its way";
}

TEST_F(LedgerBookTest, WhatWasThereBeforeTheLedgerIsNotMissedWhenItChanges) {
  book_.SetLeading(true, &jobs_);
  book_.OnRecords({}, &jobs_);
  List({Web(1, 3, "u", false, 50)});
  book_.Note(Asked("ann", Operation::kUpdate, 1, 2, 4));
  book_.OnUpsert(Web(2, 4, "u", false, 50), &jobs_);
  book_.OnRecord({"shop", reconcilers::RecordNameOf(kWeb, "u", 4)}, Entry(4, 100), &jobs_);
  jobs_.clear();
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(LedgerBookTest, DifferentChangesAreTold) {
  List({Web(1, 1)});
  book_.Note(Asked("eve", Operation::kUpdate, 1, 9, 2));  // lost against another replica's
  book_.OnUpsert(Web(2, 2), &jobs_);
  EXPECT_THAT(Told(), ElementsAre("later Update 2 Watch"));
  book_.OnUpsert(Web(3, 1, "v"), &jobs_);  // deleted and made again
  EXPECT_THAT(Told(), ElementsAre("later Delete 2 Watch", "later Create 1 Watch"));
}

TEST_F(LedgerBookTest, OneThatWaitsForItsFinalizersIsDeleted) {
  List({Web(1, 1)});
  book_.Note(Asked("ann", Operation::kDelete, 1, 0, 1));
  book_.OnUpsert(Web(1, 2, "u", true), &jobs_);
  const std::string job = jobs_.at(0).key;
  EXPECT_THAT(Told(), ElementsAre("now Delete 1 by ann Admission"));
  book_.OnDelete(kWeb, &jobs_);
  EXPECT_THAT(jobs_, IsEmpty()) << "it is on its way";
  EXPECT_TRUE(book_.DraftOf(job));
}

TEST_F(LedgerBookTest, AListAfterACutTellsWhatItPassedOver) {
  List({Web(1, 1)});
  book_.Note(Asked("ann", Operation::kUpdate, 1, 2, 2));
  book_.Note(Asked("bob", Operation::kUpdate, 2, 3, 3));
  List({Web(3, 3)});
  EXPECT_THAT(Told(), ElementsAre("now Update 2 by ann Admission", "now Update 3 by bob Admission"));
  List({});
  EXPECT_THAT(Told(), ElementsAre("later Delete 3 Watch"));
  List({Web(3, 3)});
  EXPECT_THAT(Told(), IsEmpty()) << "it came back: the API server had not answered for a while";
}

TEST_F(LedgerBookTest, ANewLeaderLooksWhatIsMissing) {
  book_.SetLeading(true, &jobs_);
  List({Web(4, 7)});
  EXPECT_THAT(Told(), IsEmpty()) << "the records are not known yet";
  book_.OnRecords({{{"shop", "r5"}, Entry(5)}}, &jobs_);
  EXPECT_THAT(Told(), ElementsAre("later sweep", "later trim"));
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), ElementsAre("later Update 7 after r5 Comparison"));
  book_.OnRecord({"shop", reconcilers::RecordNameOf(kWeb, "u", 7)}, Entry(7, 101), &jobs_);
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), IsEmpty());
}

TEST_F(LedgerBookTest, ASweepFindsWhatIsGone) {
  book_.SetLeading(true, &jobs_);
  book_.OnRecords({{{"shop", "r5"}, Entry(5)}}, &jobs_);
  List({});
  jobs_.clear();
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), ElementsAre("later Delete 5 after r5 Comparison"));
}

TEST_F(LedgerBookTest, WhatIsOlderThanTheLedgerHasNoRecord) {
  book_.SetLeading(true, &jobs_);
  book_.OnRecords({}, &jobs_);
  List({Web(1, 3, "u", false, 50)});
  jobs_.clear();
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), IsEmpty()) << "the ledger begins";

  RecordEntry other = Entry(1, 100);
  other.policy.name = "other";
  other.deletion = true;
  book_.OnRecord({"shop", "other"}, other, &jobs_);
  book_.Sweep(&jobs_);
  EXPECT_THAT(Told(), IsEmpty()) << "it was there before the first record";

  LedgerBook later = MakeBook();
  later.SetLeading(true, &jobs_);
  later.OnRecords({{{"shop", "other"}, other}}, &jobs_);
  later.OnReplace(Kind::kRetryTimeoutPolicy, {Web(1, 1, "u", false, 150)}, &jobs_);
  jobs_.clear();
  later.Sweep(&jobs_);
  ASSERT_EQ(jobs_.size(), 1u);
  EXPECT_EQ(later.DraftOf(jobs_[0].key)->change.intent.operation, Operation::kCreate);
}

TEST_F(LedgerBookTest, OnlyTheLeaderRemoves) {
  book_.SetLeading(false, &jobs_);
  std::map<NamespacedName, RecordEntry> records;
  for (int64_t g = 1; g <= 25; ++g) {
    records[{"shop", "r" + std::to_string(g)}] = Entry(g, 100 + g);
  }
  book_.OnRecords(records, &jobs_);
  EXPECT_THAT(book_.SurplusNow(), IsEmpty());
  book_.SetLeading(true, &jobs_);
  EXPECT_EQ(book_.SurplusNow().size(), 5u);
  for (int64_t g = 1; g <= 5; ++g) book_.OnRecordGone({"shop", "r" + std::to_string(g)});
  EXPECT_THAT(book_.SurplusNow(), IsEmpty());
  jobs_.clear();
  book_.OnRecord({"shop", "r26"}, Entry(26, 126), &jobs_);
  EXPECT_THAT(Told(), ElementsAre("now trim"));
  EXPECT_EQ(book_.SurplusNow().size(), 1u);
}

TEST_F(LedgerBookTest, OtherKindsArePassedOver) {
  const AnyObject service = std::make_shared<const core::Service>();
  book_.OnUpsert(service, &jobs_);
  book_.OnReplace(Kind::kService, {service}, &jobs_);
  book_.OnDelete({Kind::kService, "", ""}, &jobs_);
  EXPECT_THAT(jobs_, IsEmpty());
}

TEST_F(LedgerBookTest, IsBounded) {
  LedgerBook small({.kinds = {Kind::kRetryTimeoutPolicy}, .max_drafts = 2}, &clock_);
  small.OnReplace(Kind::kRetryTimeoutPolicy, {Web(1, 1)}, &jobs_);
  for (int64_t g = 2; g <= 5; ++g) small.OnUpsert(Web(static_cast<int>(g), g), &jobs_);
  EXPECT_EQ(small.drafts(), 2u);
  EXPECT_EQ(small.lost(), 2u);
}

}  // namespace
}  // namespace fairlead::app
