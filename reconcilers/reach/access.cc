#include "reconcilers/reach/access.h"

#include <algorithm>

#include "reconcilers/lower/routes.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/tenancy/owned_object.h"
#include "reconcilers/waypoints/plan.h"

namespace fairlead::reconcilers {
namespace {

std::vector<SilentRule> New(const std::vector<SilentRule>& now, const std::vector<SilentRule>* before) {
  std::vector<SilentRule> out;
  for (const SilentRule& rule : now) {
    const bool old = before != nullptr && std::find(before->begin(), before->end(), rule) != before->end();
    if (!old) out.push_back(rule);
  }
  return out;
}

// The way out where neither it nor its namespace says anything of waypoints, beside their label.
std::string ByDefault(const std::string& workspace) {
  if (workspace.empty()) return "";
  return "or name one for all services of workspace " + workspace +
         " in spec.defaults.waypoint of its WorkspaceSettings (waypoints: Auto makes none for an "
         "AuthorizationPolicy alone); ";
}

// Its waypoint enforces what names it, and nobody else does.
void AddTarget(const View& view, const AccessTarget& target, std::vector<AccessNote>* out) {
  constexpr char kNobody[] = "nobody enforces this policy there";
  const auto add = [&](LintCode code, const std::string& problem, std::string fix) {
    out->push_back({code, target.field, target.key.ToString() + ": " + problem, std::move(fix)});
  };
  const ObjectMeta* meta = view.tables.MetaOf(target.key);
  if (meta == nullptr) {
    return add(LintCode::kTargetNotFound, "it does not exist", std::string("until it does, ") + kNobody);
  }
  const std::string frontend = FrontendProblem(view, target.key);
  if (!frontend.empty()) return add(LintCode::kNoWaypoint, frontend, kNobody);
  const Binding binding = BindingOf(view, target.key, *meta);
  if (binding.waypoint) return;
  const bool unsaid = !binding.named && !binding.opted_out;
  add(LintCode::kNoWaypoint,
      view.waypoint_plans.Find(target.key) == nullptr ? binding.problem
                                                      : NoWaypointInWords(view, target.key, binding.problem),
      (unsaid ? ByDefault(view.membership.WorkspaceOf(target.key.ns)) : "") + "until one does, " + kNobody);
}

AccessNote NotEnforced(const SilentRule& rule) {
  return {LintCode::kNotEnforced, rule.field, rule.why, rule.fix};
}

}  // namespace

std::vector<SilentRule> SilentRules(const View& view, const Foreign& policy, const Foreign* before) {
  if (view.membership.LabelsOf(policy.name.ns).Get("istio.io/dataplane-mode") != "ambient") return {};
  return New(policy.silent, before == nullptr ? nullptr : &before->silent);
}

std::vector<AccessNote> NotesOn(const View& view, const Foreign& policy, const Foreign* before) {
  std::vector<AccessNote> out;
  for (const SilentRule& lapse : New(policy.lapses, before == nullptr ? nullptr : &before->lapses))
    out.push_back(NotEnforced(lapse));
  for (const AccessTarget& target : policy.targets) AddTarget(view, target, &out);
  return out;
}

std::vector<AccessNote> LintAccess(const View& view, const Foreign& policy) {
  // What isolation writes is as it is meant.
  if (policy.labels.Get(kManagedByLabel) == kManagedByFairlead && policy.labels.Find(kWorkspaceLabel))
    return {};
  std::vector<AccessNote> out = NotesOn(view, policy, nullptr);
  for (const SilentRule& rule : SilentRules(view, policy, nullptr)) out.push_back(NotEnforced(rule));
  return out;
}

}  // namespace fairlead::reconcilers
