#include "reconcilers/status/status.h"

#include <algorithm>

#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers {
namespace {

using State = TargetState;

std::string Number(int n, const std::string& what) {
  return std::to_string(n) + " " + what + (n == 1 ? "" : "s");
}

std::string NameOf(const Placement& placement) {
  return placement.target.ToString() + (placement.section.empty() ? "" : " (" + placement.section + ")");
}

class Teller {
 public:
  explicit Teller(const StatusInput& input) : in_(input), page_(input.page) {}

  api::PolicyStatus Tell() {
    api::PolicyStatus status;
    status.observed_generation = in_.invalid ? in_.invalid->meta.generation : in_.policy->meta.generation;
    Condition accepted = Accepted();
    Condition programmed = accepted.status == ConditionStatus::kTrue ? Programmed() : NotAccepted(accepted);
    for (Condition* condition : {&accepted, &programmed}) {
      condition->observed_generation = status.observed_generation;
    }
    status.conditions = {std::move(accepted), std::move(programmed)};
    status.targets = Targets();
    status.proxies = in_.proxies;
    if (in_.proxies.needed > 0) {
      status.waypoints = std::to_string(in_.proxies.programmed) + "/" + std::to_string(in_.proxies.needed);
    }
    return status;
  }

 private:
  static Condition Make(std::string type, bool value, std::string reason, std::string message) {
    Condition condition;
    condition.type = std::move(type);
    condition.status = value ? ConditionStatus::kTrue : ConditionStatus::kFalse;
    condition.reason = std::move(reason);
    condition.message = std::move(message);
    return condition;
  }

  int Total() const { return static_cast<int>(page_.targets.size()); }
  int Live() const { return page_.Count(State::kEffective) + page_.Count(State::kPartlyOverridden); }

  // The first few targets in one of the states, each with its message.
  std::string Some(std::initializer_list<State> states) const {
    std::vector<std::string> items;
    for (State state : states) {
      const auto [first, last] = page_.by_state.equal_range(state);
      for (auto at = first; at != last; ++at) {
        if (items.size() > 3) break;
        const auto& [placement, record] = **at;
        items.push_back(NameOf(placement) + (record.message.empty() ? "" : ": " + record.message));
      }
    }
    const size_t shown = std::min<size_t>(items.size(), 3);
    int total = 0;
    for (State state : states) total += page_.Count(state);
    items.resize(shown);
    std::string out = JoinBounded(items, "; ");
    if (total > static_cast<int>(shown)) out += "; and " + std::to_string(total - shown) + " more";
    return out;
  }

  Condition Accepted() const {
    if (in_.invalid != nullptr) {
      std::string message = Join(in_.invalid->errors, 4);
      if (in_.policy != nullptr) {
        message += "; generation " + std::to_string(in_.policy->meta.generation) + " stays in force";
      }
      return Make("Accepted", false, "Invalid", std::move(message));
    }
    if (!in_.scope_problem.empty())
      return Make("Accepted", false, "Invalid", "spec.scope: " + in_.scope_problem);
    if (Total() == 0) {
      return Make("Accepted", false, "TargetNotFound",
                  in_.policy->targets.selectors.empty()
                      ? "it has no targets"
                      : "no object in its scope is selected by targetSelectors");
    }
    if (page_.Count(State::kNotFound) == Total()) {
      return Make("Accepted", false, "TargetNotFound", Some({State::kNotFound}));
    }
    if (page_.conflicted > 0 && page_.conflicted + page_.Count(State::kNotFound) == Total()) {
      return Make("Accepted", false, "Conflicted", Some({State::kOverridden}));
    }
    return Make("Accepted", true, "Accepted", AcceptedMessage());
  }

  std::string AcceptedMessage() const {
    std::vector<std::string> parts{Number(Total(), "target")};
    if (page_.Count(State::kNotFound) > 0) parts.push_back("not found: " + Some({State::kNotFound}));
    for (const auto& [note, targets] : page_.advice) parts.push_back("warning: " + note.message);
    return JoinBounded(parts, "; ", 5);
  }

