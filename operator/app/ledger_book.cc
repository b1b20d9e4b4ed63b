#include "operator/app/ledger_book.h"

#include <utility>

#include "crds/base/json_write.h"
#include "reconcilers/ledger/canonical.h"
#include "reconcilers/ledger/kept_metadata.h"
#include "reconcilers/ledger/record.h"

namespace fairlead::app {
namespace {

using reconcilers::Intent;
using reconcilers::KnownChange;
using Operation = api::PolicyChange::Operation;
using Evidence = api::PolicyChange::Evidence;

constexpr std::chrono::milliseconds kAtOnce{0};
constexpr std::chrono::seconds kShown{1};

std::string SpecText(const AnyObject& object) {
  const Json::Value spec = reconcilers::CanonicalSpec(object);
  return spec.isNull() ? "" : WriteJson(spec);
}

// What can be told of a change from the object alone. `before`, `after`: null where there is none.
Intent IntentFrom(const AnyObject* before, const AnyObject* after) {
  const AnyObject& newest = after != nullptr ? *after : *before;
  const ObjectMeta& meta = MetaOf(newest);
  Intent out;
  out.policy = KeyOf(newest);
  out.uid = meta.uid;
  out.generation = meta.generation;
  out.operation = after == nullptr    ? Operation::kDelete
                  : before == nullptr ? Operation::kCreate
                                      : Operation::kUpdate;
  out.reason = meta.annotations.Get(reconcilers::kReason);
  if (before != nullptr) out.before = SpecText(*before);
  if (after != nullptr) out.after = SpecText(*after);
  if (after == nullptr) out.metadata = reconcilers::KeptMetadata(meta);
  return out;
}

}  // namespace

NamespacedName LedgerBook::RecordOf(const Intent& intent) const {
  return {intent.policy.ns.empty() ? rules_.ns : intent.policy.ns, reconcilers::RecordNameOf(intent)};
}

void LedgerBook::Note(Intent intent) {
  const std::lock_guard lock(mutex_);
  intents_.Expire(clock_->Now());
  noted_ = clock_->Now();
  lost_ += intents_.Note(std::move(intent), noted_, clock_->WallNow());
}

void LedgerBook::OnReplace(Kind kind, const std::vector<AnyObject>& objects, LedgerJobs* jobs) {
  if (!rules_.kinds.contains(kind)) return;
  const std::lock_guard lock(mutex_);
  const bool first = listed_.insert(kind).second;
  bool told = true;
  std::set<ObjectKey> there;
  for (const AnyObject& object : objects) {
    there.insert(KeyOf(object));
    if (first) {  // what changed before is for the sweep
      policies_.insert_or_assign(KeyOf(object), object);
      unswept_.insert_or_assign(KeyOf(object), object);
      AddKnown(intents_.Shown(object), jobs);
    } else {
      told = Show(object, true, jobs) && told;
    }
  }
  for (auto at = policies_.begin(); at != policies_.end();) {
    const auto policy = at++;
    if (policy->first.kind != kind || there.contains(policy->first)) continue;
    Vanish(policy->second, jobs);
    policies_.erase(policy);
  }
  if (first || !told) MaybeSweep(jobs);
  shown_.notify_all();
}

void LedgerBook::OnUpsert(const AnyObject& object, LedgerJobs* jobs) {
  if (!rules_.kinds.contains(KeyOf(object).kind)) return;
  const std::lock_guard lock(mutex_);
  Show(object, false, jobs);
  shown_.notify_all();
}

void LedgerBook::OnDelete(const ObjectKey& key, LedgerJobs* jobs) {
  if (!rules_.kinds.contains(key.kind)) return;
  const std::lock_guard lock(mutex_);
  const auto at = policies_.find(key);
  if (at == policies_.end()) return;
  Vanish(at->second, jobs);
  policies_.erase(at);
  shown_.notify_all();
}

bool LedgerBook::Show(const AnyObject& object, bool listed, LedgerJobs* jobs) {
  const ObjectMeta& meta = MetaOf(object);
  const auto [at, fresh] = policies_.try_emplace(KeyOf(object), object);
  const AnyObject before = std::exchange(at->second, object);
  const bool same = !fresh && MetaOf(before).uid == meta.uid;
  if (same && MetaOf(before).generation == meta.generation && MetaOf(before).deleting == meta.deleting) {
    return true;  // a status, a label
  }
  if (!fresh && !same) Vanish(before, jobs);
  std::vector<KnownChange> known = intents_.Shown(object);
  const bool told = !known.empty() && known.back().intent.generation == meta.generation;
  AddKnown(std::move(known), jobs);
  const bool changed = !same || SpecText(before) != SpecText(object) || !meta.deleting;
  const bool unsure = listed && fresh && !told;
  if (!told && !unsure && changed && (!same || MetaOf(before).generation != meta.generation)) {
    AddUnseen(IntentFrom(same ? &before : nullptr, &object), Evidence::kWatch, jobs);
  }
  // From now on it only waits for its finalizers.
  if (meta.deleting) Vanish(object, jobs);
  return !unsure;
}

void LedgerBook::Vanish(const AnyObject& last, LedgerJobs* jobs) {
  std::vector<KnownChange> known = intents_.Gone(last);
  const bool told = !known.empty() && known.back().intent.operation == Operation::kDelete;
  AddKnown(std::move(known), jobs);
  if (!told) AddUnseen(IntentFrom(&last, nullptr), Evidence::kWatch, jobs);
}

void LedgerBook::AddKnown(std::vector<KnownChange> changes, LedgerJobs* jobs) {
  for (KnownChange& change : changes) Add(std::move(change), kAtOnce, jobs);
}

void LedgerBook::AddUnseen(Intent intent, Evidence evidence, LedgerJobs* jobs) {
  Add({.intent = std::move(intent), .at = clock_->WallNow(), .evidence = evidence, .also_asked = {}},
      rules_.patience, jobs);
}

void LedgerBook::Add(KnownChange change, std::chrono::milliseconds patience, LedgerJobs* jobs) {
  const NamespacedName record = RecordOf(change.intent);
  std::string job = "record " + record.ToString();
  // What was admitted here is held against a record that is there: it may name another user.
  const bool known = change.evidence == Evidence::kAdmission;
  if (!known && index_.Has(record)) return;
  if (drafts_.size() >= rules_.max_drafts) {
    ++lost_;
    return;
  }
  const auto [at, fresh] = drafts_.try_emplace(job);
  if (!fresh && !known) return;  // it is known already, perhaps better
  at->second = {.change = std::move(change),
                .record = record,
                .previous = {},
                .last_reason = {},
                .since = clock_->Now()};
  jobs->push_back({std::move(job), patience});
}

void LedgerBook::OnRecords(const std::map<NamespacedName, reconcilers::RecordEntry>& all, LedgerJobs* jobs) {
  const std::lock_guard lock(mutex_);
  index_.Clear();
  for (const auto& [record, entry] : all) index_.Put(record, entry);
  if (!std::exchange(records_listed_, true)) MaybeSweep(jobs);
  surplus_ = index_.SurplusOfAll(rules_.limits);
  if (leading_ && !surplus_.empty()) jobs->push_back({kTrim});
}

void LedgerBook::OnRecord(const NamespacedName& record, const reconcilers::RecordEntry& entry,
                          LedgerJobs* jobs) {
  const std::lock_guard lock(mutex_);
  index_.Put(record, entry);
  const auto draft = drafts_.find("record " + record.ToString());
  const bool unknown = draft != drafts_.end() && draft->second.change.evidence != Evidence::kAdmission;
  if (unknown) drafts_.erase(draft);  // nobody needs to write it any more
  surplus_.merge(index_.SurplusAt(entry.policy, record.ns, rules_.limits));
  if (leading_ && !surplus_.empty()) jobs->push_back({kTrim});
}

void LedgerBook::OnRecordGone(const NamespacedName& record) {
  const std::lock_guard lock(mutex_);
  index_.Erase(record);
  const auto at = surplus_.lower_bound({record, ""});
  if (at != surplus_.end() && at->record == record) surplus_.erase(at);
}

void LedgerBook::SetLeading(bool leading, LedgerJobs* jobs) {
  const std::lock_guard lock(mutex_);
  leading_ = leading;
  MaybeSweep(jobs);
}

void LedgerBook::MaybeSweep(LedgerJobs* jobs) const {
  if (!leading_ || !records_listed_ || listed_ != rules_.kinds) return;
  jobs->push_back({kSweep, rules_.patience});
  jobs->push_back({kTrim, rules_.patience});
}

void LedgerBook::Sweep(LedgerJobs* jobs) {
  const std::lock_guard lock(mutex_);
  if (!leading_) return;
  // As they were found first: what has changed since then must not hide what is missing before it.
  for (const auto& [key, object] : std::exchange(unswept_, {})) SweepPolicy(object, jobs);
  for (const auto& [key, object] : policies_) SweepPolicy(object, jobs);
  for (const ObjectKey& policy : index_.policies()) {
    if (rules_.kinds.contains(policy.kind) && !policies_.contains(policy)) SweepGone(policy, jobs);
  }
}

void LedgerBook::SweepPolicy(const AnyObject& object, LedgerJobs* jobs) {
  const ObjectMeta& meta = MetaOf(object);
  const ObjectKey key = KeyOf(object);
  Intent intent = IntentFrom(nullptr, &object);
  if (meta.deleting || index_.Has(RecordOf(intent))) return;
  const auto before = index_.NewestUpTo(key, meta.uid, meta.generation);
  if (before && before->second.generation == meta.generation) return;
  const reconcilers::RecordEntry* newest = index_.Newest(key);
  const bool after_another = newest != nullptr && newest->uid != meta.uid;
  if (!before && !after_another) {
    const auto since = index_.KeptSince(key.ns.empty() ? rules_.ns : key.ns, rules_.limits);
    if (!since || meta.created < *since) return;  // older than the ledger, or its records were too many
  }
  if (before) intent.operation = Operation::kUpdate;
  const std::string job = "record " + RecordOf(intent).ToString();
  const bool under_way = drafts_.contains(job);
  AddUnseen(std::move(intent), Evidence::kComparison, jobs);
  if (const auto at = drafts_.find(job); !under_way && before && at != drafts_.end()) {
    at->second.previous = before->first;
  }
}

void LedgerBook::SweepGone(const ObjectKey& policy, LedgerJobs* jobs) {
  const reconcilers::RecordEntry* newest = index_.Newest(policy);
  if (newest->deletion) return;
  Intent intent;
  intent.policy = policy;
  intent.uid = newest->uid;
  intent.generation = newest->generation;
  intent.operation = Operation::kDelete;
  const std::string job = "record " + RecordOf(intent).ToString();
  const bool under_way = drafts_.contains(job);
  AddUnseen(std::move(intent), Evidence::kComparison, jobs);
  if (const auto at = drafts_.find(job); !under_way && at != drafts_.end()) {
    at->second.previous = index_.NewestName(policy);
  }
}

std::optional<LedgerDraft> LedgerBook::DraftOf(const std::string& job) {
  const std::lock_guard lock(mutex_);
  const auto at = drafts_.find(job);
  if (at == drafts_.end()) return std::nullopt;
  if (at->second.change.evidence != Evidence::kAdmission && index_.Has(at->second.record)) {
    drafts_.erase(at);
    return std::nullopt;
  }
  if (const auto* newest = index_.Newest(at->second.change.intent.policy)) {
    at->second.last_reason = newest->reason;
  }
  return at->second;
}

void LedgerBook::Close(const std::string& job) {
  const std::lock_guard lock(mutex_);
  drafts_.erase(job);
}

std::set<reconcilers::Surplus> LedgerBook::SurplusNow() const {
  const std::lock_guard lock(mutex_);
  return leading_ ? surplus_ : std::set<reconcilers::Surplus>();
}

void LedgerBook::AwaitShown() {
  std::unique_lock lock(mutex_);
  if (intents_.size() == 0 || noted_ + kShown < clock_->Now()) return;
  shown_.wait_for(lock, kShown, [this] { return intents_.size() == 0; });
}

size_t LedgerBook::records() const {
  const std::lock_guard lock(mutex_);
  return index_.size();
}
size_t LedgerBook::drafts() const {
  const std::lock_guard lock(mutex_);
  return drafts_.size();
}
uint64_t LedgerBook::lost() const {
  const std::lock_guard lock(mutex_);
  return lost_;
}

}  // namespace fairlead::app
