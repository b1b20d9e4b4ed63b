// Nearest: the known word that was probably meant by one that is not known, for "did you mean".
//
// Who calls: the strict parsers for fields and enumerations, the command line for flags and names. Pure.
//
//   Nearest("retires", {"retries", "timeouts"});  // "retries"
#pragma once

#include <string_view>
#include <vector>

namespace fairlead {

// "" where none is near. Letters' case does not matter, and swapped neighbours count as one mistake.
std::string_view Nearest(std::string_view name, const std::vector<std::string_view>& known);

}  // namespace fairlead
