// Base64 (RFC 4648, the standard alphabet), as kubeconfig and Secrets carry it.
//
// Who calls: YAML's !!binary, kubeconfig. White space inside is skipped. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

std::optional<std::string> DecodeBase64(std::string_view text);  // nullopt: malformed

}  // namespace fairlead
