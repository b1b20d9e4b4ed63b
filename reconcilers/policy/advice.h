// Advice: what is in force after a merge but will surprise, for the status of the policies that caused it.
//
// Used by the merge only. Pure.
#pragma once

#include <vector>

#include "reconcilers/policy/merge.h"

namespace fairlead::reconcilers {

// Cuts the per-try timeout to the request timeout where two objects disagree, and says so. Sorted, unique.
std::vector<Advice> Advise(const MergeInput& input, const std::vector<Verdict>& verdicts,
                           EffectivePolicy* effective);

}  // namespace fairlead::reconcilers
