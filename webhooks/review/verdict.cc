#include "webhooks/review/verdict.h"

#include <json/value.h>

#include <algorithm>
#include <set>
#include <utility>

#include "crds/base/json_text.h"
#include "crds/base/json_write.h"

namespace fairlead::webhooks {
namespace {

constexpr size_t kMaxCause = 1024;
constexpr std::string_view kDots = "...";

std::string OneLine(std::string_view text) {
  std::string out(text);
  std::replace_if(
      out.begin(), out.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, ' ');
  return out;
}

// As the API server names the causes of its own refusals.
std::string_view CauseReason(const FieldError& error) {
  if (error.message == "is required") return "FieldValueRequired";
  if (error.message.starts_with("repeats")) return "FieldValueDuplicate";
  return "FieldValueInvalid";
}

Json::Value Causes(const std::vector<FieldError>& causes) {
  Json::Value out(Json::arrayValue);
  for (const FieldError& cause : causes) {
    Json::Value& item = out.append(Json::objectValue);
    item["reason"] = std::string(CauseReason(cause));
    item["message"] = Bounded(cause.message, kMaxCause);
    if (!cause.path.empty()) item["field"] = Bounded(cause.path, kMaxCause);
  }
  return out;
}

Json::Value Status(int code, const std::string& reason, std::string_view message) {
  Json::Value out(Json::objectValue);
  out["status"] = "Failure";
  out["code"] = code;
  out["reason"] = reason;
  out["message"] = Bounded(message, kMaxMessage);
  return out;
}

Json::Value StatusOf(const Review& review, const Verdict& verdict) {
  Json::Value out = Status(verdict.code, verdict.reason, verdict.message);
  Json::Value& details = out["details"];
  if (!review.name.name.empty()) details["name"] = review.name.name;
  if (!review.kind.group.empty()) details["group"] = review.kind.group;
  details["kind"] = review.kind.kind;
  if (!verdict.causes.empty()) details["causes"] = Causes(verdict.causes);
  return out;
}

// A reply, its members sorted by name and written one after the other: most are short, and each of them is
// waited for.
class Reply {
 public:
  explicit Reply(bool allowed)
      : out_(R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"allowed":)") {
    out_ += allowed ? "true" : "false";
  }
  void AddAudit(std::string_view rule, std::string_view broken_glass) {
    out_ += R"(,"auditAnnotations":{)";
    if (!broken_glass.empty()) {
      out_ += R"("break-glass":)";
      AppendJsonString(Bounded(broken_glass, kMaxMessage), &out_);
      out_ += ',';
    }
    out_ += R"("rule":)";
    AppendJsonString(rule, &out_);
    out_ += '}';
  }
  void AddStatus(const Json::Value& status) { out_ += R"(,"status":)" + WriteJson(status); }
  void AddUid(std::string_view uid) {
    out_ += R"(,"uid":)";
    AppendJsonString(uid, &out_);
  }
  void AddWarnings(const std::vector<std::string>& warnings) {
    if (warnings.empty()) return;
    out_ += R"(,"warnings":)";
    char separator = '[';
    for (const std::string& warning : warnings) {
      out_ += std::exchange(separator, ',');
      AppendJsonString(warning, &out_);
    }
    out_ += ']';
  }
  std::string Take() && { return std::move(out_) + "}}"; }

 private:
  std::string out_;
};

}  // namespace

std::string Bounded(std::string_view text, size_t max) {
  if (text.size() <= max) return std::string(text);
  size_t end = max - kDots.size();
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)).append(kDots);
}

std::vector<std::string> BoundedWarnings(const std::vector<std::string>& warnings) {
  const auto rest = [](size_t n) {
    return "and " + std::to_string(n) + " more: fairleadctl lint tells them all";
  };
  std::vector<std::string> unique;
  std::set<std::string> seen;
  size_t whole = 0;
  for (const std::string& warning : warnings) {
    std::string line = Bounded(OneLine(warning), kMaxWarnings);
    if (!seen.insert(line).second) continue;
    whole += line.size();
    unique.push_back(std::move(line));
  }
  if (whole <= kMaxWarnings) return unique;  // the way out stands at the end of a warning: not cut needlessly
  for (std::string& line : unique) line = Bounded(line, kMaxWarning);
  std::vector<std::string> out;
  size_t room = kMaxWarnings - rest(unique.size()).size();
  for (std::string& line : unique) {
    if (line.size() > room) {
      out.push_back(rest(unique.size() - out.size()));
      break;
    }
    room -= line.size();
    out.push_back(std::move(line));
  }
  return out;
}

std::string PrintVerdict(const Review& review, const Verdict& verdict) {
  Reply out(verdict.allowed);
  out.AddAudit(verdict.rule, verdict.broken_glass);
  if (!verdict.allowed) out.AddStatus(StatusOf(review, verdict));
  out.AddUid(review.uid);
  out.AddWarnings(BoundedWarnings(verdict.warnings));
  return std::move(out).Take();
}

std::string PrintMalformed(const Malformed& malformed) {
  Reply out(false);
  out.AddStatus(Status(400, "BadRequest", malformed.message));
  out.AddUid(malformed.uid);
  return std::move(out).Take();
}

}  // namespace fairlead::webhooks
