// Duration: a Gateway API duration (GEP-2257), kept in milliseconds.
//
// GEP-2257: one to four terms of one to five digits each with a unit h, m, s or ms, such as "1h30m", "500ms",
// "0s"; no sign, no fraction. Kubernetes' own API server checks the same pattern. Canonical print: largest
// units first, no zero term, "0s" for zero.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "crds/base/result.h"

namespace fairlead {

class Duration {
 public:
  constexpr Duration() = default;
  static constexpr Duration Milliseconds(int64_t ms) { return Duration(ms); }
  static constexpr Duration Seconds(int64_t s) { return Duration(s * 1000); }
  static Result<Duration> Parse(std::string_view text);  // GEP-2257; the error says what the form is

  constexpr int64_t milliseconds() const { return ms_; }
  constexpr bool zero() const { return ms_ == 0; }
  std::string ToString() const;

  friend constexpr auto operator<=>(Duration, Duration) = default;

 private:
  explicit constexpr Duration(int64_t ms) : ms_(ms) {}
  int64_t ms_ = 0;
};

}  // namespace fairlead
