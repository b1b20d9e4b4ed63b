// Words: how the demo prints what it saw, and small readings of a status. Pure.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "crds/api/policy_common.h"

namespace fairlead::demo {

std::string Requests(uint64_t count);                // "90 requests"
std::string Millis(std::chrono::microseconds time);  // "304 ms"
std::string Ratio(uint64_t part, uint64_t whole);    // "1.22"

// Overridden wholly or in fields, by the policy of that name, as its targets tell.
bool IsOverriddenBy(const std::optional<api::PolicyStatus>& status, const std::string& winner);
// The state of the target that names the winner, and the first field that was lost.
std::string Verdict(const std::optional<api::PolicyStatus>& status, const std::string& winner);

}  // namespace fairlead::demo
