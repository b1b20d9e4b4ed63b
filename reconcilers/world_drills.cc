// Drills of FailoverPolicies: when they are judged, and what a drill that begins or ends marks.
#include <algorithm>

#include "reconcilers/failover/drill.h"
#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {

void World::Impl::DrillChanged(const api::FailoverPolicy* now, const ObjectKey& policy) {
  if (now != nullptr && now->drill) {
    drilled.insert(policy);
  } else if (drilled.erase(policy) == 0) {
    return;
  }
  dirty_drills.insert(policy);
}

void World::Impl::MarkDrillsAt(const ObjectKey& service) {
  if (drilled.empty()) return;
  for (const auto& at : failovers.At(service)) {
    if (drilled.contains(at.key())) dirty_drills.insert(at.key());
  }
}

// True: services are to be lowered anew.
bool World::Impl::JudgeDrills() {
  if (drilled.empty() && dirty_drills.empty()) return false;
  for (const ObjectKey& service : dirty_endpoints) MarkDrillsAt(service);
  if (!dirty_waypoints.empty()) dirty_drills.insert(drilled.begin(), drilled.end());
  for (const ObjectKey& policy : std::exchange(dirty_drills, {})) JudgeDrill(policy);
  return !dirty_services.empty();
}

void World::Impl::JudgeDrill(const ObjectKey& key) {
  const auto policy = tables.Get<api::FailoverPolicy>(key.nn());
  const auto before = drill_states.find(key);
  std::optional<failover::DrillState> now;
  if (policy != nullptr && policy->drill && drills.now.seconds != 0) {
    now = failover::JudgeDrill(view, rows, *policy, before == drill_states.end() ? nullptr : &before->second);
  }
  if (before == drill_states.end() ? !now : now == before->second) return;
  std::map<Destination, EffectiveDrill> on;
  if (now) {
    for (const Destination& destination : now->on) {
      on[destination] = {key, policy->meta.generation, now->drill.down, now->drill.weight, now->drill.until};
    }
  }
  if (before != drill_states.end()) {
    for (const Destination& destination : before->second.on) {
      const EffectiveDrill* const was = drills.At(destination);
      if (was == nullptr || was->policy != key || on.contains(destination)) continue;
      drills.on.erase(destination);
      MarkDrilled(destination.service);
    }
  }
  for (auto& [destination, drill] : on) {
    const EffectiveDrill* const was = drills.At(destination);
    if (was != nullptr && *was == drill) continue;
    drills.on[destination] = drill;
    MarkDrilled(destination.service);
  }
  if (now) {
    drill_states[key] = *std::move(now);
  } else {
    drill_states.erase(key);
  }
  dirty_statuses.insert(key);
}

// Its endpoints, and the routes that lead there.
void World::Impl::MarkDrilled(const ObjectKey& service) {
  dirty_endpoints.insert(service);
  dirty_services.insert(service);
  for (const ObjectKey& user : users_of.Find(service)) dirty_services.insert(user);
}

std::optional<api::DrillStatus> World::Impl::DrillStatusOf(const ObjectKey& policy,
                                                           const api::ProxyCounts& proxies) const {
  const auto found = drill_states.find(policy);
  if (found == drill_states.end()) return std::nullopt;
  const failover::DrillState& state = found->second;
  api::DrillStatus out{std::string(ToString(state.state)),
                       state.reason,
                       api::DownToString(state.drill.down),
                       state.drill.weight,
                       state.drill.until,
                       state.message,
                       0,
                       0};
  if (state.state != failover::DrillState::Of::kRunning) return out;
  out.needed = proxies.needed;
  out.programmed = proxies.drilling;
  if (out.programmed < out.needed) {
    out.message +=
        "; of " + std::to_string(out.needed) + " proxies " + std::to_string(out.programmed) +
        " take part: the others have not answered, or their bootstrap has no runtime layer \"fairlead\"";
  }
  return out;
}

void World::SetNow(Timestamp now) {
  Impl& impl = *impl_;
  if (impl.drills.now.seconds == 0) impl.dirty_drills.insert(impl.drilled.begin(), impl.drilled.end());
  impl.drills.now = now;
  for (const auto& [policy, state] : impl.drill_states) {
    if (state.state == failover::DrillState::Of::kRunning && state.drill.until <= now)
      impl.dirty_drills.insert(policy);
  }
}

std::optional<Timestamp> World::NextDeadline() const {
  std::optional<Timestamp> out;
  for (const auto& [policy, state] : impl_->drill_states) {
    if (state.state != failover::DrillState::Of::kRunning) continue;
    if (!out || state.drill.until < *out) out = state.drill.until;
  }
  return out;
}

std::map<std::string, size_t> World::DrillCounts() const {
  std::map<std::string, size_t> out = {{"Running", 0}, {"Ended", 0}, {"Refused", 0}};
  for (const auto& [policy, state] : impl_->drill_states) ++out[std::string(ToString(state.state))];
  return out;
}

}  // namespace fairlead::reconcilers
