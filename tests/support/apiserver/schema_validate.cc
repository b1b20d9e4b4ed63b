#include <re2/re2.h>

#include <charconv>
#include <cmath>

#include "tests/support/apiserver/formats.h"
#include "tests/support/apiserver/schema_check.h"

namespace fairlead::apiserver {
namespace {

std::string TypeOf(const Value& v) {
  switch (v.type()) {
    case Json::nullValue:
      return "null";
    case Json::intValue:
    case Json::uintValue:
      return "integer";
    case Json::realValue:
      return "number";
    case Json::booleanValue:
      return "boolean";
    case Json::stringValue:
      return "string";
    case Json::arrayValue:
      return "array";
    case Json::objectValue:
      return "object";
  }
  return "null";
}

bool HasType(const std::string& type, const Value& v) {
  if (type == "integer") return IsInteger(v);
  if (type == "number") return v.isNumeric() && !v.isBool();
  return TypeOf(v) == type;
}

int64_t Characters(const std::string& text) {
  int64_t n = 0;
  for (const char c : text) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

class Validator {
 public:
  explicit Validator(FieldFaults* faults) : faults_(faults) {}

  void Visit(const Schema& s, const Value& v, const std::string& path, bool root = false) {
    if (!CheckType(s, v, path)) return;
    Composites(s, v, path);
    if (v.isString()) Text(s, v, path);
    if (v.isNumeric() && !v.isBool()) Number(s, v, path);
    if (v.isArray()) List(s, v, path);
    Enumeration(s, v, path);
    if (v.isObject()) Fields(s, v, path, root);
  }

 private:
  void Add(const std::string& path, const Value& shown, const std::string& rest) {
    faults_->push_back(InvalidField(path, shown, path + " in body " + rest));
  }

  bool CheckType(const Schema& s, const Value& v, const std::string& path) {
    if (v.isNull() && s.nullable) return false;
    if (s.int_or_string) {
      if (IsInteger(v) || v.isString()) return true;
      WrongType(path, "integer,string", TypeOf(v));
      return false;
    }
    if (s.type.empty()) return !v.isNull();
    if (HasType(s.type, v)) return true;
    if (s.type == "integer" && !s.format.empty() && v.type() == Json::realValue) {
      Composite("Checked value must be of type integer with format " + s.format + " in " + path);
      WrongType(path, s.format, "float64");
      return false;
    }
    WrongType(path, s.type, TypeOf(v));
    if (!v.isNull()) Enumeration(s, v, path);
    return false;
  }

  void WrongType(const std::string& path, const std::string& wanted, const std::string& shown) {
    faults_->push_back(TypeInvalidField(
        path, Value(shown), path + " in body must be of type " + wanted + ": " + QuoteJson(shown)));
  }

  // The first thing that is wrong with a text is told, as in the real server.
  void Text(const Schema& s, const Value& v, const std::string& path) {
    const std::string text = v.asString();
    if (s.max_length && Characters(text) > *s.max_length) {
      faults_->push_back(TooLongField(path, *s.max_length));
    } else if (s.min_length && Characters(text) < *s.min_length) {
      Add(path, v, "should be at least " + std::to_string(*s.min_length) + " chars long");
    } else if (s.pattern && !re2::RE2::PartialMatch(text, *s.pattern)) {
      Add(path, v, "should match '" + s.pattern_text + "'");
    }
    if (!s.format.empty() && !MatchesFormat(s.format, text)) {
      faults_->push_back(
          TypeInvalidField(path, v, path + " in body must be of type " + s.format + ": " + QuoteJson(text)));
    }
  }

  static std::string Bound(const Value& v, double bound) {
    if (v.type() != Json::realValue) return std::to_string(static_cast<int64_t>(bound));
    return GoNumber(bound);
  }

  void Number(const Schema& s, const Value& v, const std::string& path) {
    const double d = v.asDouble();
    if (s.maximum && (d > *s.maximum || (s.exclusive_maximum && d == *s.maximum))) {
      Add(path, v,
          std::string("should be less than ") + (s.exclusive_maximum ? "" : "or equal to ") +
              Bound(v, *s.maximum));
    }
    if (s.minimum && (d < *s.minimum || (s.exclusive_minimum && d == *s.minimum))) {
      Add(path, v,
          std::string("should be greater than ") + (s.exclusive_minimum ? "" : "or equal to ") +
              Bound(v, *s.minimum));
    }
    if (s.multiple_of && std::fmod(d, *s.multiple_of) != 0) {
      Add(path, v, "should be a multiple of " + GoNumber(*s.multiple_of));
    }
    if (s.format == "int32" && IsInteger(v) && std::abs(d) > 2147483648.0) {
      Composite("Checked value must be of type integer with format int32 in " + path);
    }
  }

  void Enumeration(const Schema& s, const Value& v, const std::string& path) {
    if (s.enumeration.empty()) return;
    std::vector<std::string> allowed;
    for (const Value& e : s.enumeration) {
      if (SameValue(e, v)) return;
      allowed.push_back(e.isString() ? e.asString() : Print(e));
    }
    faults_->push_back(UnsupportedField(path, v, allowed));
  }

  void List(const Schema& s, const Value& v, const std::string& path) {
    const int64_t size = v.size();
    if (s.items != nullptr) {
      for (Json::ArrayIndex i = 0; i < v.size(); ++i)
        Visit(*s.items, v[i], path + "[" + std::to_string(i) + "]");
    }
    if (s.min_items && size < *s.min_items) {
      Add(path, Int(size), "should have at least " + std::to_string(*s.min_items) + " items");
    }
    if (s.max_items && size > *s.max_items) faults_->push_back(TooManyField(path, size, *s.max_items));
    if (s.list_type != Schema::ListType::kAtomic) Unique(s, v, path);
  }

  void Unique(const Schema& s, const Value& v, const std::string& path) {
    std::vector<Value> seen;
    for (Json::ArrayIndex i = 0; i < v.size(); ++i) {
      Value key = v[i];
      if (s.list_type == Schema::ListType::kMap) {
        if (!v[i].isObject()) continue;
        key = Object();
        for (const std::string& name : s.list_keys) {
          if (Has(v[i], name)) key[name] = v[i][name];
        }
      }
      bool again = false;
      for (const Value& other : seen) again = again || SameValue(other, key);
      if (again) faults_->push_back(DuplicateField(path + "[" + std::to_string(i) + "]", key));
      seen.push_back(std::move(key));
    }
  }

  void Fields(const Schema& s, const Value& v, const std::string& path, bool root) {
    const int64_t size = v.size();
    const std::string prefix = path.empty() ? "" : path + ".";
    if (s.min_properties && size < *s.min_properties) {
      Add(path, Int(size), "should have at least " + std::to_string(*s.min_properties) + " properties");
    }
    if (s.max_properties && size > *s.max_properties) {
      faults_->push_back(TooManyField(path, size, *s.max_properties));
    }
    for (const std::string& name : s.required) {
      if (!Has(v, name)) faults_->push_back(RequiredField(prefix + name));
    }
    if (s.embedded_resource) Embedded(v, prefix);
    for (auto at = v.begin(); at != v.end(); ++at) {
      const std::string name = at.name();
      if (root && (name == "metadata" || name == "apiVersion" || name == "kind")) continue;
      if (const Schema* child = s.Child(name)) Visit(*child, *at, prefix + name);
    }
  }

  void Embedded(const Value& v, const std::string& prefix) {
    for (const char* name : {"apiVersion", "kind"}) {
      if (TextAt(v, name).empty()) faults_->push_back(RequiredField(prefix + name, "must not be empty"));
    }
  }

  size_t FaultsOf(const Schema& s, const Value& v, const std::string& path) {
    FieldFaults found;
    Validator(&found).Visit(s, v, path);
    return found.size();
  }

  void Composite(const std::string& text) { faults_->push_back(InvalidField("<nil>", Value(""), text)); }

  void Composites(const Schema& s, const Value& v, const std::string& path) {
    for (const Schema* part : s.all_of) Visit(*part, v, path);
    if (!s.any_of.empty() && !s.int_or_string) {
      bool matched = false;
      for (const Schema* part : s.any_of) matched = matched || FaultsOf(*part, v, path) == 0;
      if (!matched) Composite(QuoteJson(path) + " must validate at least one schema (anyOf)");
    }
    if (!s.one_of.empty() && !s.int_or_string) {
      size_t matched = 0;
      for (const Schema* part : s.one_of) matched += FaultsOf(*part, v, path) == 0;
      if (matched != 1) {
        Composite(
            QuoteJson(path) + " must validate one and only one schema (oneOf). Found " +
            (matched == 0 ? std::string("none valid") : std::to_string(matched) + " valid alternatives"));
      }
    }
    if (s.negated != nullptr && FaultsOf(*s.negated, v, path) == 0) {
      Composite(QuoteJson(path) + " must not validate the schema (not)");
    }
  }

  FieldFaults* faults_;
};

}  // namespace

std::string GoNumber(double d) {
  char buffer[64];
  const double size = std::abs(d);
  const bool plain = size == 0 || (size >= 1e-4 && size < 1e6);
  // Go switches to an exponent at 21 digits or, for the shortest form, from a million on.
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, d,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific);
  return std::string(buffer, end.ptr);
}

void ValidateValue(const Schema& schema, const Value& value, const std::string& path, FieldFaults* faults) {
  Validator(faults).Visit(schema, value, path);
}

void ValidateRoot(const Schema& root, const Value& object, FieldFaults* faults) {
  Validator(faults).Visit(root, object, "", /*root=*/true);
}

}  // namespace fairlead::apiserver
