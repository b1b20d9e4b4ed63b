// Lowering of what is marked, and the comparison with what was before.
#include <algorithm>
#include <tuple>

#include "reconcilers/failover/winner.h"
#include "reconcilers/lower/endpoints.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {
namespace {

// Puts the value in the map, or removes it where null; says in the delta what is different.
template <class K, class T>
bool Exchange(std::map<K, Ptr<T>>* map, const K& key, Ptr<T> now, std::map<K, Ptr<T>>* delta) {
  auto at = map->find(key);
  if (now == nullptr) {
    if (at == map->end()) return false;
    map->erase(at);
    delta->insert_or_assign(key, nullptr);
    return true;
  }
  if (at != map->end() && *at->second == *now) return false;
  map->insert_or_assign(key, now);
  delta->insert_or_assign(key, std::move(now));
  return true;
}

// What statuses are told from.
Ptr<EffectiveService> FrameOf(const EffectiveService& service) {
  auto frame = std::make_shared<EffectiveService>();
  frame->key = service.key;
  frame->waypoint = service.waypoint;
  frame->waypoint_problem = service.waypoint_problem;
  for (const EffectivePort& port : service.ports)
    frame->ports.push_back({port.port, port.name, port.protocol, {}, {}});
  return frame;
}

// Equal in what the status of any policy at the service depends on, beside the outcome of that policy.
bool SameFrame(const EffectiveService& a, const EffectiveService& b) {
  const auto same_port = [](const EffectivePort& x, const EffectivePort& y) {
    return x.port == y.port && x.name == y.name && x.protocol == y.protocol;
  };
  return a.waypoint == b.waypoint && a.waypoint_problem == b.waypoint_problem &&
         std::equal(a.ports.begin(), a.ports.end(), b.ports.begin(), b.ports.end(), same_port);
}

// Marks the policies and targets whose outcome differs. Both are sorted.
void MarkDifferent(const std::vector<Outcome>& old, const std::vector<Outcome>& now,
                   std::set<std::pair<ObjectKey, ObjectKey>>* marks) {
  const auto key = [](const Outcome& o) { return std::tie(o.policy, o.target, o.section); };
  auto a = old.begin();
  auto b = now.begin();
  while (a != old.end() || b != now.end()) {
    if (a != old.end() && b != now.end() && *a == *b) {
      ++a, ++b;
      continue;
    }
    const bool take_old = b == now.end() || (a != old.end() && key(*a) <= key(*b));
    const bool take_now = a == old.end() || (b != now.end() && key(*b) <= key(*a));
    const Outcome& either = take_old ? *a : *b;
    marks->insert({either.policy, either.target});
    if (take_old) ++a;
    if (take_now) ++b;
  }
}

}  // namespace

void World::Impl::LowerServices(size_t max, Delta* delta) {
  // Selections before lowering: they decide which policies stand at which targets.
  for (const ObjectKey& key : std::exchange(dirty_policies, {})) ResolvePolicy(key);
  for (const ObjectKey& key : std::exchange(dirty_selection, {})) ReselectObject(key);
  std::set<ObjectKey> now = std::exchange(dirty_services, {});
  for (; !now.empty() && max > 0; --max) {
    const ObjectKey key = std::move(now.extract(now.begin()).value());
    ++counters.services;
    Store(key, LowerService(view, key), delta);
  }
  dirty_services.merge(now);
}

