#include "reconcilers/waypoints/plan.h"

#include <algorithm>
#include <utility>

#include "reconcilers/failover/alone.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/waypoints/gateway.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::string_view kGatewayName = "gateway.networking.k8s.io/gateway-name";

using Rules = WaypointFacts::Rules;

// The policy for which the service needs a waypoint; empty: none does.
std::string NeedOf(const View& view, const ServiceRows& rows, const ObjectKey& key) {
  const auto row = rows.find(key);
  if (row == rows.end() || row->second.service == nullptr) return "";
  const EffectiveService& service = *row->second.service;
  if (!service.policies.empty()) return service.policies.front().ToString();
  for (const EffectivePort& port : service.ports) {
    const auto policy = failover::WinnerAt(view, key, port.name);
    if (policy == nullptr || failover::AtZtunnel(view, key, *policy).carried) continue;
    return ObjectKey{Kind::kFailoverPolicy, policy->meta.ns, policy->meta.name}.ToString();
  }
  return "";
}

// A route that has effect at a waypoint only; empty: none.
std::string RouteAt(const View& view, const ObjectKey& key) {
  for (const ObjectKey& route : view.routes_of.Find(key)) {
    if (route.ns == key.ns) return route.ToString();
  }
  return "";
}

// After a start there may be no version of them that can be read: what they made stays.
bool IsUnreadable(const View& view, const ResolvedWorkspace* workspace) {
  if (workspace == nullptr) return !view.tables.NeverRead(Kind::kWorkspace).empty();
  const auto& settings = view.tables.NeverRead(Kind::kWorkspaceSettings);
  return std::any_of(settings.begin(), settings.end(),
                     [&](const NamespacedName& name) { return workspace->namespaces.contains(name.ns); });
}

// A policy that may need a waypoint anywhere: its targets and its scope are not known. Empty: none.
std::string UnreadPolicy(const View& view) {
  for (const Kind kind : {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy}) {
    const auto& names = view.tables.NeverRead(kind);
    if (!names.empty()) return ObjectKey{kind, names.begin()->ns, names.begin()->name}.ToString();
  }
  return "";
}

class Planning {
 public:
  Planning(const View& view, const std::string& ns, const WaypointFacts& facts)
      : view_(view),
        ns_(ns),
        facts_(facts),
        workspace_(view.tenancy.Find(view.membership.WorkspaceOf(ns))),
        own_{ns, kOwnWaypoint},
        target_{own_},
        unreadable_(IsUnreadable(view, workspace_.get())) {
    if (workspace_ == nullptr) return;
    out_.workspace = workspace_->name();
    auto_ = workspace_->workspace->waypoints == api::WaypointMode::kAuto;
    default_ = DefaultWaypointOf(*workspace_);
    if (default_) target_ = default_->gateway;
  }

  WaypointPlan Run() {
    const auto look = [&](const auto& object) {
      using T = std::remove_cvref_t<decltype(*object)>;
      const ObjectKey key{T::kKind, object->meta.ns, object->meta.name};
      if (object->meta.deleting) return;
      if (std::optional<WaypointStand> stand = StandOf(key, object->meta))
        out_.services.emplace(key, *std::move(stand));
    };
    view_.tables.ForEachIn<core::Service>(ns_, look);
    view_.tables.ForEachIn<istio::ServiceEntry>(ns_, look);
    out_.own = OwnGateway();
    return std::move(out_);
  }

 private:
  // Whether a policy at the service would bring it a waypoint.
  bool ByPolicies(const ObjectKey& key) const {
    return workspace_ != nullptr && auto_ && !default_ && FrontendProblem(view_, key).empty();
  }

  // What asks for a waypoint at the service. A label of ours stays while a route needs it.
  std::string Need(const ObjectKey& key, bool labelled) const {
    if (workspace_ != nullptr && default_ && FrontendProblem(view_, key).empty()) return default_->said_by;
    if (!ByPolicies(key)) return "";
    std::string need = NeedOf(view_, facts_.rows, key);
    return need.empty() && labelled ? RouteAt(view_, key) : need;
  }

