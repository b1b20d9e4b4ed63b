// What a policy lost and to whom, as one bounded sentence. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/outcomes.h"

namespace fairlead::reconcilers {

// "spec.timeouts.request, spec.retries.attempts": a bit a PolicyField.
std::string PathsOf(uint32_t fields);

// "spec.retries.attempts lost to RetryTimeoutPolicy platform/guard (Mesh), which is an Override; …"
// "spec.timeouts.request, spec.retries.attempts": one bit a PolicyField.
std::string PathsOf(uint32_t fields);

std::string DescribeLosses(const std::vector<const Outcome*>& outcomes);

// At most `max` items, then "and 3 more".
std::string JoinBounded(const std::vector<std::string>& items, const std::string& separator, size_t max = 3);

// At most `max` bytes, and so characters, cut before a character; says how long it was where it is cut.
std::string CutText(std::string_view text, size_t max);

}  // namespace fairlead::reconcilers
