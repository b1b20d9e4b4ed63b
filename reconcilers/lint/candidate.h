// LintCandidate: what Lint would find at an object, were it stored as it is, as far as that shows without
// lowering.
//
// Who calls: the webhooks, for warnings, at each create and change. Reads the last drained state of a World
// and asks its indexes only, so the cost is that of the one object. Pure; sorted as Lint's.
#pragma once

#include <vector>

#include "reconcilers/lint.h"

namespace fairlead::reconcilers {

// Targets that do not exist or that no waypoint serves, policies that set the same at the same target,
// selectors that take nothing, scopes, methods, namespaces of other Workspaces, and what is not carried out.
std::vector<Finding> LintCandidate(const World& world, const AnyObject& object);

}  // namespace fairlead::reconcilers
