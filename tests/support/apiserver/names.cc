#include "tests/support/apiserver/names.h"

#include <re2/re2.h>

#include <set>

namespace fairlead::apiserver {
namespace {

constexpr char kQualified[] = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";
constexpr char kLabelValue[] = "(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?";
constexpr char kLabel[] = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
constexpr char kConfigKey[] = "[-._a-zA-Z0-9]+";
constexpr char kSubdomain[] = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

bool Full(const std::string& text, const re2::RE2& pattern) { return re2::RE2::FullMatch(text, pattern); }

std::string Explain(const std::string& what, const std::string& pattern,
                    std::initializer_list<const char*> examples) {
  std::string out = what + " (e.g. ";
  bool first = true;
  for (const char* example : examples) {
    if (!first) out += " or ";
    out += "'" + std::string(example) + "', ";
    first = false;
  }
  return out + "regex used for validation is '" + pattern + "')";
}

std::string TooLong(size_t max) { return "must be no more than " + std::to_string(max) + " bytes"; }

std::string NamePartFault(const std::string& name) {
  static const re2::RE2 pattern(kQualified);
  if (name.empty()) return "name part must be non-empty";
  if (name.size() > 63) return "name part " + TooLong(63);
  if (Full(name, pattern)) return "";
  return Explain(
      "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
      "alphanumeric "
      "character",
      kQualified, {"MyName", "my.name", "123-abc"});
}

const std::set<std::string>& PathSegmentTypes() {
  static const std::set<std::string> types = {
      "rbac.authorization.k8s.io/roles", "rbac.authorization.k8s.io/rolebindings",
      "rbac.authorization.k8s.io/clusterroles", "rbac.authorization.k8s.io/clusterrolebindings"};
  return types;
}

void Strings(const Value& map, const std::string& path, FieldFaults* faults, bool values) {
  if (!map.isObject()) return;
  for (auto at = map.begin(); at != map.end(); ++at) {
    const std::string key = at.name();
    const std::string why = QualifiedNameFault(key);
    if (!why.empty()) faults->push_back(InvalidField(path, Value(key), why));
    if (!values || !at->isString()) continue;
    const std::string wrong = LabelValueFault(at->asString());
    if (!wrong.empty()) faults->push_back(InvalidField(path, *at, wrong));
  }
}

void Owners(const Value& meta, FieldFaults* faults) {
  const Value& owners = Get(meta, "ownerReferences");
  if (!owners.isArray()) return;
  std::string controller;
  for (Json::ArrayIndex i = 0; i < owners.size(); ++i) {
    const std::string path = "metadata.ownerReferences";
    for (const char* name : {"apiVersion", "kind", "name", "uid"}) {
      if (!TextAt(owners[i], name).empty()) continue;
      const std::string what = std::string(name) == "apiVersion" ? "version" : name;
      faults->push_back(InvalidField(path + "." + name, Value(""), what + " must not be empty"));
    }
    if (!BoolAt(owners[i], {"controller"})) continue;
    const std::string name = TextAt(owners[i], "kind") + "/" + TextAt(owners[i], "name");
    if (!controller.empty()) {
      faults->push_back(InvalidField(
          path, owners,
          "Only one reference can have Controller set to true. Found \"true\" in references for " +
              controller + " and " + name));
    }
    controller = name;
  }
}

void Finalizers(const Value& meta, FieldFaults* faults) {
  for (const std::string& f : fairlead::apiserver::Strings(Get(meta, "finalizers"))) {
    if (const std::string why = QualifiedNameFault(f); !why.empty()) {
      faults->push_back(InvalidField("metadata.finalizers", Value(f), why));
    }
  }
}

}  // namespace

std::string SubdomainFault(const std::string& name) {
  static const re2::RE2 pattern(kSubdomain);
  if (name.size() > 253) return TooLong(253);
  if (Full(name, pattern)) return "";
  return Explain(
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and "
      "must start and "
      "end with an alphanumeric character",
      kSubdomain, {"example.com"});
}

std::string LabelFault(const std::string& name) {
  static const re2::RE2 pattern(kLabel);
  static const re2::RE2 subdomain(kSubdomain);
  if (name.size() > 63) return TooLong(63);
  if (Full(name, pattern)) return "";
  if (Full(name, subdomain)) return "must not contain dots";
  return Explain(
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
      "and end with "
      "an alphanumeric character",
      kLabel, {"my-name", "123-abc"});
}

std::string PathSegmentFault(const std::string& name) {
  if (name == "." || name == "..") return "may not be '" + name + "'";
  for (const char* bad : {"/", "%"}) {
    if (name.find(bad) != std::string::npos) return "may not contain '" + std::string(bad) + "'";
  }
  return "";
}

std::string ConfigKeyFault(const std::string& key) {
  static const re2::RE2 pattern(kConfigKey);
  if (key.size() > 253) return TooLong(253);
  if (!Full(key, pattern)) {
    return Explain("a valid config key must consist of alphanumeric characters, '-', '_' or '.'", kConfigKey,
                   {"key.name", "KEY_NAME", "key-name"});
  }
  if (key == ".") return "must not be '.'";
  return key.starts_with("..") ? "must not start with '..'" : "";
}

std::string LabelValueFault(const std::string& value) {
  static const re2::RE2 pattern(kLabelValue);
  if (value.size() > 63) return TooLong(63);
  if (Full(value, pattern)) return "";
  return Explain(
      "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and "
      "must start and end "
      "with an alphanumeric character",
      kLabelValue, {"MyValue", "my_value", "12345"});
}

std::string QualifiedNameFault(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return NamePartFault(name);
  const std::string prefix = name.substr(0, slash);
  const std::string rest = name.substr(slash + 1);
  if (rest.find('/') != std::string::npos) {
    return "a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and "
           "end with an "
           "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation "
           "is '" +
           std::string(kQualified) +
           "') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
  }
  if (prefix.empty()) return "prefix part must be non-empty";
  if (const std::string why = SubdomainFault(prefix); !why.empty()) return "prefix part " + why;
  return NamePartFault(rest);
}

std::string ObjectNameFault(const Resource& resource, const std::string& name) {
  const std::string type = resource.Type();
  if (type == "/namespaces") return LabelFault(name);
  if (type == "/services") return LabelFault(name);  // since 1.36 as of RFC 1123
  if (PathSegmentTypes().contains(type)) return PathSegmentFault(name);
  return SubdomainFault(name);
}

void ValidateMeta(const Resource& resource, const Value& object, FieldFaults* faults) {
  const Value& meta = Get(object, "metadata");
  const std::string name = TextAt(meta, "name");
  if (name.empty()) {
    faults->push_back(RequiredField("metadata.name", "name or generateName is required"));
  } else if (const std::string why = ObjectNameFault(resource, name); !why.empty()) {
    faults->push_back(InvalidField("metadata.name", Value(name), why));
  }
  Strings(Get(meta, "annotations"), "metadata.annotations", faults, /*values=*/false);
  Strings(Get(meta, "labels"), "metadata.labels", faults, /*values=*/true);
  Owners(meta, faults);
  Finalizers(meta, faults);
}

void ValidateMetaUpdate(const Value& object, const Value& old, FieldFaults* faults) {
  const Value& meta = Get(object, "metadata");
  const Value& before = Get(old, "metadata");
  Strings(Get(meta, "annotations"), "metadata.annotations", faults, /*values=*/false);
  Strings(Get(meta, "labels"), "metadata.labels", faults, /*values=*/true);
  Owners(meta, faults);
  Finalizers(meta, faults);
  if (Has(before, "deletionTimestamp")) {
    std::set<std::string> had;
    for (const std::string& f : fairlead::apiserver::Strings(Get(before, "finalizers"))) had.insert(f);
    std::string added;
    for (const std::string& f : fairlead::apiserver::Strings(Get(meta, "finalizers"))) {
      if (!had.contains(f)) added += (added.empty() ? "" : ", ") + QuoteJson(f);
    }
    if (!added.empty()) {
      faults->push_back(
          ForbiddenField("metadata.finalizers",
                         "no new finalizers can be added if the object is being deleted, found new "
                         "finalizers []string{" +
                             added + "}"));
    }
  }
}

}  // namespace fairlead::apiserver
