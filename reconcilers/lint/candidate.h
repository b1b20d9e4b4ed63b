// LintCandidate: what Lint would find at an object, were it stored as it is.
//
// Who calls: the webhooks, for warnings, at each create and change. Reads the last drained state of a World;
// of a policy the services at its targets are lowered once more with it (what_if.h), so that the words are
// those of its status to come. The cost is that of the one object and its targets. Pure; sorted as Lint's.
#pragma once

#include <vector>

#include "reconcilers/lint.h"

namespace fairlead::reconcilers {

// Of a policy all that Lint says of its targets, fields and scope (not FL023, which is found at routes);
// namespaces of other Workspaces; and what is not carried out.
std::vector<Finding> LintCandidate(const World& world, const AnyObject& object);

}  // namespace fairlead::reconcilers
