// Registry: which resources the server has: the built-in kinds, and those that CustomResourceDefinitions add.
//
// Who calls: request routing, discovery, the write path (for schemas), the CRD lifecycle. Not thread-safe:
// Api calls it under its lock; a ResourcePtr may be kept and read anywhere.
//
//   ResourcePtr services = registry.Find("", "v1", "services");
//   const Schema& schema = registry.SchemaOf(*services);
#pragma once

#include <array>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/support/apiserver/schema.h"
#include "tests/support/apiserver/value.h"

namespace fairlead::apiserver {

struct Column {
  std::string name;
  std::string type;
  std::string json_path;  // ".spec.type"; "@…" for a built-in kind's computed cell
  int priority = 0;
  std::string format;
  std::string description;
};

struct Resource {
  std::string group;  // "" for core
  std::string version;
  std::string kind;
  std::string list_kind;
  std::string plural;
  std::string singular;
  std::vector<std::string> short_names;
  std::vector<std::string> categories;
  bool namespaced = true;
  bool builtin = true;
  bool has_status = false;
  bool has_scale = false;
  bool storage = true;               // the version that objects are kept in
  bool counts_generation = false;    // metadata.generation follows changes of the spec
  bool unconditional_update = true;  // PUT without resourceVersion
  bool create_on_update = false;     // PUT of an absent object
  bool returns_deleted = false;      // DELETE answers with the object rather than with a Status
  std::string deprecation;           // Warning on each request
  std::vector<Column> columns;
  Value openapi;                             // of a CRD version; null: none
  std::shared_ptr<const SchemaSet> schemas;  // of a CRD version
  const Schema* schema = nullptr;

  std::string ApiVersion() const { return group.empty() ? version : group + "/" + version; }
  // The store's name for it, the same in all versions. Events are one resource in two groups.
  std::string Type() const { return (group == "events.k8s.io" ? "" : group) + "/" + plural; }
};
using ResourcePtr = std::shared_ptr<const Resource>;

std::vector<Resource> BuiltinResources();
// Lists and maps of built-in kinds that are merged by key, for when Kubernetes' OpenAPI is not at hand; null:
// none.
Value BuiltinHints(const std::string& group, const std::string& kind);

class Registry {
 public:
  // Kubernetes' OpenAPI v3 documents ("api__v1_openapi.json", …) in `openapi_dir`; empty: built-in kinds are
  // taken as they come, with no check of their fields.
  explicit Registry(std::string openapi_dir);

  ResourcePtr Find(const std::string& group, const std::string& version, const std::string& plural) const;
  ResourcePtr FindKind(const std::string& group, const std::string& version, const std::string& kind) const;
  ResourcePtr StorageOf(const std::string& type) const;                 // by Resource::Type()
  std::vector<ResourcePtr> All() const;                                 // sorted by group, version, plural
  std::vector<std::string> Groups() const;                              // "" first
  std::vector<std::string> VersionsOf(const std::string& group) const;  // the preferred first

  // Replaces what the definition declared before. Pass a definition whose names were accepted.
  void ApplyCrd(const Value& crd);
  void RemoveCrd(const Value& crd);

  const Schema& SchemaOf(const Resource& resource);
  const Value& OpenapiDocument(const std::string& group, const std::string& version);  // null: none
  bool has_openapi() const { return !openapi_dir_.empty(); }

 private:
  using Key = std::array<std::string, 3>;
  const Schema* LoadBuiltin(const Resource& resource);

  std::string openapi_dir_;
  std::map<Key, ResourcePtr> resources_;
  std::map<std::string, Value> documents_;
  std::map<std::string, std::shared_ptr<SchemaSet>> builtin_sets_;
  std::map<std::string, const Schema*> builtin_schemas_;
};

}  // namespace fairlead::apiserver
