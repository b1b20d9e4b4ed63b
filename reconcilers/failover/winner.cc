#include "reconcilers/failover/winner.h"

#include <algorithm>

#include "reconcilers/policy/resolver.h"

namespace fairlead::reconcilers::failover {

Winners::Winners(const View& view) {
  view.tables.ForEach<api::FailoverPolicy>([&](const Ptr<api::FailoverPolicy>& policy) {
    if (!ScopeProblem(view, *policy).empty()) return;
    for (const Placement& placement : PlacementsOf(view, *policy)) {
      if (view.tables.MetaOf(placement.target) == nullptr) continue;
      Entry entry{policy, placement.section, {}};
      entry.rank.origin = {placement.level,
                           policy->targets.mode == api::Mode::kOverride,
                           {Kind::kFailoverPolicy, policy->meta.ns, policy->meta.name},
                           policy->meta.generation};
      entry.rank.names_section = placement.level == Level::kService && !placement.section.empty();
      entry.rank.created = policy->meta.created;
      by_service_[placement.target].push_back(std::move(entry));
    }
  });
  for (auto& [service, entries] : by_service_) {
    std::stable_sort(entries.begin(), entries.end(),
                     [](const Entry& a, const Entry& b) { return Precedes(a.rank, b.rank); });
  }
}

std::vector<ObjectKey> Winners::Services() const {
  std::vector<ObjectKey> out;
  for (const auto& [service, entries] : by_service_) out.push_back(service);
  return out;
}

Ptr<api::FailoverPolicy> Winners::At(const ObjectKey& service, const std::string& port_name) const {
  const auto found = by_service_.find(service);
  if (found == by_service_.end()) return nullptr;
  for (const Entry& entry : found->second) {
    if (entry.section.empty() || entry.section == port_name) return entry.policy;
  }
  return nullptr;
}

}  // namespace fairlead::reconcilers::failover
