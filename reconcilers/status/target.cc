#include "reconcilers/status/target.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "reconcilers/istio/carry.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/waypoints/plan.h"

namespace fairlead::reconcilers {
namespace {

TargetRecord Record(TargetState state, std::string message) {
  TargetRecord record;
  record.state = state;
  record.message = std::move(message);
  return record;
}

const Outcome* FindOutcome(const ServiceRow& row, const ObjectKey& policy, const Placement& placement) {
  const std::tuple<const ObjectKey&, const ObjectKey&, const std::string&> wanted(policy, placement.target,
                                                                                  placement.section);
  const auto at = std::lower_bound(
      row.outcomes.begin(), row.outcomes.end(), wanted,
      [](const Outcome& o, const auto& w) { return std::tie(o.policy, o.target, o.section) < w; });
  if (at == row.outcomes.end() || std::tie(at->policy, at->target, at->section) != wanted) return nullptr;
  return &*at;
}

// Won and lost over all services where the target has effect.
TargetRecord Judge(const std::vector<const Outcome*>& outcomes) {
  uint32_t won = 0, lost = 0;
  TargetRecord record;
  bool conflicts = true;
  for (const Outcome* outcome : outcomes) {
    won |= outcome->won;
    lost |= outcome->lost;
    for (const Loss& loss : outcome->losses) {
      conflicts = conflicts && (loss.reason == LossReason::kOlder || loss.reason == LossReason::kName);
    }
    record.advice.insert(record.advice.end(), outcome->advice.begin(), outcome->advice.end());
  }
  std::sort(record.advice.begin(), record.advice.end());
  record.advice.erase(std::unique(record.advice.begin(), record.advice.end()), record.advice.end());
  if (lost == 0) {
    record.state = TargetState::kEffective;
  } else {
    record.state = won == 0 ? TargetState::kOverridden : TargetState::kPartlyOverridden;
    record.conflicted = won == 0 && conflicts;
    record.message = DescribeLosses(outcomes);
  }
  return record;
}

class Assessment {
 public:
  Assessment(const View& view, const ServiceRows& rows, const ObjectKey& policy, const Placement& placement)
      : view_(view), rows_(rows), policy_(policy), placement_(placement) {}

  TargetRecord Service() {
    const auto row = rows_.find(placement_.target);
    if (row == rows_.end() || row->second.service == nullptr) return Missing();
    const EffectiveService& service = *row->second.service;
    if (!placement_.section.empty() &&
        std::none_of(service.ports.begin(), service.ports.end(),
                     [&](const auto& port) { return port.name == placement_.section; })) {
      return Record(TargetState::kNotFound, NoPortNamed(service, placement_.section));
    }
    const Outcome* outcome = FindOutcome(row->second, policy_, placement_);
    if (outcome == nullptr)
      return Record(TargetState::kNotCarried,
                    NoHttpPort(service, placement_.section, "timeouts and retries need HTTP"));
    if (!service.waypoint) return NoWaypoint(service);
    return Carried(service, Judge({outcome}));
  }

  TargetRecord Route() {
    const auto* parents = ParentsOf(view_, placement_.target);
    if (parents == nullptr) return Missing();
    if (!HasRule()) return Record(TargetState::kNotFound, "it has no rule named " + placement_.section);
    std::vector<const Outcome*> outcomes;
    std::vector<std::string> problems;
    TargetRecord bad = Record(TargetState::kNotCarried, "");
    bool by_istiod = false, istio_awaited = false;
    for (const ObjectKey& parent : ServiceParents(*parents)) {
      TargetRecord here = AtParent(parent, &outcomes);
      by_istiod = by_istiod || here.by_istiod;
      istio_awaited = istio_awaited || here.istio_awaited;
      if (here.state == TargetState::kEffective) continue;
      problems.push_back(parent.ToString() + ": " + here.message);
      if (here.state == TargetState::kNoWaypoint) bad.state = here.state;
    }
    std::string problem = JoinBounded(problems, "; ");
    if (outcomes.empty()) {
      bad.message = problem.empty() ? NoServiceParent(*parents) : problem;
      return bad;
    }
    TargetRecord record = Judge(outcomes);
    record.by_istiod = by_istiod;
    record.istio_awaited = istio_awaited;
    record.partial = !problems.empty();
    if (record.partial)
      record.message += (record.message.empty() ? "no effect at " : "; no effect at ") + problem;
    return record;
  }

 private:
  TargetRecord Missing() const {
    if (const auto invalid = view_.tables.InvalidOf(placement_.target)) {
      return Record(TargetState::kNotFound, "it is malformed: " + Join(invalid->errors, 2));
    }
    return Record(TargetState::kNotFound, "it does not exist");
  }

  bool HasRule() const {
    if (placement_.section.empty()) return true;
    const auto named = [&](const auto& rules) {
      return std::any_of(rules.begin(), rules.end(),
                         [&](const auto& r) { return r.name == placement_.section; });
    };
    if (placement_.target.kind == Kind::kHTTPRoute) {
      return named(view_.tables.Get<gateway::HTTPRoute>(placement_.target.nn())->rules);
    }
    return named(view_.tables.Get<gateway::GRPCRoute>(placement_.target.nn())->rules);
  }