void World::Impl::Store(const ObjectKey& key, LoweredService lowered, Delta* delta) {
  users_of.Set(key, {lowered.reads.begin(), lowered.reads.end()});
  std::vector<NamespacedName> named;
  if (lowered.named_waypoint) named.push_back(*lowered.named_waypoint);
  for (const NamespacedName& before : bound_to.KeysOf(key)) MarkNamed(before);
  for (const NamespacedName& now : named) MarkNamed(now);
  bound_to.Set(key, std::move(named));
  MarkPlan(key.ns);
  // It may have come to another waypoint, or that to another controller: what is healthy on other networks
  // depends on whether it goes through their gateways.
  if (options.istio_mode && key.kind == Kind::kService && !remotes.clusters().empty()) MarkJoined({key.nn()});
  bool changed = true;
  if (options.keep_rules || lowered.service == nullptr) {
    changed = Exchange(&services, key, lowered.service, &delta->services);
  } else {
    services[key] = FrameOf(*lowered.service);
    delta->services[key] = lowered.service;
  }
  if (lowered.service == nullptr) {
    if (rows.erase(key) > 0 || changed) dirty_rows.insert(key);
    return;
  }
  ServiceRow& row = rows[key];
  // What istiod's objects carry depends on all of the service.
  const bool all =
      row.service == nullptr || !SameFrame(*row.service, *lowered.service) || (changed && options.istio_mode);
  if (all) {
    // It may have come to another waypoint: both workspaces say so in their access rules.
    MarkWorkspaceOf(key.ns);
    if (row.service != nullptr && row.service->waypoint) MarkWorkspaceOf(row.service->waypoint->ns);
    if (lowered.service->waypoint) MarkWorkspaceOf(lowered.service->waypoint->ns);
    dirty_rows.insert(key);
    MarkDrillsAt(key);
  } else if (changed || row.outcomes != lowered.outcomes) {
    MarkDifferent(row.outcomes, lowered.outcomes, &dirty_pairs);
    dirty_counts.insert(key);
  }
  row.service = services.at(key);
  row.outcomes = std::move(lowered.outcomes);
}

void World::Impl::CountWaypoint(const ObjectKey& key, const ServiceRow& row) {
  std::vector<ObjectKey> now;
  NamespacedName waypoint;
  if (row.service != nullptr && row.service->waypoint) {
    waypoint = *row.service->waypoint;
    const auto gateway = tables.Get<gateway::Gateway>(waypoint);
    const bool ours = gateway != nullptr && !IsProgrammedByIstiod(options, *gateway);
    for (const Outcome& outcome : row.outcomes) {
      const bool in_force = outcome.won != 0 || outcome.set == 0;
      if (ours && in_force && (now.empty() || now.back() != outcome.policy)) now.push_back(outcome.policy);
    }
    std::set<ObjectKey> failover;
    for (const EffectivePort& port : row.service->ports) {
      const auto policy = failover::WinnerAt(view, key, port.name);
      if (ours && policy != nullptr)
        failover.insert({Kind::kFailoverPolicy, policy->meta.ns, policy->meta.name});
    }
    now.insert(now.end(), failover.begin(), failover.end());
  }
  auto old = carriers.find(key);
  if (old != carriers.end()) {
    for (const ObjectKey& policy : old->second.second) book.RemoveWaypoint(policy, old->second.first);
    carriers.erase(old);
  }
  for (const ObjectKey& policy : now) book.AddWaypoint(policy, waypoint);
  if (!now.empty()) carriers[key] = {waypoint, std::move(now)};
}

void World::Impl::DrainEndpoints(Delta* delta) {
  for (const ObjectKey& key : std::exchange(dirty_endpoints, {})) {
    ++counters.endpoints;
    auto now = LowerEndpoints(view, key);
    std::vector<Destination> gone;
    for (auto at = endpoints.lower_bound({key, 0}); at != endpoints.end() && at->first.service == key; ++at) {
      if (now.count(at->first) == 0) gone.push_back(at->first);
    }
    for (const Destination& destination : gone) {
      Exchange<Destination, EffectiveEndpoints>(&endpoints, destination, nullptr, &delta->endpoints);
    }
    bool changed = !gone.empty();
    for (auto& [destination, value] : now) {
      changed = Exchange(&endpoints, destination, std::move(value), &delta->endpoints) || changed;
    }
    if (!changed) continue;
    for (const auto& failover : failovers.At(key)) dirty_statuses.insert(failover.key());
  }
}

