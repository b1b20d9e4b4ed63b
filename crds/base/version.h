// The version of this build, as in `fairleadctl version`, user agents and the operator's log.
#pragma once

#include <string_view>

namespace fairlead {

std::string_view Version();  // "0.1.0", from the top CMakeLists.txt

}  // namespace fairlead
