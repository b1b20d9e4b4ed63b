// Gzip and Gunzip (RFC 1952), each within a bound.
//
// Who calls: kept copies. What is unpacked may come from anybody who can write a ConfigMap, so a few bytes
// must not become many. Pure.
#pragma once

#include <string>
#include <string_view>

#include "crds/base/result.h"

namespace fairlead::clusters {

// Bytes are not what they should be, for that reason: of a gzip, and of what is kept as one.
inline Unexpected<Error> Refused(const std::string& what) {
  return Unexpected(Error{ErrorClass::kInvalid, what});
}

// Quick rather than small.
std::string Gzip(std::string_view bytes);

// An error: it is no gzip, is damaged or cut, or would be longer than that.
Result<std::string> Gunzip(std::string_view packed, size_t max_bytes);

}  // namespace fairlead::clusters
