// PolicyBook: for each policy, what came of it at every target, and which waypoints must carry it.
//
// World updates one record at a time as targets are assessed; counts and the worst few targets are kept
// sorted, so that a status costs the same for one target and for a thousand. Not thread-safe.
#pragma once

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/status/target.h"

namespace fairlead::reconcilers {

struct PolicyPage {
  std::map<Placement, TargetRecord> targets;
  std::set<std::pair<TargetState, Placement>> by_state;  // the worst first
  std::array<int, kTargetStateCount> count{};
  int conflicted = 0;
  int partial = 0;
  int by_istiod = 0;
  int istio_awaited = 0;
  std::map<Note, int> advice;               // note -> targets
  std::map<NamespacedName, int> waypoints;  // -> services there where the policy is in force

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
  static void Tally(PolicyPage* page, const Placement& placement, const TargetRecord& record, int by);
  void DropIfEmpty(const ObjectKey& policy);

  std::map<ObjectKey, PolicyPage> pages_;
  std::map<NamespacedName, std::set<ObjectKey>> by_waypoint_;
};

}  // namespace fairlead::reconcilers
