#include "tests/support/apiserver/crd_rules.h"

#include <algorithm>
#include <set>

#include "tests/support/apiserver/names.h"

namespace fairlead::apiserver {
namespace {

void Fill(Value& object, const char* key, Value value) {
  if (!Has(object, key)) object[key] = std::move(value);
}

size_t CountCel(const Value& v) {
  size_t n = 0;
  if (v.isArray()) {
    for (const Value& item : v) n += CountCel(item);
  } else if (v.isObject()) {
    for (auto at = v.begin(); at != v.end(); ++at) {
      if (at.name() == "x-kubernetes-validations" && at->isArray()) n += at->size();
      n += CountCel(*at);
    }
  }
  return n;
}

// Structural schemas: a type everywhere, no additionalProperties beside properties, list keys that are there.
void CheckSchema(const Value& s, const std::string& path, FieldFaults* faults, size_t depth = 0) {
  if (!s.isObject() || depth > 50) return;
  static const std::set<std::string> types = {"array", "boolean", "integer", "number", "object", "string"};
  const std::string type = TextAt(s, "type");
  const bool free =
      BoolAt(s, {"x-kubernetes-int-or-string"}) || BoolAt(s, {"x-kubernetes-preserve-unknown-fields"});
  if (type.empty() && !free)
    faults->push_back(RequiredField(path + ".type", "must not be empty for specified object fields"));
  if (!type.empty() && !types.contains(type)) {
    faults->push_back(UnsupportedField(path + ".type", Value(type), {types.begin(), types.end()}));
  }
  if (Has(s, "properties") && Has(s, "additionalProperties")) {
    faults->push_back(ForbiddenField(path + ".additionalProperties",
                                     "additionalProperties and properties are mutual exclusive"));
  }
  if (type == "array" && !Get(s, "items").isObject())
    faults->push_back(RequiredField(path + ".items", "must be specified"));
  if (BoolAt(s, {"uniqueItems"})) {
    faults->push_back(
        ForbiddenField(path + ".uniqueItems",
                       "uniqueItems cannot be set to true since the runtime complexity becomes quadratic"));
  }
  if (TextAt(s, "x-kubernetes-list-type") == "map" && Get(s, "x-kubernetes-list-map-keys").empty()) {
    faults->push_back(RequiredField(path + ".x-kubernetes-list-map-keys",
                                    "must not be empty if x-kubernetes-list-type is map"));
  }
  if (const Value& properties = Get(s, "properties"); properties.isObject()) {
    for (auto at = properties.begin(); at != properties.end(); ++at) {
      CheckSchema(*at, path + ".properties[" + at.name() + "]", faults, depth + 1);
    }
  }
  CheckSchema(Get(s, "items"), path + ".items", faults, depth + 1);
  CheckSchema(Get(s, "additionalProperties"), path + ".additionalProperties", faults, depth + 1);
}

void ValidateVersions(const Value& spec, FieldFaults* faults) {
  const Value& versions = Get(spec, "versions");
  int storage = 0;
  std::set<std::string> seen;
  for (Json::ArrayIndex i = 0; versions.isArray() && i < versions.size(); ++i) {
    const std::string path = "spec.versions[" + std::to_string(i) + "]";
    const std::string name = TextAt(versions[i], "name");
    storage += BoolAt(versions[i], {"storage"});
    if (!seen.insert(name).second) faults->push_back(DuplicateField(path + ".name", Value(name)));
    const Value& schema = At(versions[i], {"schema", "openAPIV3Schema"});
    if (!schema.isObject()) {
      faults->push_back(RequiredField(path + ".schema.openAPIV3Schema"));
      continue;
    }
    if (TextAt(schema, "type") != "object") {
      faults->push_back(InvalidField(path + ".schema.openAPIV3Schema.type", Value(TextAt(schema, "type")),
                                     "must be object at the root"));
      continue;
    }
    CheckSchema(schema, path + ".schema.openAPIV3Schema", faults);
  }
  if (storage != 1) {
    faults->push_back(
        InvalidField("spec.versions", versions, "must have exactly one version marked as storage version"));
  }
}

Value Condition(const std::string& type, bool status, const std::string& reason, const std::string& message,
                const Value& before, const std::string& now) {
  Value c = Object();
  c["type"] = type;
  c["status"] = status ? "True" : "False";
  c["reason"] = reason;
  c["message"] = message;
  c["lastTransitionTime"] = now;
  for (const Value& old : before) {
    if (TextAt(old, "type") == type && old["status"] == c["status"])
      c["lastTransitionTime"] = old["lastTransitionTime"];
  }
  return c;
}

// A name that another resource of the group already has; "" if none.
std::string TakenName(const Registry& registry, const Value& crd) {
  const std::string group = TextAt(crd, {"spec", "group"});
  const Value& names = At(crd, {"spec", "names"});
  for (const ResourcePtr& r : registry.All()) {
    if (r->group != group || r->plural == TextAt(names, "plural")) continue;
    if (r->kind == TextAt(names, "kind")) return "\"" + r->kind + "\" is already in use";
    for (const std::string& s : r->short_names) {
      for (const std::string& mine : Strings(Get(names, "shortNames"))) {
        if (s == mine) return "\"" + s + "\" is already in use";
      }
    }
  }
  return "";
}

}  // namespace

void DefaultCrd(Value* crd) {
  Value& spec = Ensure(*crd, {"spec"});
  Value& names = Ensure(spec, {"names"});
  if (TextAt(names, "singular").empty()) names["singular"] = Lower(TextAt(names, "kind"));
  if (TextAt(names, "listKind").empty()) names["listKind"] = TextAt(names, "kind") + "List";
  Value& conversion = Ensure(spec, {"conversion"});
  Fill(conversion, "strategy", "None");
}

void ValidateCrd(const Value* old, const Value& crd, FieldFaults* faults) {
  const Value& spec = Get(crd, "spec");
  const std::string group = TextAt(spec, "group");
  const std::string plural = TextAt(spec, {"names", "plural"});
  const std::string wanted = plural + "." + group;
  if (NameOf(crd) != wanted) {
    faults->push_back(
        InvalidField("metadata.name", Value(NameOf(crd)), "must be spec.names.plural+\".\"+spec.group"));
  }
  if (group.empty()) faults->push_back(RequiredField("spec.group"));
  const std::string scope = TextAt(spec, "scope");
  if (scope.empty()) faults->push_back(RequiredField("spec.scope"));
  if (!scope.empty() && scope != "Namespaced" && scope != "Cluster") {
    faults->push_back(UnsupportedField("spec.scope", Value(scope), {"Cluster", "Namespaced"}));
  }
  if (TextAt(spec, {"names", "kind"}).empty()) faults->push_back(RequiredField("spec.names.kind"));
  if (plural.empty()) faults->push_back(RequiredField("spec.names.plural"));
  ValidateVersions(spec, faults);
  if (old == nullptr) return;
  if (TextAt(*old, {"spec", "scope"}) != scope) {
    faults->push_back(InvalidField("spec.scope", Value(scope), "field is immutable"));
  }
  for (const std::string& stored : Strings(At(*old, {"status", "storedVersions"}))) {
    bool kept = false;
    for (const Value& v : Get(spec, "versions")) kept = kept || TextAt(v, "name") == stored;
    if (!kept) {
      faults->push_back(InvalidField(
          "status.storedVersions[0]", Value(stored),
          "missing from spec.versions; " + stored +
              " was previously a storage version, and must remain in spec.versions until a storage "
              "migration ensures no data remains persisted in " +
              stored + " and removes " + stored + " from status.storedVersions"));
    }
  }
}

Value CrdStatus(const Registry& registry, const Value& crd, const std::string& now) {
  const Value& before = At(crd, {"status", "conditions"});
  Value status = Get(crd, "status").isObject() ? crd["status"] : Object();
  const std::string taken = TakenName(registry, crd);
  status["conditions"] = Array();
  status["conditions"].append(Condition("NamesAccepted", taken.empty(),
                                        taken.empty() ? "NoConflicts" : "KindConflict",
                                        taken.empty() ? "no conflicts found" : taken, before, now));
  status["conditions"].append(Condition(
      "Established", taken.empty(), taken.empty() ? "InitialNamesAccepted" : "NotAccepted",
      taken.empty() ? "the initial names have been accepted" : "not all names are accepted", before, now));
  if (taken.empty()) status["acceptedNames"] = crd["spec"]["names"];
  std::vector<std::string> stored = Strings(Get(status, "storedVersions"));
  for (const Value& v : At(crd, {"spec", "versions"})) {
    if (BoolAt(v, {"storage"}) &&
        std::find(stored.begin(), stored.end(), TextAt(v, "name")) == stored.end()) {
      stored.push_back(TextAt(v, "name"));
    }
  }
  status["storedVersions"] = Array();
  for (const std::string& s : stored) status["storedVersions"].append(s);
  return status;
}

bool IsEstablished(const Value& crd) {
  for (const Value& c : At(crd, {"status", "conditions"})) {
    if (TextAt(c, "type") == "Established") return TextAt(c, "status") == "True";
  }
  return false;
}

size_t CountCelRules(const Value& crd) { return CountCel(At(crd, {"spec", "versions"})); }

}  // namespace fairlead::apiserver
