// PolicyBook: for each policy, what came of it at every target, and which waypoints must carry it.
//
// World updates one record at a time as targets are assessed; counts and the worst few targets are kept
// sorted, so that a status costs the same for one target and for a thousand. Not thread-safe.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "reconcilers/status/target.h"

namespace fairlead::reconcilers {

// How often each key was counted; for a handful of keys. Sorted, none is zero.
template <class K>
class Counts {
 public:
  void Add(const K& key, int by) {
    auto at = std::lower_bound(items_.begin(), items_.end(), key,
                               [](const auto& item, const K& k) { return item.first < k; });
    if (at == items_.end() || at->first != key) at = items_.insert(at, {key, 0});
    if ((at->second += by) == 0) items_.erase(at);
  }
  bool Has(const K& key) const {
    return std::any_of(begin(), end(), [&](const auto& item) { return item.first == key; });
  }
  bool empty() const { return items_.empty(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<K, int>> items_;
};

using TargetRecords = std::map<Placement, TargetRecord>;

// By state, the worst first, then by placement.
struct WorstFirst {
  using is_transparent = void;
  using Target = TargetRecords::value_type;
  bool operator()(const Target* a, const Target* b) const {
    return std::tie(a->second.state, a->first) < std::tie(b->second.state, b->first);
  }
  bool operator()(const Target* a, TargetState state) const { return a->second.state < state; }
  bool operator()(TargetState state, const Target* b) const { return state < b->second.state; }
};

struct PolicyPage {
  PolicyPage() = default;
  PolicyPage(const PolicyPage&) = delete;
  PolicyPage& operator=(const PolicyPage&) = delete;

  TargetRecords targets;
  std::set<const TargetRecords::value_type*, WorstFirst> by_state;  // into `targets`
  std::array<int, kTargetStateCount> count{};
  int conflicted = 0;
  int partial = 0;
  int by_istiod = 0;
  int istio_awaited = 0;
  Counts<Note> advice;               // note -> targets
  Counts<NamespacedName> waypoints;  // -> services there where the policy is in force

  int Count(TargetState state) const { return count[static_cast<size_t>(state)]; }
};

class PolicyBook {
 public:
  // True: the record is new or differs from the one before.
  bool Record(const ObjectKey& policy, const Placement& placement, const TargetRecord& record);
  bool Forget(const ObjectKey& policy, const Placement& placement);
  void AddWaypoint(const ObjectKey& policy, const NamespacedName& waypoint);
  void RemoveWaypoint(const ObjectKey& policy, const NamespacedName& waypoint);

  const PolicyPage& At(const ObjectKey& policy) const;
  const std::set<ObjectKey>& PoliciesAt(const NamespacedName& waypoint) const;
  // The placements of the policy at the target that are on record.
  std::vector<Placement> RecordedAt(const ObjectKey& policy, const ObjectKey& target) const;

 private:
  static void Tally(PolicyPage* page, const TargetRecords::value_type& target, int by);
  void DropIfEmpty(const ObjectKey& policy);

  std::map<ObjectKey, PolicyPage> pages_;
  std::map<NamespacedName, std::set<ObjectKey>> by_waypoint_;
};

}  // namespace fairlead::reconcilers
