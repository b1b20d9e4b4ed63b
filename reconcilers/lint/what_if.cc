#include "reconcilers/lint/what_if.h"

#include <algorithm>
#include <limits>
#include <set>

#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/service.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers {
namespace {

bool IsService(const ObjectKey& key) { return key.kind == Kind::kService || key.kind == Kind::kServiceEntry; }

// Where a policy at the target shows.
std::vector<ObjectKey> ServicesOf(const View& view, const ObjectKey& target) {
  if (IsService(target)) return {target};
  const auto* parents = ParentsOf(view, target);
  return parents == nullptr ? std::vector<ObjectKey>() : ServiceParents(*parents);
}

Ptr<api::RetryTimeoutPolicy> Dated(const View& view, const api::RetryTimeoutPolicy& policy) {
  auto out = std::make_shared<api::RetryTimeoutPolicy>(policy);
  const bool stored =
      view.tables.Find({Kind::kRetryTimeoutPolicy, policy.meta.ns, policy.meta.name}) != nullptr;
  if (!stored && out->meta.created == Timestamp())
    out->meta.created.seconds = std::numeric_limits<int64_t>::max();
  return out;
}

}  // namespace

WhatIf::WhatIf(const View& view, const api::RetryTimeoutPolicy& policy)
    : key_{Kind::kRetryTimeoutPolicy, policy.meta.ns, policy.meta.name},
      attachments_(&view.attachments, key_) {
  std::vector<Placement> placements = PlacementsOf(view, policy);  // what is named comes first
  placements.resize(std::min(placements.size(), policy.targets.refs.size() + kMaxSelected));
  std::set<ObjectKey> services;
  for (const Placement& placement : placements) {
    for (const ObjectKey& service : ServicesOf(view, placement.target)) services.insert(service);
  }
  const Ptr<api::RetryTimeoutPolicy> dated = Dated(view, policy);
  for (const Placement& placement : placements) attachments_.Add(dated, placement);
  const View changed{view.options, view.tables,         view.membership,      view.tenancy,
                     attachments_, view.failovers,      view.routes_of,       view.slices_of,
                     view.pods_of, view.callers_of,     view.istio_states,    view.remotes,
                     view.drills,  view.waypoint_plans, view.priority_labels, view.hosts};
  for (const ObjectKey& service : services) {
    LoweredService lowered = LowerService(changed, service);
    rows_[service] = {std::move(lowered.service), std::move(lowered.outcomes)};
  }
  for (const Placement& placement : placements)
    book_.Record(key_, placement, AssessTarget(changed, rows_, key_, placement));
}

std::vector<std::string> WhatIf::LosersAt(const ObjectKey& target) const {
  std::map<ObjectKey, uint32_t> lost;
  for (const auto& [service, row] : rows_) {
    for (const Outcome& outcome : row.outcomes) {
      if (outcome.target != target) continue;
      for (const Loss& loss : outcome.losses) {
        const bool younger = loss.reason == LossReason::kOlder || loss.reason == LossReason::kName;
        if (younger && loss.winner.object == key_) lost[outcome.policy] |= loss.fields;
      }
    }
  }
  std::vector<std::string> out;
  for (const auto& [policy, fields] : lost) out.push_back(policy.ToString() + " (" + PathsOf(fields) + ")");
  return out;
}

}  // namespace fairlead::reconcilers