void World::Impl::DrainWaypoints(Delta* delta) {
  for (const NamespacedName& name : std::exchange(dirty_waypoints, {})) {
    if (!Exchange(&waypoints, name, LowerWaypoint(view, name), &delta->waypoints)) continue;
    MarkWorkspaceOf(name.ns);
    for (const ObjectKey& service : bound_to.Find(name)) {
      MarkWorkspaceOf(service.ns);
      // Where requests come from is in their statuses, whoever programs the waypoint.
      for (const auto& failover : failovers.At(service)) dirty_statuses.insert(failover.key());
    }
    // Who must have a policy has changed.
    const auto& policies = book.PoliciesAt(name);
    dirty_statuses.insert(policies.begin(), policies.end());
  }
}

// Those who use what changed objects are part of are told too: they count it.
void World::Impl::DrainWorkspaces(Delta* delta) {
  std::set<std::string> changed = std::exchange(resolved_workspaces, {});
  for (const std::string& name : std::exchange(dirty_workspaces, {})) {
    const Ptr<ResolvedWorkspace> workspace = tenancy.Find(name);
    changed.insert(name);
    if (workspace == nullptr) continue;
    for (const auto& [user, consent] : workspace->exports) changed.insert(user);
  }
  for (const std::string& name : changed) {
    dirty_tenancy.insert({Kind::kWorkspace, "", name});
    if (const Ptr<ResolvedWorkspace> workspace = tenancy.Find(name)) {
      if (workspace->settings != nullptr)
        dirty_tenancy.insert(
            {Kind::kWorkspaceSettings, workspace->settings->meta.ns, workspace->settings->meta.name});
      for (const NamespacedName& other : workspace->other_settings)
        dirty_tenancy.insert({Kind::kWorkspaceSettings, other.ns, other.name});
    }
    if (!options.tenancy_reported) continue;
    TenancyState& state = tenancy_states[name];
    state.epoch = ++tenancy_epoch;
    state.report.reset();
  }
  delta->workspaces.merge(changed);
  for (const ObjectKey& key : std::exchange(dirty_tenancy, {})) {
    if (tables.Find(key) != nullptr) delta->tenancy.insert(key);
  }
}

void World::Impl::Assess(Delta* delta) {
  for (const ObjectKey& key : std::exchange(dirty_rows, {})) {
    MarkPoliciesOf(key);
    dirty_counts.insert(key);
    if (!options.istio_reported) continue;
    IstioState& state = istio_states[key];
    state.epoch = ++istio_epoch;
    state.report.reset();
    delta->istio.insert(key);
  }
  for (const ObjectKey& key : std::exchange(dirty_counts, {})) {
    static const ServiceRow kGone;
    const auto row = rows.find(key);
    const auto mark = [&] {
      const auto at = carriers.find(key);
      if (at != carriers.end()) dirty_statuses.insert(at->second.second.begin(), at->second.second.end());
    };
    mark();
    CountWaypoint(key, row == rows.end() ? kGone : row->second);
    mark();
  }
  for (const auto& [policy, target] : std::exchange(dirty_pairs, {})) {
    ++counters.targets;
    bool changed = false;
    const std::vector<Placement> placements = attachments.Of(policy, target);
    for (const Placement& old : book.RecordedAt(policy, target)) {
      if (std::find(placements.begin(), placements.end(), old) == placements.end()) {
        changed = book.Forget(policy, old) || changed;
      }
    }
    for (const Placement& placement : placements) {
      changed = book.Record(policy, placement, AssessTarget(view, rows, policy, placement)) || changed;
    }
    if (changed) dirty_statuses.insert(policy);
  }
  DrainWorkspaces(delta);
  for (const ObjectKey& policy : std::exchange(dirty_statuses, {})) {
    if (tables.Find(policy) != nullptr) delta->policies.insert(policy);
  }
}

}  // namespace fairlead::reconcilers
