#include "webhooks/review/verdict.h"

#include <json/value.h>

#include <algorithm>
#include <set>

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

std::string Print(Json::Value response) {
  Json::Value out(Json::objectValue);
  out["apiVersion"] = "admission.k8s.io/v1";
  out["kind"] = "AdmissionReview";
  out["response"] = std::move(response);
  return WriteJson(out);
}

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
  Json::Value response(Json::objectValue);
  response["uid"] = review.uid;
  response["allowed"] = verdict.allowed;
  response["auditAnnotations"]["rule"] = verdict.rule;
  if (!verdict.broken_glass.empty())
    response["auditAnnotations"]["break-glass"] = Bounded(verdict.broken_glass, kMaxMessage);
  if (!verdict.allowed) {
    Json::Value& status = response["status"] = Status(verdict.code, verdict.reason, verdict.message);
    Json::Value& details = status["details"];
    if (!review.name.name.empty()) details["name"] = review.name.name;
    if (!review.kind.group.empty()) details["group"] = review.kind.group;
    details["kind"] = review.kind.kind;
    if (!verdict.causes.empty()) details["causes"] = Causes(verdict.causes);
  }
  for (const std::string& warning : BoundedWarnings(verdict.warnings)) response["warnings"].append(warning);
  return Print(std::move(response));
}

std::string PrintMalformed(const Malformed& malformed) {
  Json::Value response(Json::objectValue);
  response["uid"] = malformed.uid;
  response["allowed"] = false;
  response["status"] = Status(400, "BadRequest", malformed.message);
  return Print(std::move(response));
}

}  // namespace fairlead::webhooks
