#include "reconcilers/failover/drill.h"

#include <algorithm>
#include <optional>
#include <set>

#include "reconcilers/failover/assess.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/failover/shares.h"
#include "reconcilers/failover/sources.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers::failover {
namespace {

using Of = DrillState::Of;

constexpr char kInForce[] = "InForce", kTimeOver[] = "TimeOver", kUnsafe[] = "Unsafe", kTooLong[] = "TooLong",
               kNoTarget[] = "NoTarget", kWaiting[] = "Waiting";
constexpr size_t kListed = 4;

// Stays so, whatever changes, until another drill is asked for.
bool IsLast(std::string_view reason) { return reason == kUnsafe || reason == kTooLong; }

bool Names(const api::FailoverDrill& drill, const std::string& ns, const ObjectKey& service) {
  return std::any_of(drill.services.begin(), drill.services.end(), [&](const std::string& name) {
    return name == service.nn().ToString() || (service.ns == ns && name == service.name);
  });
}

// Where a drill goes, and where it cannot.
class Reach {
 public:
  Reach(const View& view, const ServiceRows& rows, const api::FailoverPolicy& policy)
      : view_(view), rows_(rows), policy_(policy) {
    const api::FailoverDrill& drill = *policy.drill;
    std::set<ObjectKey> targets;
    for (const Placement& placement :
         view.failovers.Of({Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name})) {
      if (!drill.services.empty() && !Names(drill, policy.meta.ns, placement.target)) continue;
      targets.insert(placement.target);
      Add(placement);
    }
    too_many_ = targets.size() > api::FailoverDrill::kMaxServices;
    for (const std::string& name : drill.services) {
      const bool there = std::any_of(targets.begin(), targets.end(), [&](const ObjectKey& target) {
        return name == target.nn().ToString() || (target.ns == policy.meta.ns && name == target.name);
      });
      if (!there) cannot_.insert(name + " is no target of the policy");
    }
  }

  bool too_many() const { return too_many_; }
  std::vector<Destination> on() const { return {on_.begin(), on_.end()}; }
  std::string Cannot() const { return JoinBounded({cannot_.begin(), cannot_.end()}, "; ", kListed); }

  // What requests would be answered 503; empty: none.
  std::string Stranded() const {
    std::set<std::string> out;
    std::set<api::Locality> anywhere;  // the places that are known, and one that is not
    for (const Destination& destination : on_) {
      const Members members = MembersOf(view_, destination, LabelsFor(policy_));
      const KnownSources sources = SourcesOf(view_, rows_.at(destination.service).service->waypoint);
      if (!sources.unplaced.empty() && anywhere.empty()) {
        anywhere = KnownPlaces(view_);
        anywhere.insert({view_.options.cluster_name, "", "", ""});
      }
      if (Strands(policy_, sources.AlsoAt(anywhere), members, policy_.drill->down))
        out.insert(destination.service.ToString());
    }
    return JoinBounded({out.begin(), out.end()}, ", ", kListed);
  }

 private:
  void Add(const Placement& placement) {
    const std::string name = placement.target.ToString();
    const Assessment found = Assess(view_, rows_, policy_, placement);
    const auto row = rows_.find(placement.target);
    if (row != rows_.end() && row->second.service != nullptr && !row->second.service->waypoint) {
      cannot_.insert(name + ": no waypoint serves it");
      return;
    }
    if (found.record.by_istiod) {
      cannot_.insert(name + ": its waypoint is programmed by istiod, which has no drills");
      return;
    }
    if (found.ports.empty()) {
      cannot_.insert(name + ": " + found.record.message);
      return;
    }
    for (const EffectivePort& port : rows_.at(placement.target).service->ports) {
      if (!placement.section.empty() && placement.section != port.name) continue;
      if (std::find(found.ports.begin(), found.ports.end(), port.port) != found.ports.end()) {
        on_.insert({placement.target, port.port});
      } else if (!IsHttp(port.protocol)) {
        cannot_.insert(name + ": port " + std::to_string(port.port) + " is not HTTP");
      }
    }
  }