  Condition NotAccepted(const Condition& accepted) const {
    if (accepted.reason == "Conflicted") return Make("Programmed", false, "Overridden", accepted.message);
    if (in_.invalid != nullptr && in_.policy != nullptr && Live() > 0) {
      Condition condition = Programmed();
      condition.status = ConditionStatus::kFalse;
      condition.reason = "Reconciling";
      condition.message = "this generation is not programmed, generation " +
                          std::to_string(in_.policy->meta.generation) + " is: " + condition.message;
      return condition;
    }
    return Make("Programmed", false, "Reconciling", "nothing is programmed: it is not accepted");
  }

  Condition Programmed() const {
    if (Live() == 0 && page_.Count(State::kOverridden) > 0) {
      return Make("Programmed", false, "Overridden",
                  Some({State::kOverridden, State::kNotFound, State::kNotCarried, State::kNoWaypoint}));
    }
    if (Live() == 0) {
      return Make("Programmed", false, "Reconciling",
                  "no effect today: " + Some({State::kNotFound, State::kNotCarried, State::kNoWaypoint}));
    }
    if (in_.proxies.needed == 0 && page_.by_istiod > 0) return ByIstiod();
    if (in_.proxies.needed == 0) {
      return Make("Programmed", false, "Reconciling", "no proxy of " + WaypointNames() + " is running");
    }
    std::string message = Proxies();
    if (in_.proxies.programmed < in_.proxies.needed) {
      return Make("Programmed", false, "Reconciling", message + Shortfall());
    }
    const bool whole = Live() == Total() && page_.partial == 0 && page_.Count(State::kPartlyOverridden) == 0;
    if (whole) return Make("Programmed", true, "Programmed", message);
    return Make("Programmed", true, "PartiallyProgrammed", message + Shortfall());
  }

  // istiod acknowledges nothing to us: what is true is that the objects are written.
  Condition ByIstiod() const {
    if (page_.istio_awaited > 0) {
      return Make("Programmed", false, "Reconciling",
                  "not yet written for " + Number(page_.istio_awaited, "target") +
                      " to the objects that istiod reads" + Shortfall());
    }
    Condition condition =
        Make("Programmed", false, "Reconciling",
             "written for " + Number(page_.by_istiod, "target") +
                 " to objects that istiod reads; istiod does not tell which proxies have them" + Shortfall());
    condition.status = ConditionStatus::kUnknown;
    return condition;
  }

  std::string WaypointNames() const {
    std::vector<std::string> names;
    for (const auto& [name, services] : page_.waypoints) names.push_back("waypoint " + name.ToString());
    return names.empty() ? "its waypoints" : JoinBounded(names, ", ");
  }

  std::string Proxies() const {
    const api::ProxyCounts& p = in_.proxies;
    std::string out = std::to_string(p.programmed) + " of " + std::to_string(p.needed) +
                      (p.needed == 1 ? " proxy has it" : " proxies have it");
    if (!p.rejected.empty()) out += "; rejected by " + JoinBounded(p.rejected, ", ");
    if (!p.lagging.empty()) out += "; lagging: " + JoinBounded(p.lagging, ", ");
    if (!p.disconnected.empty()) out += "; disconnected: " + JoinBounded(p.disconnected, ", ");
    return out;
  }

  // What has no effect, or not all of it.
  std::string Shortfall() const {
    const std::string some = Some({State::kNotFound, State::kNotCarried, State::kNoWaypoint,
                                   State::kOverridden, State::kPartlyOverridden});
    std::string out = some.empty() ? "" : "; " + some;
    if (page_.partial > 0) out += "; in effect in some places only at " + Number(page_.partial, "target");
    return out;
  }

  std::vector<api::TargetStatus> Targets() const {
    std::vector<api::TargetStatus> targets;
    for (const auto* target : page_.by_state) {
      if (targets.size() == api::PolicyStatus::kMaxTargets) break;
      const auto& [placement, record] = *target;
      std::string message = record.message;
      for (const Note& note : record.advice) {
        message += (message.empty() ? "warning: " : "; warning: ") + note.message;
      }
      targets.push_back({placement.target.kind, placement.target.ns, placement.target.name, placement.section,
                         std::string(ToString(record.state)), std::move(message)});
    }
    std::sort(targets.begin(), targets.end());
    return targets;
  }

  const StatusInput& in_;
  const PolicyPage& page_;
};

}  // namespace

api::PolicyStatus StatusFrom(const StatusInput& input) { return Teller(input).Tell(); }

}  // namespace fairlead::reconcilers