  std::optional<WaypointStand> StandOf(const ObjectKey& key, const ObjectMeta& meta) const {
    // The Service in front of a waypoint itself.
    if (meta.labels.Find(kGatewayName)) return std::nullopt;
    const auto label = meta.labels.Find(kUseWaypoint);
    const bool ours = label && meta.own_fields == OwnFields::kUseWaypoint;
    WaypointStand out{Stand::kLeaves, target_, Need(key, ours), ""};
    if (!ours && meta.own_fields != OwnFields::kNone) {
      out.why = "a user has changed the label that was ours";
      return out;
    }
    if (ours) return Labelled(key, meta, std::move(out));
    if (out.need.empty()) return std::nullopt;
    if (label) return ByUser(std::string(*label), "its label ", std::move(out));
    if (const std::string_view of_namespace = view_.membership.LabelsOf(ns_).Get(kUseWaypoint);
        !of_namespace.empty())
      return ByUser(std::string(of_namespace), "the label of Namespace " + ns_ + " ", std::move(out));
    if (meta.labels.Find(kUseWaypointNamespace)) {
      out.stand = Stand::kRefused;
      out.why = "its label " + std::string(kUseWaypointNamespace) + " is set without " +
                std::string(kUseWaypoint) + ": remove it, or say both";
      return out;
    }
    return Coming(key, std::move(out));
  }

  static std::optional<WaypointStand> ByUser(const std::string& label, const std::string& whose,
                                             WaypointStand out) {
    if (label != "none") return std::nullopt;
    out.stand = Stand::kOptedOut;
    out.why = whose + std::string(kUseWaypoint) + " is none";
    return out;
  }

  WaypointStand Coming(const ObjectKey& key, WaypointStand out) const {
    NotReadyYet not_ready = NotReady(view_, target_, ns_, *workspace_);
    if (unreadable_) not_ready = {true, "WorkspaceSettings of the workspace cannot be read"};
    if (!not_ready.why.empty()) {
      out.stand = not_ready.refused ? Stand::kRefused : Stand::kAwaits;
      out.why = std::move(not_ready.why);
      return out;
    }
    out.stand = Gate(key, Stand::kPrepared, Stand::kMoves, facts_.rules == Rules::kWritten);
    if (out.stand == Stand::kMoves) return out;
    out.why = facts_.rules == Rules::kRefused
                  ? "what isolation comes to could not all be written: the condition Written of Workspace " +
                        workspace_->name() + " says why"
                  : "isolation's rules for it are being written first";
    return out;
  }

  // It has our label.
  WaypointStand Labelled(const ObjectKey& key, const ObjectMeta& meta, WaypointStand out) const {
    const std::string_view in = meta.labels.Get(kUseWaypointNamespace);
    const NamespacedName at{in.empty() ? ns_ : std::string(in), std::string(meta.labels.Get(kUseWaypoint))};
    const NamespacedName wanted = std::exchange(out.gateway, at);
    const auto gateway = view_.tables.Get<gateway::Gateway>(at);
    if (gateway == nullptr || gateway->meta.deleting) {
      out.why = "Gateway " + at.ToString() + " is gone";
      return out;
    }
    if (unreadable_) {
      out.stand = Stand::kStays;
      out.why = "a Workspace or its WorkspaceSettings cannot be read: what was made for it stays";
      return out;
    }
    const std::string_view of_namespace = view_.membership.LabelsOf(ns_).Get(kUseWaypoint);
    if (out.need.empty() && of_namespace.empty() && ByPolicies(key)) {
      if (const std::string policy = UnreadPolicy(view_); !policy.empty()) {
        out.stand = Stand::kStays;
        out.why = policy + " cannot be read, and may need it";
        return out;
      }
    }
    if (out.need.empty() || !of_namespace.empty()) return Going(key, of_namespace, std::move(out));
    out.stand = Stand::kMoved;
    if (at == wanted) {
      if (const std::string problem = NotProgrammed(*gateway); !problem.empty())
        out.why = "Gateway " + at.ToString() + " " + problem;
      return out;
    }
    WaypointStand next = Coming(key, {Stand::kAwaits, wanted, out.need, ""});
    if (next.stand == Stand::kPrepared || next.stand == Stand::kMoves) return next;
    out.why = "it does not go to Gateway " + wanted.ToString() + " yet: " + next.why;
    return out;
  }

