// The cases of tests/cases/crds: objects of our kinds with the verdicts of Parse and of a real API server.
//
// Who calls: the unit test that gives them to Parse, the integration test that gives them to an API server. A
// case is the file's `base` with what the case sets (`set`: path to value) and removes (`remove`: paths), or
// it has a `spec`, an `object` or a JSON text (`raw`) of its own. `parse` and `apiserver` are ok or error,
// `errors` are "path: part of the message" of Parse, all of them; `warnings` likewise, [] meaning none. Where
// only one of the two says no, `only` names it and `reason` says why. Both name the same fields; `server` has
// the server's where it cannot name them as well (a rule over a map cannot name the entry).
#pragma once

#include <json/value.h>

#include <optional>
#include <string>
#include <vector>

#include "crds/base/field_errors.h"
#include "crds/base/key.h"

namespace fairlead::testing {

struct Expectation {
  std::string path;  // as NormalPath has it
  std::string part;  // of the message
};

struct CrdCase {
  std::string file;
  std::string name;
  Kind kind = Kind::kRetryTimeoutPolicy;
  std::string json;  // the object
  bool parse_ok = true;
  bool apiserver_ok = true;
  std::string only;  // "parse", "apiserver" or ""
  std::string reason;
  std::vector<Expectation> errors;
  std::vector<std::string> server;  // normal paths
  std::optional<std::vector<Expectation>> warnings;

  std::string Title() const { return file + ": " + name; }
};

// All of them; `problem` says what is wrong with the files themselves.
std::vector<CrdCase> LoadCrdCases(std::string* problem);

// "spec.bounds[\"a.b\"].max", "spec.bounds[a.b].max" -> "spec.bounds.a.b.max"; indices too: "spec.list.0".
std::string NormalPath(std::string_view path);

// What Parse says: "" and the canonical object, or the errors.
struct ParseOutcome {
  bool ok = false;
  Json::Value canonical;
  std::vector<FieldError> errors;
  std::vector<FieldError> warnings;
};
ParseOutcome ParseAndPrint(Kind kind, std::string_view json);

Json::Value ParseJsonValue(std::string_view json);  // null where it is not JSON

}  // namespace fairlead::testing
