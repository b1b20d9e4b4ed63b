#include "crds/base/quantity.h"

#include <charconv>
#include <cmath>

namespace fairlead {
namespace {

struct Suffix {
  std::string_view text;
  long double factor;
};
constexpr Suffix kSuffixes[] = {{"", 1.0L},
                                {"n", 1e-9L},
                                {"u", 1e-6L},
                                {"m", 1e-3L},
                                {"k", 1e3L},
                                {"M", 1e6L},
                                {"G", 1e9L},
                                {"T", 1e12L},
                                {"P", 1e15L},
                                {"E", 1e18L},
                                {"Ki", 1024.0L},
                                {"Mi", 1048576.0L},
                                {"Gi", 1073741824.0L},
                                {"Ti", 1099511627776.0L},
                                {"Pi", 1125899906842624.0L},
                                {"Ei", 1152921504606846976.0L}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::optional<long double> ParseQuantity(std::string_view text) {
  if (text.size() > 32) return std::nullopt;
  long double value = 0, place = 1;
  size_t at = 0;
  const auto digits = [&](bool fraction) {
    const size_t begin = at;
    for (; at < text.size() && IsDigit(text[at]); ++at) {
      if (fraction) {
        place /= 10;
        value += place * (text[at] - '0');
      } else {
        value = value * 10 + (text[at] - '0');
      }
    }
    return at > begin;
  };
  if (!digits(false)) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits(true)) return std::nullopt;
  }
  std::string_view suffix = text.substr(at);
  for (const Suffix& s : kSuffixes) {
    if (s.text == suffix) return value * s.factor;
  }
  if (suffix.size() < 2 || (suffix[0] != 'e' && suffix[0] != 'E')) return std::nullopt;
  suffix.remove_prefix(suffix[1] == '+' ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), exponent);
  if (error != std::errc() || end != suffix.data() + suffix.size() || std::abs(exponent) > 18)
    return std::nullopt;
  return value * std::pow(10.0L, exponent);
}

}  // namespace fairlead
