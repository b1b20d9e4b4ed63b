// Base64 (RFC 4648, the standard alphabet), as kubeconfig and Secrets carry it.
//
// Who calls: YAML's !!binary, kubeconfig, the Secrets and bundles that we write. White space inside is
// skipped when decoding. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace fairlead {

std::optional<std::string> DecodeBase64(std::string_view text);  // nullopt: malformed
std::string EncodeBase64(std::string_view bytes);                // padded, in one line

}  // namespace fairlead