  // Nothing wants our label any more, or the namespace has a label of its own.
  WaypointStand Going(const ObjectKey& key, std::string_view of_namespace, WaypointStand out) const {
    if (!of_namespace.empty() && of_namespace != "none") {
      const std::string_view in = view_.membership.LabelsOf(ns_).Get(kUseWaypointNamespace);
      const NamespacedName theirs{in.empty() ? ns_ : std::string(in), std::string(of_namespace)};
      std::string problem = WaypointProblem(view_, theirs, ns_);
      if (problem.empty()) {
        if (const std::string programmed = NotProgrammed(*view_.tables.Get<gateway::Gateway>(theirs));
            !programmed.empty())
          problem = "Gateway " + theirs.ToString() + " " + programmed;
      }
      if (!problem.empty()) {
        out.stand = Stand::kStays;
        out.why = "Namespace " + ns_ + " names another waypoint, and " + problem;
        return out;
      }
    }
    const bool known = facts_.rules == Rules::kWritten || facts_.rules == Rules::kRefused;
    out.stand = Gate(key, Stand::kReleased, Stand::kLeaves, known);
    if (out.stand == Stand::kReleased) out.why = "isolation's rules without it are being written first";
    return out;
  }

  // The second once what isolation comes to with the first is written.
  Stand Gate(const ObjectKey& key, Stand first, Stand second, bool written) const {
    const bool rules = workspace_ != nullptr && workspace_->workspace->isolation != api::Isolation::kOff;
    if (!rules || facts_.rules == Rules::kNobodyWrites) return second;
    if (facts_.before == nullptr || !written) return first;
    const auto before = facts_.before->services.find(key);
    const bool told = before != facts_.before->services.end() &&
                      (before->second.stand == first || before->second.stand == second);
    return told ? second : first;
  }

  WaypointPlan::Own OwnGateway() const {
    using Own = WaypointPlan::Own;
    const auto gateway = view_.tables.Get<gateway::Gateway>(own_);
    const bool wanted = std::any_of(out_.services.begin(), out_.services.end(), [&](const auto& entry) {
      const Stand stand = entry.second.stand;
      return entry.second.gateway == own_ && (stand == Stand::kAwaits || stand == Stand::kPrepared ||
                                              stand == Stand::kMoves || stand == Stand::kMoved);
    });
    if (gateway == nullptr) return wanted ? Own::kWrite : Own::kNone;
    if (!IsOwnWaypoint(*gateway) || gateway->meta.deleting) return Own::kNone;
    if (wanted) return IsOwnWaypointCurrent(*gateway, out_.workspace) ? Own::kKept : Own::kWrite;
    return unreadable_ || !facts_.naming.empty() || NamedByNamespace() ? Own::kKept : Own::kDelete;
  }

  bool NamedByNamespace() const {
    const auto names = view_.tables.Names(Kind::kNamespace);
    return std::any_of(names.begin(), names.end(), [&](const NamespacedName& name) {
      const Labels& labels = view_.membership.LabelsOf(name.name);
      if (labels.Get(kUseWaypoint) != kOwnWaypoint) return false;
      const std::string_view in = labels.Get(kUseWaypointNamespace);
      return (in.empty() ? name.name : in) == ns_;
    });
  }