  // kEffective: there is an outcome to judge.
  TargetRecord AtParent(const ObjectKey& parent, std::vector<const Outcome*>* outcomes) const {
    if (parent.ns != placement_.target.ns) {
      return Record(TargetState::kNotCarried,
                    "it is in another namespace: waypoints act for the server's side and honour only routes "
                    "in the namespace of the service");
    }
    const auto row = rows_.find(parent);
    if (row == rows_.end() || row->second.service == nullptr) {
      return Record(TargetState::kNotCarried, "it does not exist");
    }
    const EffectiveService& service = *row->second.service;
    const Outcome* outcome = FindOutcome(row->second, policy_, placement_);
    if (outcome == nullptr) return Record(TargetState::kNotCarried, WhyNoRule(parent, service));
    if (!service.waypoint) return NoWaypoint(service);
    TargetRecord record = Carried(service, Record(TargetState::kEffective, ""));
    if (record.state == TargetState::kEffective) outcomes->push_back(outcome);
    return record;
  }

  // The route names the service as parent, but no rule of it is in force there.
  std::string WhyNoRule(const ObjectKey& parent, const EffectiveService& service) const {
    // At a port that carries no HTTP neither kind of route counts, so that none displaces the other.
    for (const EffectivePort& port : service.ports) {
      if (!IsHttp(port.protocol)) continue;
      const auto displaced = RoutesAt(view_, parent, {port.port, port.name, port.protocol}).displaced;
      if (std::count(displaced.begin(), displaced.end(), placement_.target) > 0) {
        return "a GRPCRoute is attached to the same port, and displaces HTTPRoutes there";
      }
    }
    const auto* parents = ParentsOf(view_, placement_.target);
    const bool attached = std::any_of(service.ports.begin(), service.ports.end(), [&](const auto& port) {
      return AttachesTo(*parents, parent, {port.port, port.name, port.protocol});
    });
    return attached ? NoHttpPort(service, "", "timeouts and retries need HTTP")
                    : "it has no port that the parentRef names";
  }

  static std::string NoServiceParent(const std::vector<gateway::ParentRef>& parents) {
    if (parents.empty()) return "it has no parentRefs: attach it to a Service";
    return "it is attached to " + parents.front().kind + " " + parents.front().name +
           " and to no Service: Fairlead programs waypoints only; add a parentRef of kind Service (group "
           "\"\")";
  }

  TargetRecord NoWaypoint(const EffectiveService& service) const {
    return Record(TargetState::kNoWaypoint, NoWaypointInWords(view_, service.key, service.waypoint_problem));
  }

  // In Istio mode a service behind istiod's own waypoint gets what objects can carry.
  TargetRecord Carried(const EffectiveService& service, TargetRecord record) const {
    const auto gateway = view_.tables.Get<gateway::Gateway>(*service.waypoint);
    if (gateway == nullptr || !IsProgrammedByIstiod(view_.options, *gateway)) return record;
    const istiod::Carriage carriage = istiod::CarriageOf(service, view_.options.istio);
    if (!carriage.carried) return Record(TargetState::kNotCarried, carriage.problem);
    record.by_istiod = true;
    const auto limit = [&](const std::string& text) {
      record.advice.push_back({Note::Kind::kIstioLimit, text});
    };
    for (const std::string& text : carriage.limits) limit(text);
    if (!view_.options.istio_reported) return record;
    const auto state = view_.istio_states.find(service.key);
    record.istio_awaited = state == view_.istio_states.end() || !state->second.report;
    if (record.istio_awaited) return record;
    if (!state->second.report->problem.empty()) {
      return Record(TargetState::kNotCarried, state->second.report->problem);
    }
    for (const std::string& text : state->second.report->limits) limit(text);
    return record;
  }

  const View& view_;
  const ServiceRows& rows_;
  const ObjectKey& policy_;
  const Placement& placement_;
};

}  // namespace

std::string_view ToString(TargetState state) {
  constexpr std::array<std::string_view, kTargetStateCount> kNames = {
      "NotFound", "NotCarried", "NoWaypoint", "Overridden", "PartlyOverridden", "Effective"};
  return kNames[static_cast<size_t>(state)];
}

std::string NoPortNamed(const EffectiveService& service, const std::string& name) {
  std::vector<std::string> names;
  for (const EffectivePort& port : service.ports) {
    if (!port.name.empty()) names.push_back(port.name);
  }
  return "it has no TCP port named " + name +
         (names.empty() ? ", and none with a name" : "; it has " + JoinBounded(names, ", "));
}

std::string NoHttpPort(const EffectiveService& service, const std::string& section, const std::string& need) {
  std::string ports;
  for (const EffectivePort& port : service.ports) {
    if (!section.empty() && port.name != section) continue;
    if (!ports.empty()) ports += ", ";
    ports += std::to_string(port.port) + " " + std::string(ToString(port.protocol));
  }
  if (ports.empty()) return "it has no TCP port";
  return "it has no HTTP port (" + ports + "): " + need +
         "; set appProtocol to http, kubernetes.io/h2c or grpc if it is";
}

TargetRecord AssessTarget(const View& view, const ServiceRows& rows, const ObjectKey& policy,
                          const Placement& placement) {
  Assessment assessment(view, rows, policy, placement);
  const bool is_service =
      placement.target.kind == Kind::kService || placement.target.kind == Kind::kServiceEntry;
  return is_service ? assessment.Service() : assessment.Route();
}

}  // namespace fairlead::reconcilers
