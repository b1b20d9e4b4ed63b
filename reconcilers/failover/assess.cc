#include "reconcilers/failover/assess.h"

#include <algorithm>
#include <map>

#include "reconcilers/failover/alone.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/istio/lower.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/waypoints/plan.h"

namespace fairlead::reconcilers::failover {
namespace {

constexpr char kNeedsHttp[] = "a waypoint of Fairlead steers HTTP alone";

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

// What keeps istiod's waypoint from the endpoints of other clusters, or from telling them apart.
void AcrossClusters(const View& view, const EffectiveService& service, const api::FailoverPolicy& policy,
                    std::vector<std::string>* limits) {
  const auto global = view.tables.Get<core::Service>(service.key.nn());
  if (service.key.kind != Kind::kService || global == nullptr || !IsGlobal(*global) ||
      view.remotes.clusters().empty())
    return;
  const auto gateway = view.tables.Get<gateway::Gateway>(*service.waypoint);
  if (gateway != nullptr && gateway->meta.labels.Get(kGlobalLabel) != "true") {
    limits->push_back("behind Gateway " + service.waypoint->ToString() +
                      " istiod joins no endpoints of other clusters: give it the label " +
                      std::string(kGlobalLabel) + ": \"true\", which makes all of its services global");
  }
  const auto is_place = [](const std::string& label) { return label.starts_with("topology."); };
  if (std::all_of(policy.priority_labels.begin(), policy.priority_labels.end(), is_place)) return;
  for (const EffectivePort& port : service.ports) {
    if (NetworksApart(view, MembersOf(view, {service.key, port.port})).empty()) continue;
    limits->push_back(
        "of endpoints on other networks istiod's waypoint knows no labels but those of their place "
        "(istio/istio#49500)");
    return;
  }
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
  std::vector<std::string> limits = istiod::RuleOf(policy).limits;
  AcrossClusters(view, service, policy, &limits);
  for (std::string& text : limits) limit(std::move(text));
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

// Our own waypoints steer HTTP; of other ports they know no endpoints. The others, for the record.
std::string LeaveHttp(std::vector<const EffectivePort*>* ports) {
  std::vector<std::string> others;
  for (const EffectivePort* port : *ports) {
    if (!IsHttp(port->protocol))
      others.push_back("port " + std::to_string(port->port) + " (" + std::string(ToString(port->protocol)) +
                       ") goes on as always: " + kNeedsHttp);
  }
  std::erase_if(*ports, [](const EffectivePort* port) { return !IsHttp(port->protocol); });
  return JoinBounded(others, "; ");
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
    return placement.section.empty() ? Bad(TargetState::kNotCarried, "it has no TCP port")
                                     : Bad(TargetState::kNotFound, NoPortNamed(service, placement.section));
  }
  if (!service.waypoint) return WithoutWaypoint(view, service, policy, placement, ports);
  const bool by_istiod = istiod::IsServedByIstiod(view, service);
  const std::string others = by_istiod ? "" : LeaveHttp(&ports);
  if (ports.empty()) return Bad(TargetState::kNotCarried, NoHttpPort(service, placement.section, kNeedsHttp));
  Assessment out;
  Judge(view, policy, placement, ports, &out);
  if (!others.empty()) out.record.message += (out.record.message.empty() ? "" : "; ") + others;
  if (!out.ports.empty() && by_istiod) CarriedByIstiod(view, service, policy, &out);
  return out;
}

}  // namespace fairlead::reconcilers::failover