  const View& view_;
  const ServiceRows& rows_;
  const api::FailoverPolicy& policy_;
  std::set<Destination> on_;
  std::set<std::string> cannot_;
  bool too_many_ = false;
};

// What the status says of this very drill: of another replica, or of before a restart.
const api::DrillStatus* Told(const api::FailoverPolicy& policy) {
  if (!policy.status || policy.status->observed_generation != policy.meta.generation) return nullptr;
  return policy.status->failover.drill ? &*policy.status->failover.drill : nullptr;
}

std::string Served(const std::vector<Destination>& on) {
  std::vector<std::string> names;
  for (const Destination& destination : on) {
    std::string name = destination.service.ToString();
    if (names.empty() || names.back() != name) names.push_back(std::move(name));
  }
  return JoinBounded(names, ", ", kListed);
}

}  // namespace

std::string_view ToString(Of state) {
  switch (state) {
    case Of::kRunning:
      return "Running";
    case Of::kEnded:
      return "Ended";
    case Of::kRefused:
      return "Refused";
  }
  return "";
}

Members Without(const Members& members, const api::Locality& down) {
  std::vector<Member> left(members.begin(), members.end());
  for (Member& member : left) member.healthy = member.healthy && !Covers(down, member.locality);
  return left;
}

bool Strands(const api::FailoverPolicy& policy, const std::set<Source>& from, const Members& members,
             const api::Locality& down) {
  const Members left = Without(members, down);
  return std::any_of(from.begin(), from.end(), [&](const Source& source) {
    return SharesOf(PlanFailover(policy, source, left)).nowhere > 0;
  });
}

DrillState JudgeDrill(const View& view, const ServiceRows& rows, const api::FailoverPolicy& policy,
                      const DrillState* before) {
  const api::FailoverDrill& drill = *policy.drill;
  if (before != nullptr && before->drill != drill) before = nullptr;
  const api::DrillStatus* const told = drill.force ? nullptr : Told(policy);
  DrillState out;
  out.drill = drill;
  out.generation = policy.meta.generation;
  const auto say = [&out](Of state, std::string reason, std::string message) {
    out.state = state;
    out.reason = std::move(reason);
    out.message = std::move(message);
    return out;
  };
  if (before != nullptr && IsLast(before->reason)) return say(before->state, before->reason, before->message);
  if (told != nullptr && IsLast(told->reason))
    return say(told->state == "Ended" ? Of::kEnded : Of::kRefused, told->reason, told->message);
  if (drill.until <= view.drills.now)
    return say(Of::kEnded, kTimeOver, "its time (spec.drill.until) is over");
  if (drill.until.seconds - view.drills.now.seconds > api::FailoverDrill::kLongest)
    return say(Of::kRefused, kTooLong, "spec.drill.until must be at most 24 hours from now");

  const Reach reach(view, rows, policy);
  if (reach.too_many())
    return say(Of::kRefused, kNoTarget,
               "the policy has more than 64 targets: name those of the drill (spec.drill.services)");
  const std::vector<Destination> on = reach.on();
  if (on.empty()) {
    const std::string why = reach.Cannot();
    return say(Of::kRefused, kNoTarget,
               why.empty() ? "the policy has no target" : "no target can take part: " + why);
  }
  const std::string down = api::DownToString(drill.down);
  if (const std::string stranded = drill.force ? "" : reach.Stranded(); !stranded.empty()) {
    const std::string what = "without " + down + " nothing healthy is left for requests to " + stranded;
    for (const auto& [name, cluster] : view.remotes.clusters()) {
      if (cluster.status.state == RemoteState::kConnecting)
        return say(Of::kRefused, kWaiting, what + ", as long as cluster " + name + " is not read");
    }
    const bool ran = (before != nullptr && before->state == Of::kRunning) ||
                     (before == nullptr && told != nullptr && told->state == "Running");
    return say(
        ran ? Of::kEnded : Of::kRefused, kUnsafe,
        what + (ran ? "; start another drill once it is" : "; spec.drill.force carries it out all the same"));
  }
  out.on = on;
  std::string message = "requests to " + Served(on) + " leave out " + down;
  if (drill.weight > 0) message += " but for " + std::to_string(drill.weight) + " % of its share";
  if (const std::string cannot = reach.Cannot(); !cannot.empty()) message += "; not in force: " + cannot;
  return say(Of::kRunning, kInForce, std::move(message));
}

}  // namespace fairlead::reconcilers::failover
