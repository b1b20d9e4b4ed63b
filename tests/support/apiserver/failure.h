// Failure: a request that is refused, as the Status object that the Kubernetes API answers with.
//
// Who calls: everything that handles a request. One constructor a reason, with the texts of the real server
// (k8s.io/apimachinery, pkg/api/errors). Values.
//
//   return Unexpected(NotFound(resource.group, resource.plural, name));
#pragma once

#include <string>
#include <vector>

#include "tests/support/apiserver/value.h"

namespace fairlead::apiserver {

struct Failure {
  int code = 500;
  std::string reason;
  std::string message;
  Value details = Value();  // null: left out
  int retry_after_seconds = 0;
  std::string allow;  // 405: the header Allow
};

template <class T>
using Outcome = Result<T, Failure>;

Value ToStatus(const Failure& failure);

// One field that is wrong, as k8s.io/apimachinery's field.Error prints it.
struct FieldFault {
  std::string type;    // "Invalid value", "Required value", …
  std::string reason;  // "FieldValueInvalid", …
  std::string field;
  std::string body;  // all after "field: "
  std::string Text() const { return field + ": " + body; }
};
using FieldFaults = std::vector<FieldFault>;

FieldFault InvalidField(std::string field, const Value& value, std::string_view detail);
FieldFault TypeInvalidField(std::string field, const Value& value, std::string_view detail);
FieldFault RequiredField(std::string field, std::string_view detail = "");
FieldFault ForbiddenField(std::string field, std::string_view detail);
FieldFault DuplicateField(std::string field, const Value& value);
FieldFault UnsupportedField(std::string field, const Value& value, const std::vector<std::string>& allowed);
FieldFault TooLongField(std::string field, int64_t max);
FieldFault TooManyField(std::string field, int64_t have, int64_t max);
FieldFault NotFoundField(std::string field, const Value& value);

Failure NotFound(std::string_view group, std::string_view plural, std::string_view name);
Failure AlreadyExists(std::string_view group, std::string_view plural, std::string_view name);
Failure Conflict(std::string_view group, std::string_view plural, std::string_view name,
                 std::string_view why);
Failure Forbidden(std::string_view group, std::string_view plural, std::string_view name,
                  std::string_view why);
Failure Invalid(std::string_view group, std::string_view kind, std::string_view name,
                const FieldFaults& faults);
Failure BadRequest(std::string message);
Failure InternalError(std::string message);
Failure Gone(std::string message);  // reason Expired
Failure MethodNotAllowed(std::string_view group, std::string_view kind, std::string_view action);
Failure NotAcceptable(const std::string& accepted);
Failure UnsupportedMediaType(const std::string& accepted);
Failure RequestTooLarge(std::string message);
Failure Unauthorized();
Failure TooManyRequests(std::string message, int retry_after_seconds);
Failure NotImplemented(std::string message);  // what it is and what to use instead

std::string QualifiedResource(std::string_view group,
                              std::string_view plural);  // "pods", "leases.coordination.k8s.io"

}  // namespace fairlead::apiserver
