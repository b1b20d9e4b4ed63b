// Formats of strings that a schema may ask for (date-time, ipv4, uri, …).
//
// Who calls: schema_check.cc. Pure.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::apiserver {

// True for a format that the real server does not check.
bool MatchesFormat(std::string_view format, const std::string& text);

}  // namespace fairlead::apiserver
