#include "reconcilers/lint/candidate.h"

#include <algorithm>

#include "crds/base/names.h"
#include "reconcilers/lint/collect.h"
#include "reconcilers/lint/what_if.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/tenancy/claims.h"

namespace fairlead::reconcilers {
namespace {

std::string FieldOf(size_t ref) { return "spec.targetRefs[" + std::to_string(ref) + "]"; }

// What others of its level lose to it, being younger; what it loses itself is among the findings at its page.
void LintLosers(const ObjectKey& key, const api::RetryTimeoutPolicy& policy, const WhatIf& what_if,
                Findings* out) {
  for (size_t i = 0; i < policy.targets.refs.size(); ++i) {
    const ObjectKey target{policy.targets.refs[i].kind, key.ns, policy.targets.refs[i].name};
    const std::vector<std::string> losers = what_if.LosersAt(target);
    if (losers.empty()) continue;
    out->Add(LintCode::kConflict, key, FieldOf(i),
             target.ToString() + ": what " + JoinBounded(losers, ", ") +
                 (losers.size() == 1 ? " sets" : " set") + " gives way to this policy, which is older",
             "merge the policies, or let one name a nearer target");
  }
}

// Chains that it would be part of: the worst of those to and behind the services at its targets.
void LintChains(const World& world, const ObjectKey& key, const WhatIf& what_if, Findings* out) {
  const Chains chains(world.view(), [&](const ObjectKey& service) -> const EffectiveService* {
    if (const auto row = what_if.rows().find(service); row != what_if.rows().end())
      return row->second.service.get();
    const auto found = world.services().find(service);
    return found == world.services().end() ? nullptr : found->second.get();
  });
  std::optional<Chain> worst;
  for (const auto& [target, row] : what_if.rows()) {
    for (const ObjectKey& service : chains.Downstream(target)) {
      std::optional<Chain> chain = chains.WorstTo(service);
      if (!chain || (worst && worst->factor >= chain->factor)) continue;
      const bool part = std::any_of(chain->hops.begin(), chain->hops.end(),
                                    [&](const Hop& hop) { return hop.policy == key && hop.Multiplies(); });
      if (part) worst = std::move(chain);
    }
  }
  if (worst) AddChain(key, worst->hops.back().object, *worst, out);
}

void LintPolicy(const World& world, const ObjectKey& key, const api::RetryTimeoutPolicy& policy,
                Findings* out) {
  if (!LintAlone(world.view(), key, policy, out)) return;
  const WhatIf what_if(world.view(), policy);
  LintPage(world.view(), key, policy, what_if.page(), out);
  LintLosers(key, policy, what_if, out);
  if (policy.retries) LintChains(world, key, what_if, out);
}

// Namespaces that it claims and that belong to an older Workspace.
void LintClaims(const World& world, const ObjectKey& key, const api::Workspace& workspace, Findings* out) {
  const View& view = world.view();
  const bool stored = view.tables.Find(key) != nullptr;
  const auto age = [](const ObjectMeta& meta) { return std::pair(meta.created, meta.name); };
  for (const auto& [ns, holder] : NamespacesOfOthers(view, workspace)) {
    const Ptr<ResolvedWorkspace> other = view.tenancy.Find(holder);
    if (stored && age(workspace.meta) < age(other->workspace->meta)) continue;
    AddOverlap(key.name, ns, holder, out);
  }
}

}  // namespace

std::vector<Finding> LintCandidate(const World& world, const AnyObject& object) {
  Findings findings;
  const ObjectKey key = KeyOf(object);
  if (const auto* policy = std::get_if<Ptr<api::RetryTimeoutPolicy>>(&object)) {
    LintPolicy(world, key, **policy, &findings);
  } else if (const auto* failover = std::get_if<Ptr<api::FailoverPolicy>>(&object)) {
    LintFailover(world.view(), **failover, (*failover)->targets.refs.size() + WhatIf::kMaxSelected,
                 &findings);
  } else if (const auto* workspace = std::get_if<Ptr<api::Workspace>>(&object)) {
    LintClaims(world, key, **workspace, &findings);
  } else if (const auto* settings = std::get_if<Ptr<api::WorkspaceSettings>>(&object)) {
    const Ptr<ResolvedWorkspace> in = world.view().tenancy.Find(world.view().membership.WorkspaceOf(key.ns));
    if (in != nullptr) LintDefaults(world.view(), **settings, in->namespaces, &findings);
  }
  LintNotCarriedOut(object, world.view().options.istio_mode, &findings);
  return findings.Take();
}

}  // namespace fairlead::reconcilers
