#include "reconcilers/status/book.h"

namespace fairlead::reconcilers {

void PolicyBook::Tally(PolicyPage* page, const TargetRecords::value_type& target, int by) {
  const TargetRecord& record = target.second;
  page->count[static_cast<size_t>(record.state)] += by;
  page->conflicted += record.conflicted ? by : 0;
  page->partial += record.partial ? by : 0;
  page->by_istiod += record.by_istiod ? by : 0;
  page->istio_awaited += record.istio_awaited ? by : 0;
  for (const Note& note : record.advice) page->advice.Add(note, by);
  if (by > 0) {
    page->by_state.insert(&target);
  } else {
    page->by_state.erase(&target);
  }
}

bool PolicyBook::Record(const ObjectKey& policy, const Placement& placement, const TargetRecord& record) {
  PolicyPage& page = pages_[policy];
  auto [at, inserted] = page.targets.try_emplace(placement, record);
  if (!inserted) {
    if (at->second == record) return false;
    Tally(&page, *at, -1);
    at->second = record;
  }
  Tally(&page, *at, 1);
  return true;
}

bool PolicyBook::Forget(const ObjectKey& policy, const Placement& placement) {
  auto page = pages_.find(policy);
  if (page == pages_.end()) return false;
  auto at = page->second.targets.find(placement);
  if (at == page->second.targets.end()) return false;
  Tally(&page->second, *at, -1);
  page->second.targets.erase(at);
  DropIfEmpty(policy);
  return true;
}

void PolicyBook::AddWaypoint(const ObjectKey& policy, const NamespacedName& waypoint) {
  pages_[policy].waypoints.Add(waypoint, 1);
  by_waypoint_[waypoint].insert(policy);
}

void PolicyBook::RemoveWaypoint(const ObjectKey& policy, const NamespacedName& waypoint) {
  auto page = pages_.find(policy);
  if (page == pages_.end()) return;
  if (!page->second.waypoints.Has(waypoint)) return;
  page->second.waypoints.Add(waypoint, -1);
  if (!page->second.waypoints.Has(waypoint)) {
    auto policies = by_waypoint_.find(waypoint);
    policies->second.erase(policy);
    if (policies->second.empty()) by_waypoint_.erase(policies);
  }
  DropIfEmpty(policy);
}

void PolicyBook::DropIfEmpty(const ObjectKey& policy) {
  auto page = pages_.find(policy);
  if (page != pages_.end() && page->second.targets.empty() && page->second.waypoints.empty())
    pages_.erase(page);
}

const PolicyPage& PolicyBook::At(const ObjectKey& policy) const {
  static const PolicyPage kBlank;
  auto page = pages_.find(policy);
  return page == pages_.end() ? kBlank : page->second;
}

const std::set<ObjectKey>& PolicyBook::PoliciesAt(const NamespacedName& waypoint) const {
  static const std::set<ObjectKey> kNone;
  auto at = by_waypoint_.find(waypoint);
  return at == by_waypoint_.end() ? kNone : at->second;
}

std::vector<Placement> PolicyBook::RecordedAt(const ObjectKey& policy, const ObjectKey& target) const {
  std::vector<Placement> found;
  const auto& targets = At(policy).targets;
  for (auto at = targets.lower_bound({target, "", Level::kBuiltIn});
       at != targets.end() && at->first.target == target; ++at) {
    found.push_back(at->first);
  }
  return found;
}

}  // namespace fairlead::reconcilers
