#include "reconcilers/ledger/record_index.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "crds/api/policy_common.h"
#include "crds/base/parse.h"
#include "reconcilers/ledger/intent.h"
#include "reconcilers/ledger/record.h"

namespace fairlead::reconcilers {
namespace {

uint64_t Number(std::string_view text) {
  uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc() && end == text.data() + text.size() ? out : 0;
}

}  // namespace

std::optional<RecordEntry> ReadRecordEntry(const JsonNode& object, NamespacedName* record) {
  const ObjectMeta meta = ParseMeta(object);
  *record = meta.nn();
  const KindInfo* kind = FindKind(api::kGroup, meta.labels.Get(kRecordKind));
  if (meta.name.empty() || kind == nullptr) return std::nullopt;
  RecordEntry out;
  std::optional<std::string_view> name = meta.labels.Find(kRecordPolicy);
  if (!name) name = meta.annotations.Find(kRecordName);
  if (!name) return std::nullopt;
  out.policy = {kind->kind, kind->namespaced ? meta.ns : "", std::string(*name)};
  out.uid = meta.labels.Get(kRecordUid);
  out.generation = static_cast<int64_t>(Number(meta.labels.Get(kRecordGeneration)));
  out.deletion = meta.labels.Get(kRecordOperation) == ToString(api::PolicyChange::Operation::kDelete);
  out.reason = meta.annotations.Get(kReason);
  out.own_uid = meta.uid;
  out.created = meta.created;
  out.version = Number(meta.resource_version);
  return out;
}

bool RecordIndex::ByAge::operator()(const Records::value_type* a, const Records::value_type* b) const {
  const auto age = [](const Records::value_type* r) {
    return std::tie(r->second.created, r->second.version, r->second.generation, r->first);
  };
  return age(a) < age(b);
}

void RecordIndex::Put(const NamespacedName& record, const RecordEntry& entry) {
  Erase(record);
  const Records::value_type* at = &*records_.emplace(record, entry).first;
  by_policy_[entry.policy].insert(at);
  by_namespace_[record.ns].insert(at);
  all_.insert(at);
}

void RecordIndex::Erase(const NamespacedName& record) {
  const auto found = records_.find(record);
  if (found == records_.end()) return;
  const auto leave = [&](auto* groups, const auto& group) {
    const auto at = groups->find(group);
    at->second.erase(&*found);
    if (at->second.empty()) groups->erase(at);
  };
  leave(&by_policy_, found->second.policy);
  leave(&by_namespace_, record.ns);
  all_.erase(&*found);
  records_.erase(found);
}

void RecordIndex::Clear() {
  by_policy_.clear();
  by_namespace_.clear();
  all_.clear();
  records_.clear();
}

const RecordEntry* RecordIndex::Newest(const ObjectKey& policy) const {
  const auto at = by_policy_.find(policy);
  return at == by_policy_.end() ? nullptr : &(*at->second.rbegin())->second;
}

std::optional<NamespacedName> RecordIndex::NewestName(const ObjectKey& policy) const {
  const auto at = by_policy_.find(policy);
  return at == by_policy_.end() ? std::nullopt : std::optional((*at->second.rbegin())->first);
}

std::vector<ObjectKey> RecordIndex::policies() const {
  std::vector<ObjectKey> out;
  for (const auto& [policy, aged] : by_policy_) out.push_back(policy);
  return out;
}

std::set<std::string> RecordIndex::namespaces() const {
  std::set<std::string> out;
  for (const auto& [ns, aged] : by_namespace_) out.insert(ns);
  return out;
}

void RecordIndex::AddSurplus(const Aged& aged, size_t limit, std::set<Surplus>* out) {
  size_t beyond = aged.size() > limit ? aged.size() - limit : 0;
  for (auto at = aged.begin(); beyond > 0; ++at, --beyond) out->insert({(*at)->first, (*at)->second.own_uid});
}

std::set<Surplus> RecordIndex::SurplusAt(const ObjectKey& policy, const std::string& ns,
                                         const LedgerLimits& limits) const {
  std::set<Surplus> out;
  if (const auto at = by_policy_.find(policy); at != by_policy_.end()) {
    AddSurplus(at->second, limits.per_policy, &out);
  }
  if (const auto at = by_namespace_.find(ns); at != by_namespace_.end()) {
    AddSurplus(at->second, limits.per_namespace, &out);
  }
  AddSurplus(all_, limits.in_all, &out);
  return out;
}

std::set<Surplus> RecordIndex::SurplusOfAll(const LedgerLimits& limits) const {
  std::set<Surplus> out;
  for (const auto& [policy, aged] : by_policy_) AddSurplus(aged, limits.per_policy, &out);
  for (const auto& [ns, aged] : by_namespace_) AddSurplus(aged, limits.per_namespace, &out);
  AddSurplus(all_, limits.in_all, &out);
  return out;
}

std::optional<std::pair<NamespacedName, RecordEntry>> RecordIndex::NewestUpTo(const ObjectKey& policy,
                                                                              const std::string& uid,
                                                                              int64_t generation) const {
  const auto at = by_policy_.find(policy);
  const Records::value_type* found = nullptr;
  if (at == by_policy_.end()) return std::nullopt;
  for (const Records::value_type* record : at->second) {
    const RecordEntry& entry = record->second;
    if (entry.uid != uid || entry.deletion || entry.generation > generation) continue;
    if (found == nullptr || found->second.generation < entry.generation) found = record;
  }
  return found == nullptr ? std::nullopt : std::optional(std::pair(found->first, found->second));
}

std::optional<Timestamp> RecordIndex::KeptSince(const std::string& ns, const LedgerLimits& limits) const {
  if (all_.empty()) return std::nullopt;
  Timestamp since = (*all_.begin())->second.created;
  const auto at = by_namespace_.find(ns);
  const bool full = at != by_namespace_.end() && at->second.size() >= limits.per_namespace;
  if (full) since = std::max(since, (*at->second.begin())->second.created);
  // Of what was removed the newest may be of the same second as the oldest that is kept.
  if (full || all_.size() >= limits.in_all) ++since.seconds;
  return since;
}

}  // namespace fairlead::reconcilers
