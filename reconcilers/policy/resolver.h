// Resolver: a policy's targetRefs and targetSelectors as placements, or why its scope is refused.
//
// What is named stands at its target's level, what is selected by label at its scope's. Policies of every
// kind are resolved alike. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// What the resolving reads of a policy, whatever its kind; it is only looked at during the call.
struct PolicyHead {
  template <class Policy>
  PolicyHead(const Policy& policy)  // NOLINT: a policy is taken for its head
      : meta(policy.meta), targets(policy.targets) {}
  const ObjectMeta& meta;
  const api::PolicyTargets& targets;
};

// Empty: the policy may use its scope.
std::string ScopeProblem(const View& view, const PolicyHead& policy);

// The namespaces in which the policy's selectors look; nullopt: all.
std::optional<std::vector<std::string>> SelectedNamespaces(const View& view, const PolicyHead& policy);

std::vector<Placement> PlacementsOf(const View& view, const PolicyHead& policy);

// Whether the policy's selectors take this object (its scope is known to reach it).
bool Selects(const PolicyHead& policy, Kind kind, const Labels& labels);
Level SelectedLevel(api::Scope scope);

}  // namespace fairlead::reconcilers
