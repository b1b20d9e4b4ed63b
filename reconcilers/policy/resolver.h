// Resolver: a policy's targetRefs and targetSelectors as placements, or why its scope is refused.
//
// What is named stands at its target's level, what is selected by label at its scope's. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// Empty: the policy may use its scope.
std::string ScopeProblem(const View& view, const api::RetryTimeoutPolicy& policy);

// The namespaces in which the policy's selectors look; nullopt: all.
std::optional<std::vector<std::string>> SelectedNamespaces(const View& view,
                                                           const api::RetryTimeoutPolicy& policy);

std::vector<Placement> PlacementsOf(const View& view, const api::RetryTimeoutPolicy& policy);

// Whether the policy's selectors take this object (its scope is known to reach it).
bool Selects(const api::RetryTimeoutPolicy& policy, Kind kind, const Labels& labels);
Level SelectedLevel(api::Scope scope);

}  // namespace fairlead::reconcilers
