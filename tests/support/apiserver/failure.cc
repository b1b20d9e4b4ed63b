#include "tests/support/apiserver/failure.h"

namespace fairlead::apiserver {
namespace {

// How Go prints the value of a field.Error: strings quoted, scalars plain, the rest as JSON.
std::string Shown(const Value& value) {
  if (value.isNull()) return "null";
  return Print(value);
}

FieldFault Make(std::string type, std::string reason, std::string field, const std::string& value,
                std::string_view detail) {
  FieldFault out{std::move(type), std::move(reason), std::move(field), ""};
  out.body = out.type;
  if (!value.empty()) out.body += ": " + value;
  if (!detail.empty()) out.body += ": " + std::string(detail);
  return out;
}

Value Details(std::string_view name, std::string_view group, std::string_view kind) {
  Value d = Object();
  if (!name.empty()) d["name"] = std::string(name);
  if (!group.empty()) d["group"] = std::string(group);
  if (!kind.empty()) d["kind"] = std::string(kind);
  return d;
}

std::string Quoted(std::string_view text) { return QuoteJson(text); }

}  // namespace

std::string QualifiedResource(std::string_view group, std::string_view plural) {
  return group.empty() ? std::string(plural) : std::string(plural) + "." + std::string(group);
}

Value ToStatus(const Failure& failure) {
  Value s = Object();
  s["kind"] = "Status";
  s["apiVersion"] = "v1";
  s["metadata"] = Object();
  s["status"] = "Failure";
  s["message"] = failure.message;
  if (!failure.reason.empty()) s["reason"] = failure.reason;
  if (!failure.details.isNull()) s["details"] = failure.details;
  if (failure.retry_after_seconds > 0) s["details"]["retryAfterSeconds"] = failure.retry_after_seconds;
  s["code"] = failure.code;
  return s;
}

FieldFault InvalidField(std::string field, const Value& value, std::string_view detail) {
  return Make("Invalid value", "FieldValueInvalid", std::move(field), Shown(value), detail);
}
FieldFault TypeInvalidField(std::string field, const Value& value, std::string_view detail) {
  return Make("Invalid value", "FieldValueTypeInvalid", std::move(field), Shown(value), detail);
}
FieldFault RequiredField(std::string field, std::string_view detail) {
  return Make("Required value", "FieldValueRequired", std::move(field), "", detail);
}
FieldFault ForbiddenField(std::string field, std::string_view detail) {
  return Make("Forbidden", "FieldValueForbidden", std::move(field), "", detail);
}
FieldFault DuplicateField(std::string field, const Value& value) {
  return Make("Duplicate value", "FieldValueDuplicate", std::move(field), Shown(value), "");
}
FieldFault NotFoundField(std::string field, const Value& value) {
  return Make("Not found", "FieldValueNotFound", std::move(field), Shown(value), "");
}
FieldFault UnsupportedField(std::string field, const Value& value, const std::vector<std::string>& allowed) {
  std::string detail = "supported values: ";
  for (size_t i = 0; i < allowed.size(); ++i) detail += (i ? ", " : "") + Quoted(allowed[i]);
  return Make("Unsupported value", "FieldValueNotSupported", std::move(field), Shown(value), detail);
}
FieldFault TooLongField(std::string field, int64_t max) {
  return Make("Too long", "FieldValueTooLong", std::move(field), "",
              "may not be more than " + std::to_string(max) + " bytes");
}
FieldFault TooManyField(std::string field, int64_t have, int64_t max) {
  return Make("Too many", "FieldValueTooMany", std::move(field), std::to_string(have),
              "must have at most " + std::to_string(max) + (max == 1 ? " item" : " items"));
}

Failure NotFound(std::string_view group, std::string_view plural, std::string_view name) {
  return {404, "NotFound", QualifiedResource(group, plural) + " " + Quoted(name) + " not found",
          Details(name, group, plural)};
}
Failure AlreadyExists(std::string_view group, std::string_view plural, std::string_view name) {
  return {409, "AlreadyExists", QualifiedResource(group, plural) + " " + Quoted(name) + " already exists",
          Details(name, group, plural)};
}
Failure Conflict(std::string_view group, std::string_view plural, std::string_view name,
                 std::string_view why) {
  return {409, "Conflict",
          "Operation cannot be fulfilled on " + QualifiedResource(group, plural) + " " + Quoted(name) + ": " +
              std::string(why),
          Details(name, group, plural)};
}
Failure Forbidden(std::string_view group, std::string_view plural, std::string_view name,
                  std::string_view why) {
  const std::string subject = QualifiedResource(group, plural) + (name.empty() ? "" : " " + Quoted(name));
  return {403, "Forbidden", subject + " is forbidden: " + std::string(why), Details(name, group, plural)};
}
Failure Invalid(std::string_view group, std::string_view kind, std::string_view name,
                const FieldFaults& faults) {
  std::string text;
  Value causes = Array();
  std::vector<std::string> seen;
  for (const FieldFault& f : faults) {
    Value cause = Object();
    cause["reason"] = f.reason;
    cause["message"] = f.body;
    cause["field"] = f.field;
    causes.append(cause);
    bool again = false;
    for (const std::string& s : seen) again = again || s == f.Text();
    if (!again) seen.push_back(f.Text());
  }
  for (size_t i = 0; i < seen.size(); ++i) text += (i ? ", " : "") + seen[i];
  if (seen.size() > 1) text = "[" + text + "]";
  Failure out{422, "Invalid", QualifiedResource(group, kind) + " " + Quoted(name) + " is invalid: " + text,
              Details(name, group, kind)};
  if (!faults.empty()) out.details["causes"] = causes;
  return out;
}
Failure BadRequest(std::string message) { return {400, "BadRequest", std::move(message)}; }
Failure InternalError(std::string message) {
  Failure out{500, "InternalError", "Internal error occurred: " + message};
  Value cause = Object();
  cause["message"] = message;
  out.details = Object();
  out.details["causes"].append(cause);
  return out;
}
Failure Gone(std::string message) { return {410, "Expired", std::move(message)}; }
Failure MethodNotAllowed(std::string_view group, std::string_view kind, std::string_view action) {
  return {405, "MethodNotAllowed",
          std::string(action) + " is not supported on resources of kind " +
              Quoted(QualifiedResource(group, kind)),
          Details("", group, kind)};
}
Failure NotAcceptable(const std::string& accepted) {
  return {406, "NotAcceptable", "only the following media types are accepted: " + accepted};
}
Failure UnsupportedMediaType(const std::string& accepted) {
  return {415, "UnsupportedMediaType",
          "the body of the request was in an unknown format - accepted media types include: " + accepted};
}
Failure RequestTooLarge(std::string message) {
  return {413, "RequestEntityTooLarge", "Request entity is too large: " + message};
}
Failure Unauthorized() { return {401, "Unauthorized", "Unauthorized"}; }
Failure TooManyRequests(std::string message, int retry_after_seconds) {
  Failure out{429, "TooManyRequests", std::move(message), Object()};
  out.retry_after_seconds = retry_after_seconds;
  return out;
}
Failure NotImplemented(std::string message) { return {501, "NotImplemented", std::move(message)}; }

}  // namespace fairlead::apiserver
