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

StatusDecision Decide(const api::PolicyStatus& desired, const std::optional<api::PolicyStatus>& live,
                      std::optional<Clock::TimePoint> incomplete_since, Clock::TimePoint now,
                      const StatusPatience& patience, bool awaited, bool gone) {
  if (live && *live == desired) return {StatusAction::kNothing, {}};
  const bool told =
      live && live->observed_generation == desired.observed_generation && !live->proxies.rejected.empty();
  if ((IsComplete(desired.proxies) && !awaited && !gone) || (!desired.proxies.rejected.empty() && !told))
    return {StatusAction::kWrite, {}};
  const std::chrono::milliseconds limit =
      desired.proxies.lagging.empty() && !awaited ? patience.disconnected : patience.lagging;
  const auto waited =
      std::chrono::duration_cast<std::chrono::milliseconds>(now - incomplete_since.value_or(now));
  if (waited >= limit) return {StatusAction::kWrite, {}};
  return {StatusAction::kWait, limit - waited};
}

void StampTransitions(api::PolicyStatus* status, const std::optional<api::PolicyStatus>& live,
                      Timestamp now) {
  for (Condition& condition : status->conditions) {
    condition.last_transition = now;
    if (!live) continue;
    const auto before = std::find_if(live->conditions.begin(), live->conditions.end(),
                                     [&](const Condition& c) { return c.type == condition.type; });
    if (before != live->conditions.end() && before->status == condition.status) {
      condition.last_transition = before->last_transition;
    }
  }
}

}  // namespace fairlead::app
