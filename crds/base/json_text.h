// The smallest parts of writing JSON: strings and numbers, the same bytes wherever JSON is written.
//
// Who calls: json_write, yaml. Pure.
#pragma once

#include <string>
#include <string_view>

namespace fairlead {

// Quoted and escaped; UTF-8 stays as it is.
void AppendJsonString(std::string_view text, std::string* out);

// The shortest text that reads back as the same double. Whole numbers that an int64 holds have no fraction
// and no exponent, larger ones have an exponent, so that no reader takes them for an integer. Not for NaN and
// infinities.
void AppendJsonDouble(double number, std::string* out);

}  // namespace fairlead
