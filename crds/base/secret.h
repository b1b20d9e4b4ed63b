// Secret: a string that never prints itself.
//
// Tokens and keys are kept in this type, so that a log line, a dump or a test failure shows "[redacted]".
// Values.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace fairlead {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_(std::move(value)) {}
  const std::string& Reveal() const { return value_; }
  bool empty() const { return value_.empty(); }
  friend bool operator==(const Secret&, const Secret&) = default;
  friend std::ostream& operator<<(std::ostream& os, const Secret&) { return os << "[redacted]"; }

 private:
  std::string value_;
};

inline std::string_view format_as(const Secret&) { return "[redacted]"; }

}  // namespace fairlead
