// Schema: a structural schema (of a CustomResourceDefinition) or a component of Kubernetes' OpenAPI, ready
// for use.
//
// Who calls: the registry builds them; writes validate, prune and default by them; server-side apply and
// strategic merge ask them how lists and maps are merged. Immutable once built; any thread.
//
//   SchemaSet set;
//   const Schema* schema = set.Add(crd_version["schema"]["openAPIV3Schema"]);
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/apiserver/failure.h"
#include "tests/support/apiserver/value.h"

namespace re2 {
class RE2;
}

namespace fairlead::apiserver {

struct Schema {
  enum class ListType { kAtomic, kSet, kMap };

  std::string name;  // of a component: "ServicePort"
  std::string type;  // "": any
  std::string format;
  std::string pattern_text;
  std::shared_ptr<const re2::RE2> pattern;
  bool nullable = false;
  bool int_or_string = false;
  bool preserve_unknown = false;
  bool embedded_resource = false;
  bool atomic_map = false;
  bool has_list_type = false;
  ListType list_type = ListType::kAtomic;
  std::vector<std::string> list_keys;
  std::string merge_key;       // strategic merge: x-kubernetes-patch-merge-key
  std::string merge_strategy;  // "merge", "replace", "merge,retainKeys"
  bool exclusive_minimum = false;
  bool exclusive_maximum = false;
  std::optional<double> minimum, maximum, multiple_of;
  std::optional<int64_t> min_length, max_length, min_items, max_items, min_properties, max_properties;
  std::vector<std::string> required;
  std::vector<Value> enumeration;
  Value default_value;  // null: none
  std::map<std::string, const Schema*, std::less<>> properties;
  const Schema* additional = nullptr;  // of a map
  const Schema* items = nullptr;
  std::vector<const Schema*> all_of, any_of, one_of;
  const Schema* negated = nullptr;

  // The schema of a field: declared, of a map's values, or null.
  const Schema* Child(std::string_view name) const;
  bool IsMapOrStruct() const { return type == "object" || !properties.empty() || additional != nullptr; }
};

// Owns schemas that point at each other.
class SchemaSet {
 public:
  SchemaSet() = default;
  SchemaSet(const SchemaSet&) = delete;
  SchemaSet& operator=(const SchemaSet&) = delete;

  const Schema* Add(const Value& openapi);
  // components.schemas of an OpenAPI v3 document; references between them are resolved.
  void AddComponents(const Value& components);
  const Schema* Component(const std::string& name) const;  // null: absent
  Schema* New();
  size_t cel_rules() const {
    return cel_rules_;
  }  // x-kubernetes-validations seen, which nobody evaluates here

 private:
  void Fill(const Value& openapi, Schema* out);
  void FillLists(const Value& openapi, Schema* out);

  std::deque<Schema> schemas_;
  std::map<std::string, Schema*> components_;
  size_t cel_rules_ = 0;
};

const Schema& ObjectMetaSchema();  // as the Kubernetes API defines it

// A root schema: `declared` (null: anything goes) with apiVersion, kind and metadata as every object has
// them.
const Schema* RootSchema(const Schema* declared, SchemaSet* set);

}  // namespace fairlead::apiserver
