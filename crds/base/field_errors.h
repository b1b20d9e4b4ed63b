// FieldErrors: every error of one object, each with the path of its field in the user's spelling.
//
// Parsers push errors while they walk the object; a Field is the cursor that knows where it is. One thread.
//
//   FieldErrors errors;
//   Field spec = errors.Root("spec");
//   spec["retries"]["backoff"]["max"].Add("must not be less than spec.retries.backoff.base (25ms)");
//   // -> "spec.retries.backoff.max: must not be less than spec.retries.backoff.base (25ms)"
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead {

struct FieldError {
  std::string path;     // "spec.targetRefs[0].kind"; empty: the object as a whole
  std::string message;  // what is wrong and what would be right; no trailing full stop

  std::string ToString() const { return path.empty() ? message : path + ": " + message; }
  friend auto operator<=>(const FieldError&, const FieldError&) = default;
};

class FieldErrors;

// A position in an object. Cheap to copy; must not outlive its FieldErrors.
class Field {
 public:
  Field(FieldErrors* sink, std::string path) : sink_(sink), path_(std::move(path)) {}
  Field operator[](std::string_view member) const;
  Field operator[](size_t index) const;
  void Add(std::string message) const;   // an error: the object is invalid
  void Warn(std::string message) const;  // accepted, but the user should know
  const std::string& path() const { return path_; }

 private:
  FieldErrors* sink_;
  std::string path_;
};

class FieldErrors {
 public:
  // At most this many are kept, so that a hostile object cannot fill the memory; the last says how many were
  // left out.
  static constexpr size_t kMax = 64;

  Field Root(std::string_view member = "") { return Field(this, std::string(member)); }
  void Add(std::string path, std::string message);
  void Warn(std::string path, std::string message);

  bool ok() const { return errors_.empty(); }
  const std::vector<FieldError>& errors() const { return errors_; }
  const std::vector<FieldError>& warnings() const { return warnings_; }
  std::vector<FieldError> TakeErrors() { return std::move(errors_); }
  std::vector<FieldError> TakeWarnings() { return std::move(warnings_); }

 private:
  std::vector<FieldError> errors_;
  std::vector<FieldError> warnings_;
};

// "a: x; b: y", at most `max` of them and then "and 3 more".
std::string Join(const std::vector<FieldError>& errors, size_t max = 8);

}  // namespace fairlead
