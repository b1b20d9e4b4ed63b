// What World tells of policies: statuses, out of what came of each at its targets.
#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "reconcilers/failover/agreement.h"
#include "reconcilers/failover/assess.h"
#include "reconcilers/failover/carried.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/status/status.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {
namespace {

// Targets of one policy whose endpoints are looked at for its status; how many others there are is told.
constexpr size_t kLookedAt = 64;

}  // namespace

// The page of a FailoverPolicy is made anew each time, since its statuses are asked for when endpoints
// change, and those are no part of it.
std::vector<failover::Target> World::Impl::AssessFailover(const ObjectKey& key, PolicyBook* out) const {
  std::vector<failover::Target> targets;
  const auto policy = tables.Get<api::FailoverPolicy>(key.nn());
  if (policy == nullptr) return targets;
  for (const Placement& placement : failovers.Of(key)) {
    failover::Assessment found = failover::Assess(view, rows, *policy, placement);
    if (!found.ports.empty()) {
      targets.push_back(
          {placement.target, std::move(found.ports), rows.at(placement.target).service->waypoint});
    }
    out->Record(key, placement, found.record);
  }
  for (const auto& [waypoint, services] : book.At(key).waypoints) out->AddWaypoint(key, waypoint);
  return targets;
}

std::vector<api::FailoverSource> World::Impl::SourcesAt(const api::FailoverPolicy& policy,
                                                        std::span<const failover::Target> targets) const {
  const failover::Reporter reporter(view, endpoints);
  failover::Carriers carriers(view, policy);
  std::vector<api::FailoverSource> sources;
  for (const failover::Target& target : targets) {
    const EffectiveService& service = *rows.at(target.service).service;
    auto seen = reporter.Sources(*carriers.At(service).policy, target);
    std::move(seen.begin(), seen.end(), std::back_inserter(sources));
  }
  return sources;
}

api::FailoverStatus World::Impl::FailoverNow(const api::FailoverPolicy& policy,
                                             const std::vector<failover::Target>& targets) const {
  if (targets.empty()) return {};
  const size_t looked_at = std::min(targets.size(), kLookedAt);
  std::set<ObjectKey> left;
  for (size_t i = looked_at; i < targets.size(); ++i) left.insert(targets[i].service);
  api::FailoverStatus out = failover::Bounded(SourcesAt(policy, std::span(targets).first(looked_at)),
                                              static_cast<int>(left.size()));
  failover::Carriers carriers(view, policy);
  std::set<std::string> detection;
  for (const failover::Target& target : std::span(targets).first(looked_at)) {
    const EffectiveService& service = *rows.at(target.service).service;
    detection.insert(failover::InWords(carriers.At(service).policy->outlier_detection));
  }
  out.outlier_detection = JoinBounded({detection.begin(), detection.end()}, ", elsewhere ");
  return out;
}

std::vector<api::FailoverSource> World::FailoverSources(const ObjectKey& policy) const {
  const auto in_force = impl_->tables.Get<api::FailoverPolicy>(policy.nn());
  if (in_force == nullptr) return {};
  PolicyBook book;
  return impl_->SourcesAt(*in_force, impl_->AssessFailover(policy, &book));
}

bool World::AwaitsIstio(const ObjectKey& policy) const {
  if (policy.kind != Kind::kFailoverPolicy) return impl_->book.At(policy).istio_awaited > 0;
  if (!impl_->options.istio_reported) return false;
  PolicyBook book;
  impl_->AssessFailover(policy, &book);
  return book.At(policy).istio_awaited > 0;
}

api::PolicyStatus World::StatusOf(const ObjectKey& policy, const api::ProxyCounts& proxies) const {
  const auto invalid = impl_->tables.InvalidOf(policy);
  const auto problem = impl_->scope_problems.find(policy);
  const auto tell = [&](const auto& in_force, const PolicyPage& page) -> api::PolicyStatus {
    if (in_force == nullptr && invalid == nullptr) return {};
    std::optional<PolicyHead> head;
    if (in_force != nullptr) head.emplace(*in_force);
    return StatusFrom({.page = page,
                       .policy = head ? &*head : nullptr,
                       .invalid = invalid.get(),
                       .scope_problem = problem == impl_->scope_problems.end() ? "" : problem->second,
                       .proxies = proxies});
  };
  if (policy.kind != Kind::kFailoverPolicy) {
    return tell(impl_->tables.Get<api::RetryTimeoutPolicy>(policy.nn()), impl_->book.At(policy));
  }
  const auto in_force = impl_->tables.Get<api::FailoverPolicy>(policy.nn());
  PolicyBook book;
  const std::vector<failover::Target> targets = impl_->AssessFailover(policy, &book);
  api::PolicyStatus status = tell(in_force, book.At(policy));
  status.proxies.drilling = 0;  // is in the status of the drill
  if (in_force == nullptr) return status;
  status.failover = impl_->FailoverNow(*in_force, targets);
  status.failover.drill = impl_->DrillStatusOf(policy, proxies);
  if (auto differs = failover::AgreementOf(impl_->view, *in_force, targets)) {
    differs->observed_generation = status.observed_generation;
    status.conditions.push_back(*std::move(differs));
  }
  return status;
}

}  // namespace fairlead::reconcilers
