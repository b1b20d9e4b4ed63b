#include "reconcilers/status/events.h"

#include <algorithm>

namespace fairlead::reconcilers {
namespace {

constexpr size_t kMaxMessage = 1024;

const Condition* Find(const api::PolicyStatus& status, std::string_view type) {
  const auto at = std::find_if(status.conditions.begin(), status.conditions.end(),
                               [&](const Condition& c) { return c.type == type; });
  return at == status.conditions.end() ? nullptr : &*at;
}

PolicyEvent Make(bool warning, std::string reason, std::string message) {
  if (message.size() > kMaxMessage) {
    size_t end = kMaxMessage - 3;
    while (end > 0 && (static_cast<unsigned char>(message[end]) & 0xC0) == 0x80) --end;  // whole characters
    message = message.substr(0, end) + "...";
  }
  return {warning, std::move(reason), std::move(message)};
}

std::string ReasonBefore(const api::PolicyStatus* old, std::string_view type) {
  const Condition* condition = old ? Find(*old, type) : nullptr;
  return condition == nullptr ? "" : condition->reason;
}

std::vector<PolicyEvent> EventsOf(const api::PolicyStatus* old, const api::PolicyStatus& now) {
  std::vector<PolicyEvent> events;
  const Condition* accepted = Find(now, "Accepted");
  const Condition* programmed = Find(now, "Programmed");
  if (accepted == nullptr || programmed == nullptr) return events;
  const std::string accepted_before = ReasonBefore(old, "Accepted");
  if (accepted->reason != accepted_before && (accepted->reason != "Accepted" || !accepted_before.empty())) {
    const bool warning = accepted->status != ConditionStatus::kTrue;
    events.push_back(Make(warning, accepted->reason, accepted->message));
  }
  const bool settled = programmed->reason != "Reconciling";
  if (settled && accepted->reason != "Conflicted" && programmed->reason != ReasonBefore(old, "Programmed")) {
    const bool warning = programmed->status != ConditionStatus::kTrue;
    events.push_back(Make(warning, programmed->reason, programmed->message));
  }
  const Condition* consistent = Find(now, "Consistent");
  if (consistent != nullptr && consistent->reason != ReasonBefore(old, "Consistent")) {
    const bool warning = consistent->status != ConditionStatus::kTrue;
    events.push_back(Make(warning, consistent->reason, consistent->message));
  }
  if (const auto& drill = now.failover.drill) {
    const std::string before = old && old->failover.drill ? old->failover.drill->state : "";
    const std::string until = ", until " + drill->until.ToString();
    if (drill->state == "Running" && before != "Running")
      events.push_back(Make(false, "DrillStarted", drill->message + until));
    if (drill->state == "Ended" && before != "Ended")
      events.push_back(Make(false, "DrillEnded", drill->message));
    if (drill->state == "Refused" && before != "Refused")
      events.push_back(Make(true, "DrillRefused", drill->message));
  } else if (old && old->failover.drill && old->failover.drill->state == "Running") {
    events.push_back(Make(false, "DrillEnded", "spec.drill was removed"));
  }
  const bool rejected_before = old && !old->proxies.rejected.empty();
  if (!now.proxies.rejected.empty() && !rejected_before) {
    events.push_back(
        Make(true, "Rejected", "a proxy rejects the configuration: " + now.proxies.rejected.front()));
  }
  return events;
}

}  // namespace

std::vector<PolicyEvent> EventsOf(const std::optional<api::ObjectStatus>& old, const api::ObjectStatus& now) {
  if (const auto* policy = std::get_if<api::PolicyStatus>(&now)) {
    return EventsOf(old ? std::get_if<api::PolicyStatus>(&*old) : nullptr, *policy);
  }
  std::vector<PolicyEvent> events;
  for (const Condition& condition : api::ConditionsOf(now)) {
    std::string before;
    if (old) {
      for (const Condition& c : api::ConditionsOf(*old))
        before = c.type == condition.type ? c.reason : before;
    }
    const bool well = condition.status == ConditionStatus::kTrue;
    // That a service came to its waypoint is told at the service.
    const bool progress = condition.type == "Waypoints" && before == "Reconciling";
    if (condition.reason == before || condition.reason == "Reconciling") continue;
    if (well && (before.empty() || progress)) continue;
    events.push_back(Make(!well, condition.reason, condition.message));
  }
  return events;
}

}  // namespace fairlead::reconcilers
