#include "crds/base/json_text.h"

#include <charconv>
#include <cmath>

namespace fairlead {

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    out->append(text, done, i - done);
    done = i + 1;
    switch (c) {
      case '"':
        *out += "\\\"";
        break;
      case '\\':
        *out += "\\\\";
        break;
      case '\n':
        *out += "\\n";
        break;
      case '\t':
        *out += "\\t";
        break;
      case '\r':
        *out += "\\r";
        break;
      default:
        *out += "\\u00";
        out->push_back(kHex[c >> 4]);
        out->push_back(kHex[c & 15]);
    }
  }
  out->append(text, done, text.size() - done);
  out->push_back('"');
}

void AppendJsonDouble(double number, std::string* out) {
  char buffer[64];
  if (number == 0) number = 0;  // no "-0"
  const double size = std::abs(number);
  const bool fixed = size == 0 || (size >= 1e-6 && size < 9e18);
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number,
                                 fixed ? std::chars_format::fixed : std::chars_format::scientific);
  out->append(buffer, end.ptr);
}

}  // namespace fairlead
