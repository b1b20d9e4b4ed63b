#include "crds/base/duration.h"

namespace fairlead {
namespace {

constexpr int64_t kUnits[] = {3'600'000, 60'000, 1'000, 1};
constexpr std::string_view kNames[] = {"h", "m", "s", "ms"};

Unexpected<Error> Malformed(std::string_view text) {
  return Unexpected(
      Error{ErrorClass::kInvalid, "\"" + std::string(text.substr(0, 64)) +
                                      "\" is not a duration; write for example 250ms, 5s, 1h30m "
                                      "(units h, m, s, ms; at most five digits each; no fractions)"});
}

}  // namespace

Result<Duration> Duration::Parse(std::string_view text) {
  int64_t total = 0;
  size_t at = 0;
  int terms = 0;
  while (at < text.size()) {
    size_t digits = 0;
    int64_t number = 0;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9' && digits < 6) {
      number = number * 10 + (text[at++] - '0');
      ++digits;
    }
    if (digits == 0 || digits > 5 || ++terms > 4) return Malformed(text);
    const std::string_view rest = text.substr(at);
    if (rest.starts_with("ms")) {
      total += number;
      at += 2;
    } else if (rest.starts_with("h")) {
      total += number * kUnits[0];
      at += 1;
    } else if (rest.starts_with("m")) {
      total += number * kUnits[1];
      at += 1;
    } else if (rest.starts_with("s")) {
      total += number * kUnits[2];
      at += 1;
    } else {
      return Malformed(text);
    }
  }
  if (terms == 0) return Malformed(text);
  return Duration(total);
}

std::string Duration::ToString() const {
  if (ms_ == 0) return "0s";
  std::string out;
  int64_t rest = ms_;
  for (int i = 0; i < 4; ++i) {
    if (rest >= kUnits[i]) {
      out += std::to_string(rest / kUnits[i]);
      out += kNames[i];
      rest %= kUnits[i];
    }
  }
  return out;
}

}  // namespace fairlead
