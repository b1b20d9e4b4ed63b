#include "operator/app/status_decision.h"

#include <algorithm>

namespace fairlead::app {

StatusPatience StatusPatience::After(int writes) const {
  StatusPatience out = *this;
  for (; writes > 0; --writes) {
    out.lagging = std::min(out.lagging * 2, std::max(most, lagging));
    out.disconnected = std::min(out.disconnected * 2, std::max(most, disconnected));
  }
  return out;
}

bool IsComplete(const api::ProxyCounts& proxies) {
  if (!proxies.lagging.empty()) return false;
  // A proxy that went and is not among those needed (it was run by hand) is named, not waited for.
  const bool all_needed = proxies.needed > 0 && proxies.programmed == proxies.needed;
  return proxies.disconnected.empty() || all_needed;
}

namespace {

int64_t GenerationOf(const api::ObjectStatus& status) {
  return std::visit([](const auto& value) { return value.observed_generation; }, status);
}

}  // namespace

const api::ProxyCounts& ProxiesOf(const api::ObjectStatus& status) {
  static const api::ProxyCounts kNone;
  const auto* policy = std::get_if<api::PolicyStatus>(&status);
  return policy == nullptr ? kNone : policy->proxies;
}

StatusDecision Decide(const api::ObjectStatus& desired, const std::optional<api::ObjectStatus>& live,
                      std::optional<Clock::TimePoint> incomplete_since, Clock::TimePoint now,
                      const StatusPatience& patience, bool awaited, bool gone) {
  if (live && *live == desired) return {StatusAction::kNothing, {}};
  const api::ProxyCounts& proxies = ProxiesOf(desired);
  const bool told =
      live && GenerationOf(*live) == GenerationOf(desired) && !ProxiesOf(*live).rejected.empty();
  if ((IsComplete(proxies) && !awaited && !gone) || (!proxies.rejected.empty() && !told))
    return {StatusAction::kWrite, {}};
  const std::chrono::milliseconds limit =
      proxies.lagging.empty() && !awaited ? patience.disconnected : patience.lagging;
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - incomplete_since.value_or(now));
  if (waited >= limit) return {StatusAction::kWrite, {}};
  return {StatusAction::kWait, limit - waited};
}

void StampTransitions(api::ObjectStatus* status, const std::optional<api::ObjectStatus>& live,
                      Timestamp now) {
  for (Condition& condition : api::ConditionsOf(*status)) {
    condition.last_transition = now;
    if (!live) continue;
    const std::vector<Condition>& conditions = api::ConditionsOf(*live);
    const auto before = std::find_if(conditions.begin(), conditions.end(),
                                     [&](const Condition& c) { return c.type == condition.type; });
    if (before != conditions.end() && before->status == condition.status) {
      condition.last_transition = before->last_transition;
    }
  }
  auto* policy = std::get_if<api::PolicyStatus>(status);
  if (policy == nullptr) return;
  const auto* before = live ? std::get_if<api::PolicyStatus>(&*live) : nullptr;
  api::StampTimes(&policy->failover, before == nullptr ? nullptr : &before->failover, now);
}

}  // namespace fairlead::app
