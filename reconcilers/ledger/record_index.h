// RecordIndex: which records there are, by policy and age, and which of them are too many.
//
// Who calls: the operator's ledger, from a watch over the records' metadata, under its lock. Pure.
//
//   index.Put({"shop", "rtp-ratings-3f2a9c1d04-5"}, entry);
//   for (const Surplus& old : index.SurplusAt(entry.policy, "shop", limits)) Delete(old);
#pragma once

#include <json/value.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/meta.h"

namespace fairlead::reconcilers {

struct RecordEntry {
  ObjectKey policy;
  std::string uid;         // of the policy
  int64_t generation = 0;  // of the policy
  bool deletion = false;
  std::string reason;
  std::string own_uid;  // of the record
  Timestamp created;
  uint64_t version = 0;  // resourceVersion as a number, which tells the order within a second; 0: it is none
  friend bool operator==(const RecordEntry&, const RecordEntry&) = default;
};

// From the record's metadata alone; nullopt: it is not one of ours.
std::optional<RecordEntry> ReadRecordEntry(const JsonNode& object, NamespacedName* record);

struct LedgerLimits {
  size_t per_policy = 20;  // the newest are kept; 0: no ledger
  size_t per_namespace = 1000;
  size_t in_all = 20'000;
};

struct Surplus {
  NamespacedName record;
  std::string uid;
  friend auto operator<=>(const Surplus&, const Surplus&) = default;
};

class RecordIndex {
 public:
  RecordIndex() = default;
  RecordIndex(const RecordIndex&) = delete;  // it refers to itself
  RecordIndex& operator=(const RecordIndex&) = delete;

  void Put(const NamespacedName& record, const RecordEntry& entry);
  void Erase(const NamespacedName& record);
  void Clear();

  bool Has(const NamespacedName& record) const { return records_.contains(record); }
  size_t size() const { return records_.size(); }
  const RecordEntry* Newest(const ObjectKey& policy) const;  // null: none
  std::optional<NamespacedName> NewestName(const ObjectKey& policy) const;
  // Of the policy with that UID, deletions left out, the one with the highest generation up to this.
  std::optional<std::pair<NamespacedName, RecordEntry>> NewestUpTo(const ObjectKey& policy,
                                                                   const std::string& uid,
                                                                   int64_t generation) const;
  std::vector<ObjectKey> policies() const;  // that have records
  std::set<std::string> namespaces() const;

  // The oldest ones beyond the limits, of this policy, of the namespace and in all.
  std::set<Surplus> SurplusAt(const ObjectKey& policy, const std::string& ns,
                              const LedgerLimits& limits) const;
  std::set<Surplus> SurplusOfAll(const LedgerLimits& limits) const;

  // A policy that was made at this time or later, and has no record, has lost it: no limit has removed it,
  // and the ledger was kept already. nullopt: nothing is known of what has no record.
  std::optional<Timestamp> KeptSince(const std::string& ns, const LedgerLimits& limits) const;

 private:
  using Records = std::map<NamespacedName, RecordEntry>;
  struct ByAge {
    bool operator()(const Records::value_type* a, const Records::value_type* b) const;
  };
  using Aged = std::set<const Records::value_type*, ByAge>;  // oldest first
  static void AddSurplus(const Aged& aged, size_t limit, std::set<Surplus>* out);

  Records records_;
  std::map<ObjectKey, Aged> by_policy_;
  std::map<std::string, Aged> by_namespace_;
  Aged all_;
};

}  // namespace fairlead::reconcilers
