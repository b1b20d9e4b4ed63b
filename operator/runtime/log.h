// Structured logs: one line an event, with fields, as text or JSON.
//
// Who calls: the rims, from any thread; pure code does not log. Values are kept short and on one line;
// Secrets print as [redacted]. A line that repeats (same message and level) is written a few times a minute
// and then counted, so that a fault cannot fill a disk.
//
//   Log& log = Log::Default();
//   log.Info("listed", {{"kind", "Pod"}, {"objects", 8000}});
//   // {"time":"2026-11-21T04:05:06Z","level":"info","msg":"listed","kind":"Pod","objects":8000}
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "crds/base/clock.h"
#include "crds/base/result.h"
#include "crds/base/secret.h"

namespace fairlead::runtime {

enum class LogLevel : unsigned char { kDebug, kInfo, kWarn, kError };
enum class LogFormat : unsigned char { kText, kJson };
Result<LogLevel> ParseLogLevel(std::string_view text);    // "debug", "info", "warn", "error"
Result<LogFormat> ParseLogFormat(std::string_view text);  // "text", "json"

class LogValue {
 public:
  LogValue(const char* text) : value_(std::string(text)) {}       // NOLINT: implicit, for lists of fields
  LogValue(std::string_view text) : value_(std::string(text)) {}  // NOLINT
  LogValue(std::string text) : value_(std::move(text)) {}         // NOLINT
  LogValue(const Secret&) : value_(std::string("[redacted]")) {}  // NOLINT
  LogValue(bool b) : value_(b) {}                                 // NOLINT
  LogValue(double d) : value_(d) {}                               // NOLINT
  template <class T, std::enable_if_t<std::is_integral_v<T> && !std::is_same_v<T, bool>, int> = 0>
  LogValue(T n) : value_(static_cast<int64_t>(n)) {}  // NOLINT
  const std::variant<std::string, bool, double, int64_t>& value() const { return value_; }

 private:
  std::variant<std::string, bool, double, int64_t> value_;
};

using LogFields = std::vector<std::pair<std::string_view, LogValue>>;

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kText;
  int repeats = 10;                 // of one message…
  std::chrono::seconds window{60};  // …within this time
  size_t max_value = 2048;          // bytes of one value
};

class Log {
 public:
  using Sink = std::function<void(const std::string& line)>;  // whole lines, one call at a time

  Log(LogOptions options, Sink sink, const Clock* clock = &Clock::System());

  // To stderr; what Configure set. Until then: text, info.
  static Log& Default();
  static void Configure(LogOptions options);  // before threads start

  void Debug(std::string_view message, const LogFields& fields = {}) {
    Write(LogLevel::kDebug, message, fields);
  }
  void Info(std::string_view message, const LogFields& fields = {}) {
    Write(LogLevel::kInfo, message, fields);
  }
  void Warn(std::string_view message, const LogFields& fields = {}) {
    Write(LogLevel::kWarn, message, fields);
  }
  void Error(std::string_view message, const LogFields& fields = {}) {
    Write(LogLevel::kError, message, fields);
  }
  bool Enabled(LogLevel level) const { return level >= options_.level; }

 private:
  struct Repeat {
    Clock::TimePoint since;
    int written = 0;
    int64_t suppressed = 0;
  };
  void Write(LogLevel level, std::string_view message, const LogFields& fields);
  // False: suppressed. suppressed: how many were, before this one.
  bool Admit(LogLevel level, std::string_view message, int64_t* suppressed);
  std::string Line(LogLevel level, std::string_view message, const LogFields& fields,
                   int64_t suppressed) const;

  const LogOptions options_;
  const Sink sink_;
  const Clock* const clock_;
  std::mutex mutex_;  // guards repeats_ and the sink
  std::map<std::string, Repeat, std::less<>> repeats_;
};

}  // namespace fairlead::runtime
