#include "operator/runtime/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

namespace fairlead::runtime {
namespace {

constexpr size_t kMaxRepeats = 1024;

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "";
}

// As the inside of a JSON string; control characters cannot break the line or a terminal.
void AppendEscaped(std::string_view text, std::string* out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      *out += {'\\', c};
    } else if (c == '\n') {
      *out += "\\n";
    } else if (c == '\t') {
      *out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      *out += fmt::format("\\u{:04x}", byte);
    } else {
      *out += c;
    }
  }
}

std::string_view Cut(std::string_view text, size_t max) {
  if (text.size() <= max) return text;
  while (max > 0 && (static_cast<unsigned char>(text[max]) & 0xc0) == 0x80) --max;
  return text.substr(0, max);
}

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  for (const char c : text) {
    if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c == 0x7f) return true;
  }
  return false;
}

void AppendValue(const LogValue& value, bool json, size_t max, std::string* out) {
  if (const auto* text = std::get_if<std::string>(&value.value())) {
    const std::string_view cut = Cut(*text, max);
    const bool quotes = json || NeedsQuotes(cut);
    if (quotes) *out += '"';
    AppendEscaped(cut, out);
    if (cut.size() < text->size()) *out += "…";
    if (quotes) *out += '"';
  } else if (const auto* b = std::get_if<bool>(&value.value())) {
    *out += *b ? "true" : "false";
  } else if (const auto* d = std::get_if<double>(&value.value())) {
    *out += fmt::format("{:g}", *d);
  } else {
    *out += std::to_string(std::get<int64_t>(value.value()));
  }
}

// To stderr, flushed by the line.
Log::Sink StderrSink() {
  auto logger =
      std::make_shared<spdlog::logger>("fairlead", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%v");
  return
      [logger](const std::string& line) { logger->log(spdlog::level::critical, fmt::runtime("{}"), line); };
}

std::unique_ptr<Log>& DefaultSlot() {
  static std::unique_ptr<Log> log = std::make_unique<Log>(LogOptions{}, StderrSink());
  return log;
}

}  // namespace

Result<LogLevel> ParseLogLevel(std::string_view text) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    if (text == Name(level)) return level;
  }
  return Unexpected(fairlead::Error{ErrorClass::kInvalid, "must be one of debug, info, warn, error"});
}

Result<LogFormat> ParseLogFormat(std::string_view text) {
  if (text == "text") return LogFormat::kText;
  if (text == "json") return LogFormat::kJson;
  return Unexpected(fairlead::Error{ErrorClass::kInvalid, "must be text or json"});
}

Log::Log(LogOptions options, Sink sink, const Clock* clock)
    : options_(options), sink_(std::move(sink)), clock_(clock) {}

Log& Log::Default() { return *DefaultSlot(); }
void Log::Configure(LogOptions options) { DefaultSlot() = std::make_unique<Log>(options, StderrSink()); }

bool Log::Admit(LogLevel level, std::string_view message, int64_t* suppressed) {
  const Clock::TimePoint now = clock_->Now();
  if (repeats_.size() >= kMaxRepeats) repeats_.clear();
  const auto [it, fresh] =
      repeats_.try_emplace(std::string(Name(level)) + " " + std::string(message), Repeat{now});
  Repeat& repeat = it->second;
  if (now - repeat.since >= options_.window) {
    *suppressed = repeat.suppressed;
    repeat = Repeat{now};
  }
  if (repeat.written >= options_.repeats) {
    ++repeat.suppressed;
    return false;
  }
  ++repeat.written;
  return true;
}

std::string Log::Line(LogLevel level, std::string_view message, const LogFields& fields,
                      int64_t suppressed) const {
  const bool json = options_.format == LogFormat::kJson;
  std::string out;
  const std::string time = clock_->WallNow().ToString();
  if (json) {
    out = "{\"time\":\"" + time + "\",\"level\":\"" + std::string(Name(level)) + "\",\"msg\":\"";
    AppendEscaped(Cut(message, options_.max_value), &out);
    out += '"';
  } else {
    out = time + " " + std::string(Name(level)) + " ";
    AppendEscaped(Cut(message, options_.max_value), &out);
  }
  const auto append = [&](std::string_view name, const LogValue& value) {
    if (json) {
      out += ",\"";
      AppendEscaped(name, &out);
      out += "\":";
    } else {
      out += ' ';
      out += name;
      out += '=';
    }
    AppendValue(value, json, options_.max_value, &out);
  };
  for (const auto& [name, value] : fields) append(name, value);
  if (suppressed > 0) append("suppressed", suppressed);
  if (json) out += '}';
  return out;
}

void Log::Write(LogLevel level, std::string_view message, const LogFields& fields) {
  if (!Enabled(level)) return;
  std::lock_guard lock(mutex_);
  int64_t suppressed = 0;
  if (Admit(level, message, &suppressed)) sink_(Line(level, message, fields, suppressed));
}

}  // namespace fairlead::runtime
