#include "reconcilers/failover/assess.h"

#include <algorithm>
#include <map>

#include "reconcilers/failover/alone.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/waypoints/plan.h"

namespace fairlead::reconcilers::failover {
namespace {

Assessment Bad(TargetState state, std::string message) {
  Assessment out;
  out.record.state = state;
  out.record.message = std::move(message);
  return out;
}

std::string Missing(const View& view, const ObjectKey& target) {
  const auto invalid = view.tables.InvalidOf(target);
  return invalid ? "it is malformed: " + Join(invalid->errors, 2) : "it does not exist";
}

// "FailoverPolicy shop/all is in force at port http: it is older"
std::string Describe(const std::map<std::pair<ObjectKey, LossReason>, std::vector<std::string>>& rivals,
                     bool everywhere) {
  std::vector<std::string> out;
  for (const auto& [rival, ports] : rivals) {
    std::string text = rival.first.ToString() + " is in force";
    if (!everywhere) text += " at port " + JoinBounded(ports, ", ");
    out.push_back(text + ", as a whole: it " + std::string(ToString(rival.second)));
  }
  return JoinBounded(out, "; ");
}

void Judge(const View& view, const api::FailoverPolicy& policy, const Placement& placement,
           const std::vector<const EffectivePort*>& ports, Assessment* out) {
  std::map<std::pair<ObjectKey, LossReason>, std::vector<std::string>> rivals;
  bool conflicts = true;
  for (const EffectivePort* port : ports) {
    const std::optional<Rival> rival = RivalAt(view, policy, placement, port->name);
    if (!rival) {
      out->ports.push_back(port->port);
      continue;
    }
    const ObjectKey key{Kind::kFailoverPolicy, rival->policy->meta.ns, rival->policy->meta.name};
    rivals[{key, rival->reason}].push_back(port->name.empty() ? std::to_string(port->port) : port->name);
    conflicts = conflicts && (rival->reason == LossReason::kOlder || rival->reason == LossReason::kName);
  }
  TargetRecord& record = out->record;
  record.state = rivals.empty()       ? TargetState::kEffective
                 : out->ports.empty() ? TargetState::kOverridden
                                      : TargetState::kPartlyOverridden;
  record.conflicted = out->ports.empty() && conflicts;
  record.message = Describe(rivals, out->ports.empty());
}

// By the objects that istiod reads.
void CarriedByIstiod(const View& view, const EffectiveService& service, const api::FailoverPolicy& policy,
                     Assessment* out) {
  if (!view.options.istio.installed) {
    *out = Bad(
        TargetState::kNotCarried,
        "the cluster does not serve destinationrules.networking.istio.io/v1: install Istio's CRDs, or let "
        "a Gateway of class fairlead-waypoint serve it");
    return;
  }
  TargetRecord& record = out->record;
  record.by_istiod = true;
  const auto limit = [&](std::string text) {
    record.advice.push_back({Note::Kind::kIstioLimit, std::move(text)});
  };
  for (std::string& text : istiod::RuleOf(policy).limits) limit(std::move(text));
  if (service.key.kind == Kind::kServiceEntry && service.hostnames.size() > 1) {
    limit("it is carried for the host " + service.hostnames.front() +
          " alone: a DestinationRule is for one host");
  }
  if (!view.options.istio_reported) return;
  const auto state = view.istio_states.find(service.key);
  record.istio_awaited = state == view.istio_states.end() || !state->second.report;
  if (record.istio_awaited || state->second.report->failover_problem.empty()) return;
  *out = Bad(TargetState::kNotCarried, state->second.report->failover_problem);
}

// Where the Service itself says the order that the policy asks for, ztunnel keeps it.
Assessment WithoutWaypoint(const View& view, const EffectiveService& service,
                           const api::FailoverPolicy& policy, const Placement& placement,
                           const std::vector<const EffectivePort*>& ports) {
  Alone alone = AtZtunnel(view, service.key, policy);
  if (!alone.carried) {
    return Bad(TargetState::kNoWaypoint, NoWaypointInWords(view, service.key, service.waypoint_problem) +
                                             (alone.advice.empty() ? "" : "; " + alone.advice));
  }
  Assessment out;
  Judge(view, policy, placement, ports, &out);
  if (out.ports.empty()) return out;
  out.record.by_istiod = true;
  for (std::string& text : alone.limits)
    out.record.advice.push_back({Note::Kind::kIstioLimit, std::move(text)});
  return out;
}

}  // namespace

Assessment Assess(const View& view, const ServiceRows& rows, const api::FailoverPolicy& policy,
                  const Placement& placement) {
  const auto row = rows.find(placement.target);
  if (row == rows.end() || row->second.service == nullptr) {
    return Bad(TargetState::kNotFound, Missing(view, placement.target));
  }
  const EffectiveService& service = *row->second.service;
  std::vector<const EffectivePort*> ports;
  for (const EffectivePort& port : service.ports) {
    if (placement.section.empty() || placement.section == port.name) ports.push_back(&port);
  }
  if (ports.empty()) {
    return placement.section.empty()
               ? Bad(TargetState::kNotCarried, "it has no TCP port")
               : Bad(TargetState::kNotFound, "it has no TCP port named " + placement.section);
  }
  if (!service.waypoint) return WithoutWaypoint(view, service, policy, placement, ports);
  Assessment out;
  Judge(view, policy, placement, ports, &out);
  if (!out.ports.empty() && istiod::IsServedByIstiod(view, service))
    CarriedByIstiod(view, service, policy, &out);
  return out;
}

}  // namespace fairlead::reconcilers::failover
