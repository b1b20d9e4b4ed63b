#include "crds/base/quantity.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>

namespace fairlead {
namespace {

struct Suffix {
  std::string_view text;
  int tens;  // power of ten
  int twos;  // power of two
};
constexpr Suffix kSuffixes[] = {{"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},
                                {"k", 3, 0},   {"M", 6, 0},   {"G", 9, 0},   {"T", 12, 0},
                                {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
                                {"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// e3, E-3, e+3
std::optional<int> Exponent(std::string_view text) {
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  text.remove_prefix(text[1] == '+' ? 2 : 1);
  int exponent = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), exponent);
  if (error != std::errc() || end != text.data() + text.size() || std::abs(exponent) > 18)
    return std::nullopt;
  return exponent;
}

}  // namespace

std::optional<long double> ParseQuantity(std::string_view text) {
  if (text.size() > 32) return std::nullopt;
  // One integer and one power of ten, so that the value is rounded once and equal quantities compare equal.
  long double digits = 0;
  int tens = 0, twos = 0;
  size_t at = 0;
  for (; at < text.size() && IsDigit(text[at]); ++at) digits = digits * 10 + (text[at] - '0');
  if (at == 0) return std::nullopt;
  if (at < text.size() && text[at] == '.') {
    const size_t point = at++;
    for (; at < text.size() && IsDigit(text[at]); ++at, --tens) digits = digits * 10 + (text[at] - '0');
    if (at == point + 1) return std::nullopt;
  }
  const std::string_view rest = text.substr(at);
  bool known = false;
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text != rest) continue;
    known = true;
    tens += suffix.tens;
    twos = suffix.twos;
  }
  if (!known) {
    const std::optional<int> exponent = Exponent(rest);
    if (!exponent) return std::nullopt;
    tens += *exponent;
  }
  const long double power = std::pow(10.0L, std::abs(tens));
  return std::ldexp(tens < 0 ? digits / power : digits * power, twos);
}

}  // namespace fairlead
