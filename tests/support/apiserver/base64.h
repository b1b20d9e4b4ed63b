// Base64 as Go's encoding/json writes bytes (standard alphabet, padded).
//
// Who calls: Secrets and their protobuf. Pure.
#pragma once

#include <string>
#include <string_view>

namespace fairlead::apiserver {

inline std::string EncodeBase64(std::string_view bytes) {
  static constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    unsigned bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0);
    }
    for (size_t k = 0; k < 4; ++k)
      out.push_back(i + k > bytes.size() ? '=' : kLetters[(bits >> (18 - 6 * k)) & 63]);
  }
  return out;
}

}  // namespace fairlead::apiserver
