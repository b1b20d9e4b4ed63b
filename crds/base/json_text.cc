#include "crds/base/json_text.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace fairlead {
namespace {

bool IsEscaped(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

// Whether one of eight bytes is escaped: most texts are looked at no closer.
bool HasEscaped(uint64_t bytes) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHighs = kOnes * 0x80;
  const auto has_zero = [](uint64_t x) { return (x - kOnes) & ~x & kHighs; };
  const uint64_t below_space = (bytes - kOnes * 0x20) & ~bytes & kHighs;
  return (below_space | has_zero(bytes ^ kOnes * '"') | has_zero(bytes ^ kOnes * '\\')) != 0;
}

// The first byte from `i` on that is escaped.
size_t NextEscaped(std::string_view text, size_t i) {
  for (; i + sizeof(uint64_t) <= text.size(); i += sizeof(uint64_t)) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text.data() + i, sizeof bytes);
    if (HasEscaped(bytes)) break;
  }
  while (i < text.size() && !IsEscaped(text[i])) ++i;
  return i;
}

}  // namespace

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  size_t done = 0;
  for (size_t i = NextEscaped(text, 0); i < text.size(); i = NextEscaped(text, i + 1)) {
    const unsigned char c = static_cast<unsigned char>(text[i]);
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