  const View& view_;
  const std::string& ns_;
  const WaypointFacts& facts_;
  const Ptr<ResolvedWorkspace> workspace_;
  const NamespacedName own_;
  NamespacedName target_;
  const bool unreadable_;
  bool auto_ = false;
  std::optional<DefaultWaypoint> default_;
  WaypointPlan out_;
};

std::string InWords(const WaypointStand& stand, const std::string& workspace, const std::string& problem) {
  const std::string at = "Gateway " + stand.gateway.ToString();
  switch (stand.stand) {
    case Stand::kAwaits:
      return (stand.gateway.name == kOwnWaypoint
                  ? "a waypoint is being made for it: "
                  : "it moves to the waypoint of Workspace " + workspace + " once that is ready: ") +
             stand.why;
    case Stand::kPrepared:
      return "it is about to move to its waypoint, " + at + ": " + stand.why;
    case Stand::kMoves:
      return "it moves to its waypoint, " + at + ", now";
    case Stand::kOptedOut:
      return problem + "; Workspace " + workspace + " would let " + at + " serve it";
    case Stand::kRefused:
      return problem + "; Workspace " + workspace + " would let " + at + " serve it, but " + stand.why;
    case Stand::kMoved:
    case Stand::kReleased:
    case Stand::kLeaves:
    case Stand::kStays:
      break;
  }
  return problem;
}

}  // namespace

WaypointPlan PlanWaypoints(const View& view, const std::string& ns, const WaypointFacts& facts) {
  const auto object = view.tables.Get<core::Namespace>({"", ns});
  if (object != nullptr && object->meta.deleting) return {};
  WaypointPlan out = Planning(view, ns, facts).Run();
  return out.empty() ? WaypointPlan() : out;
}

std::string NoWaypointInWords(const View& view, const ObjectKey& service, const std::string& problem) {
  if (!view.options.istio_mode) return problem;
  const std::string& workspace = view.membership.WorkspaceOf(service.ns);
  if (const WaypointStand* stand = view.waypoint_plans.Find(service)) {
    std::string out = InWords(*stand, workspace, problem);
    std::string failed = view.waypoint_plans.ProblemOf(service);
    if (failed.empty() && stand->gateway == NamespacedName{service.ns, kOwnWaypoint})
      failed = view.waypoint_plans.ProblemOf({Kind::kGateway, service.ns, kOwnWaypoint});
    return failed.empty() ? out : out + "; not done: " + failed;
  }
  // Of a policy that is not in force yet.
  const ObjectMeta* meta = view.tables.MetaOf(service);
  const auto resolved = view.tenancy.Find(workspace);
  if (meta == nullptr || resolved == nullptr || !FrontendProblem(view, service).empty()) return problem;
  const Binding binding = BindingOf(view, service, *meta);
  const bool free = !binding.named && !binding.opted_out;
  if (!free || resolved->workspace->waypoints != api::WaypointMode::kAuto) return problem;
  return "no waypoint serves it yet: Workspace " + workspace +
         " has waypoints: Auto, so that one is made for it";
}

std::string MoveInWords(const ObjectKey& service, const WaypointStand& stand) {
  const std::string& own = service.ns;
  std::string label = std::string(kUseWaypoint) + ": " + stand.gateway.name;
  if (stand.gateway.ns != own) label += ", " + std::string(kUseWaypointNamespace) + ": " + stand.gateway.ns;
  switch (stand.stand) {
    case Stand::kAwaits:
    case Stand::kPrepared:
      return service.ToString() + " would be labelled " + label + ", for " + stand.need +
             ", once the waypoint is ready: " + stand.why;
    case Stand::kMoves:
      return service.ToString() + " would be labelled " + label + ", for " + stand.need;
    case Stand::kReleased:
    case Stand::kLeaves:
      return service.ToString() + " would lose its label " + label;
    case Stand::kOptedOut:
    case Stand::kRefused:
      return service.ToString() + " would not be labelled " + label + ": " + stand.why;
    case Stand::kMoved:
    case Stand::kStays:
      break;
  }
  return "";
}

}  // namespace fairlead::reconcilers
