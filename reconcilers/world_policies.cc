// Where policies stand, and what a policy that came, changed or went marks to be lowered anew. Policies of
// both kinds are resolved alike; what a placement makes necessary is their difference.
#include <array>
#include <type_traits>

#include "reconcilers/world_impl.h"

namespace fairlead::reconcilers {

template <class P>
AttachmentsOf<P>& World::Impl::AttachmentsFor() {
  if constexpr (std::is_same_v<P, api::FailoverPolicy>) {
    return failovers;
  } else {
    return attachments;
  }
}

template <class P>
void World::Impl::MarkPlacement(const ObjectKey& policy, const ObjectKey& target) {
  if constexpr (std::is_same_v<P, api::FailoverPolicy>) {
    dirty_endpoints.insert(target);
    dirty_counts.insert(target);
    MarkPlan(target.ns);
    if (options.istio_mode) dirty_rows.insert(target);  // what istiod reads says it, too
    // Another may have won or lost there.
    for (const auto& other : failovers.At(target)) dirty_statuses.insert(other.key());
    MarkDrillsAt(target);
    if (drilled.contains(policy)) dirty_drills.insert(policy);
    dirty_statuses.insert(policy);
  } else {
    MarkTarget(target);
    dirty_pairs.insert({policy, target});
  }
}

template <class P>
void World::Impl::PolicyChanged(const Ptr<P>& old, const Ptr<P>& now, const ObjectKey& key) {
  if (old == nullptr || now == nullptr) NamespaceSeen(key.ns);
  const bool by_workspace = now != nullptr && now->targets.scope == api::Scope::kWorkspace;
  if (by_workspace) {
    workspace_policies.Add(key.ns, key);
  } else {
    workspace_policies.Remove(key.ns, key);
  }
  if (old == nullptr || now == nullptr || old->targets != now->targets || scope_problems.count(key) > 0) {
    dirty_policies.insert(key);
    return;
  }
  // The same targets with other content: no selector is evaluated.
  AttachmentsFor<P>().Renew(key, now);
  for (const Placement& placement : AttachmentsFor<P>().Of(key)) MarkPlacement<P>(key, placement.target);
}

void World::Impl::Changed(const Ptr<api::RetryTimeoutPolicy>& old, const Ptr<api::RetryTimeoutPolicy>& now,
                          const ObjectKey& key) {
  PolicyChanged(old, now, key);
}

void World::Impl::Changed(const Ptr<api::FailoverPolicy>& old, const Ptr<api::FailoverPolicy>& now,
                          const ObjectKey& key) {
  DrillChanged(now.get(), key);
  const auto labels = [](const Ptr<api::FailoverPolicy>& policy) {
    return policy == nullptr ? std::vector<std::string>() : policy->priority_labels;
  };
  if (priority_labels.Change(labels(old), labels(now))) MarkWaypoints();
  PolicyChanged(old, now, key);
}

void World::Impl::ResolvePolicy(const ObjectKey& key) {
  if (key.kind == Kind::kFailoverPolicy) return Resolve<api::FailoverPolicy>(key);
  Resolve<api::RetryTimeoutPolicy>(key);
}

template <class P>
void World::Impl::Resolve(const ObjectKey& key) {
  const auto policy = tables.Get<P>(key.nn());
  std::vector<Placement> placements;
  scope_problems.erase(key);
  std::string problem = policy == nullptr ? "" : ScopeProblem(view, *policy);
  if (policy == nullptr || !problem.empty()) {
    selecting.Set(key, "", {});
    if (!problem.empty()) scope_problems[key] = std::move(problem);
  } else {
    const std::string domain =
        Selecting::DomainOf(policy->targets.scope, key.ns, membership.WorkspaceOf(key.ns));
    selecting.Set(key, domain, policy->targets.selectors);
    placements = PlacementsOf(view, *policy);
    ++counters.policies;
  }
  for (const ObjectKey& target : AttachmentsFor<P>().Set(key, policy, placements))
    MarkPlacement<P>(key, target);
  if (policy != nullptr) dirty_statuses.insert(key);
}

// Whether the policy's selectors see objects in the namespace.
bool World::Impl::LooksIn(const PolicyHead& policy, const std::string& ns) const {
  switch (policy.targets.scope) {
    case api::Scope::kNamespace:
      return policy.meta.ns == ns;
    case api::Scope::kWorkspace: {
      const std::string& workspace = membership.WorkspaceOf(ns);
      return !workspace.empty() && workspace == membership.WorkspaceOf(policy.meta.ns);
    }
    case api::Scope::kMesh:
      return policy.meta.ns == options.root_namespace;
  }
  return false;
}

template <class P>
void World::Impl::ReselectFor(const ObjectKey& key, const ObjectKey& target, const ObjectMeta* meta) {
  const auto policy = tables.Get<P>(key.nn());
  if (policy == nullptr) return;
  const Placement placement{target, "", SelectedLevel(policy->targets.scope)};
  const bool selected =
      meta != nullptr && LooksIn(*policy, target.ns) && Selects(*policy, target.kind, meta->labels);
  AttachmentsOf<P>& placed = AttachmentsFor<P>();
  if (!(selected ? placed.Add(policy, placement) : placed.Remove(key, placement))) return;
  MarkPlacement<P>(key, target);
  dirty_statuses.insert(key);
}

void World::Impl::ReselectObject(const ObjectKey& key) {
  const ObjectMeta* meta = tables.MetaOf(key);
  std::set<ObjectKey> policies;
  if (meta != nullptr) {
    const std::array<std::string, 3> domains = {
        Selecting::DomainOf(api::Scope::kNamespace, key.ns, ""),
        Selecting::DomainOf(api::Scope::kWorkspace, key.ns, membership.WorkspaceOf(key.ns)),
        Selecting::DomainOf(api::Scope::kMesh, key.ns, "")};
    policies = selecting.Candidates({domains.begin(), domains.end()}, key.kind, meta->labels);
  }
  for (const auto& placed : attachments.At(key)) policies.insert(placed.key());
  for (const auto& placed : failovers.At(key)) policies.insert(placed.key());
  for (const ObjectKey& policy : policies) {
    if (policy.kind == Kind::kFailoverPolicy) {
      ReselectFor<api::FailoverPolicy>(policy, key, meta);
    } else {
      ReselectFor<api::RetryTimeoutPolicy>(policy, key, meta);
    }
  }
}

}  // namespace fairlead::reconcilers
