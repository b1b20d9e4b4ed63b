// LedgerBook: what is to be recorded of the changes of policies, decided from what admission let through,
// what the watches show, and which records there are. Without threads and sockets.
//
// Who calls: Ledger, from webhooks, watches and its workers; Thread-safe. A change that a webhook of this
// process admitted is known at once; one that none of them saw is given some seconds, in which the replica
// that did may record it, and is then recorded by the leader, without a name. What happened while nobody
// looked is found by a sweep of the leader: a policy that is newer than its newest record.
//
//   book.OnUpsert(policy, &jobs);   // jobs: {"record shop/rtp-ratings-3f2a9c1d04-5", 0ms}
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/object/any_object.h"
#include "reconcilers/ledger/intent_book.h"
#include "reconcilers/ledger/record_index.h"

namespace fairlead::app {

// What was changed, on its way into a record.
struct LedgerDraft {
  reconcilers::KnownChange change;
  NamespacedName record;
  std::optional<NamespacedName> previous;  // Comparison: the record whose `after` tells how it was
  std::string last_reason;                 // of the policy's newest record
  Clock::TimePoint since;
};

struct LedgerJob {
  std::string key;
  std::chrono::milliseconds after{0};
  friend bool operator==(const LedgerJob&, const LedgerJob&) = default;
};
using LedgerJobs = std::vector<LedgerJob>;

struct LedgerRules {
  std::string ns = "fairlead-system";  // of the records of what has no namespace
  std::set<Kind> kinds;                // that are watched
  reconcilers::LedgerLimits limits;
  std::chrono::milliseconds patience{3000};  // with the replica that knows who it was
  size_t max_drafts = 8192;
};

class LedgerBook {
 public:
  LedgerBook(LedgerRules rules, const Clock* clock) : rules_(std::move(rules)), clock_(clock) {}

  void Note(reconcilers::Intent intent);

  // The watches of policies; kinds that are not recorded are passed over.
  void OnReplace(Kind kind, const std::vector<AnyObject>& objects, LedgerJobs* jobs);
  void OnUpsert(const AnyObject& object, LedgerJobs* jobs);
  void OnDelete(const ObjectKey& key, LedgerJobs* jobs);

  // The watch of records.
  void OnRecords(const std::map<NamespacedName, reconcilers::RecordEntry>& all, LedgerJobs* jobs);
  void OnRecord(const NamespacedName& record, const reconcilers::RecordEntry& entry, LedgerJobs* jobs);
  void OnRecordGone(const NamespacedName& record);

  void SetLeading(bool leading, LedgerJobs* jobs);

  // For workers. The job's draft; nullopt: the record is there, or there was none to make. What was admitted
  // here is given though its record is there: another replica may have admitted the same of somebody else.
  std::optional<LedgerDraft> DraftOf(const std::string& job);
  void Close(const std::string& job);                 // it is written, or never will be
  void Sweep(LedgerJobs* jobs);                       // job kSweep
  std::set<reconcilers::Surplus> SurplusNow() const;  // job kTrim
  static constexpr const char* kSweep = "sweep";
  static constexpr const char* kTrim = "trim";

  // Waits until nothing that was admitted within the last second is still to be shown, for at most a second.
  void AwaitShown();

  size_t records() const;
  size_t drafts() const;
  uint64_t lost() const;  // had no room

 private:
  // `listed`: by a list, in which one that is new may have been there for long. False: only a sweep can tell.
  bool Show(const AnyObject& object, bool listed, LedgerJobs* jobs);
  void Vanish(const AnyObject& last, LedgerJobs* jobs);
  void AddKnown(std::vector<reconcilers::KnownChange> changes, LedgerJobs* jobs);
  void Add(reconcilers::KnownChange change, std::chrono::milliseconds patience, LedgerJobs* jobs);
  void AddUnseen(reconcilers::Intent intent, api::PolicyChange::Evidence evidence, LedgerJobs* jobs);
  void SweepPolicy(const AnyObject& object, LedgerJobs* jobs);
  void SweepGone(const ObjectKey& policy, LedgerJobs* jobs);
  void MaybeSweep(LedgerJobs* jobs) const;
  NamespacedName RecordOf(const reconcilers::Intent& intent) const;

  const LedgerRules rules_;
  const Clock* const clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable shown_;
  reconcilers::IntentBook intents_;
  Clock::TimePoint noted_;  // the last intent
  reconcilers::RecordIndex index_;
  std::set<reconcilers::Surplus> surplus_;     // to be removed, while leading
  std::map<ObjectKey, AnyObject> policies_;    // as the watches show them
  std::map<ObjectKey, AnyObject> unswept_;     // as they were listed first, until the first sweep
  std::map<std::string, LedgerDraft> drafts_;  // by job
  std::set<Kind> listed_;
  bool records_listed_ = false, leading_ = false;
  uint64_t lost_ = 0;
};

}  // namespace fairlead::app
