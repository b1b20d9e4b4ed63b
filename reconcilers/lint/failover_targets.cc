// What a FailoverPolicy comes to at each of its targets: nothing, where the target is not there, where no
// waypoint serves it, or where another policy wins.
#include <algorithm>
#include <set>

#include "reconcilers/failover/alone.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/waypoints/plan.h"

namespace fairlead::reconcilers {
namespace {

bool IsConflict(LossReason reason) { return reason == LossReason::kOlder || reason == LossReason::kName; }

class TargetsLint {
 public:
  TargetsLint(const View& view, const api::FailoverPolicy& policy, Findings* out)
      : view_(view),
        policy_(policy),
        key_{Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name},
        out_(out) {}

  void Check(const Placement& at) {
    const std::string field = FieldOf(policy_, at);
    const std::string where = at.target.ToString() + (at.section.empty() ? "" : " (" + at.section + ")");
    const ObjectMeta* meta = view_.tables.MetaOf(at.target);
    if (meta == nullptr)
      return out_->Add(LintCode::kTargetNotFound, key_, field, where + ": it does not exist",
                       MeantBy(view_, at.target));
    if (!Rivals(at, field, where)) return;
    std::string problem = FrontendProblem(view_, at.target);
    if (problem.empty()) problem = BindingOf(view_, at.target, *meta).problem;
    if (problem.empty()) return;
    const failover::Alone alone = failover::AtZtunnel(view_, at.target, policy_);
    if (alone.carried) return;
    out_->Add(LintCode::kNoWaypoint, key_, field,
              where + ": " + NoWaypointInWords(view_, at.target, problem) +
                  (alone.advice.empty() ? "" : "; " + alone.advice));
  }

 private:
  // False: it wins at none of its ports there.
  bool Rivals(const Placement& at, const std::string& field, const std::string& where) {
    bool wins = false;
    std::set<std::string> rivals;
    bool conflict = false;
    for (const PortInfo& port : PortsOf(view_, at.target).value_or(std::vector<PortInfo>())) {
      if (!at.section.empty() && at.section != port.name) continue;
      const auto rival = failover::RivalAt(view_, policy_, at, port.name);
      wins = wins || !rival;
      if (!rival) continue;
      rivals.insert(
          ObjectKey{Kind::kFailoverPolicy, rival->policy->meta.ns, rival->policy->meta.name}.ToString());
      conflict = conflict || IsConflict(rival->reason);
    }
    if (rivals.empty()) return true;
    const LintCode code = conflict ? LintCode::kConflict
                          : wins   ? LintCode::kPartlyOverridden
                                   : LintCode::kOverridden;
    out_->Add(code, key_, field,
              where + ": " + JoinBounded({rivals.begin(), rivals.end()}, ", ") + " is in force there" +
                  (wins ? " at some of its ports" : "") + ", as a whole",
              conflict ? "merge the two policies, or let one name a nearer target" : "");
    return wins;
  }

  const View& view_;
  const api::FailoverPolicy& policy_;
  const ObjectKey key_;
  Findings* const out_;
};

}  // namespace

bool LintFailoverTargets(const View& view, const api::FailoverPolicy& policy, size_t max_targets,
                         Findings* out) {
  const ObjectKey key{Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name};
  if (const std::string problem = ScopeProblem(view, policy); !problem.empty()) {
    out->Add(LintCode::kScopeNotAllowed, key, "spec.scope", problem);
    return false;
  }
  std::vector<Placement> placements = PlacementsOf(view, policy);
  if (placements.empty() && !policy.targets.selectors.empty())
    AddNothingSelected(key, policy.targets.scope, out);
  placements.resize(std::min(placements.size(), max_targets));
  TargetsLint lint(view, policy, out);
  for (const Placement& placement : placements) lint.Check(placement);
  return true;
}

}  // namespace fairlead::reconcilers
