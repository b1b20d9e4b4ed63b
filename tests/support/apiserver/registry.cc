#include "tests/support/apiserver/registry.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <tuple>

namespace fairlead::apiserver {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return in ? out.str() : std::string();
}

// v2 > v1 > v1beta2 > v1beta1 > v1alpha1 > others, as Kubernetes orders versions.
std::tuple<int, int, int> Priority(const std::string& version) {
  if (version.size() < 2 || version[0] != 'v') return {0, 0, 0};
  size_t at = 1;
  int major = 0;
  while (at < version.size() && isdigit(static_cast<unsigned char>(version[at]))) {
    major = major * 10 + (version[at++] - '0');
  }
  if (at == 1) return {0, 0, 0};
  if (at == version.size()) return {3, major, 0};
  const std::string rest = version.substr(at);
  const int stage = rest.starts_with("beta") ? 2 : rest.starts_with("alpha") ? 1 : 0;
  const size_t digits = stage == 2 ? 4 : 5;
  return {stage, major, rest.size() > digits ? atoi(rest.c_str() + digits) : 0};
}

Column NameColumn() {
  return {"Name", "string", ".metadata.name", 0, "name", "Name must be unique within a namespace."};
}
Column AgeColumn() { return {"Age", "date", ".metadata.creationTimestamp"}; }

std::vector<Column> ColumnsOf(const Value& version) {
  std::vector<Column> out = {NameColumn()};
  const Value& declared = Get(version, "additionalPrinterColumns");
  if (!declared.isArray() || declared.empty()) {
    out.push_back(AgeColumn());
    return out;
  }
  for (const Value& c : declared) {
    out.push_back({TextAt(c, "name"), TextAt(c, "type"), TextAt(c, "jsonPath"),
                   static_cast<int>(IntAt(c, {"priority"})), TextAt(c, "format"), TextAt(c, "description")});
  }
  return out;
}

// Names the newest version that is served and no older than this one.
std::string DeprecationText(const Value& crd, const Resource& r) {
  std::string best;
  for (const Value& version : At(crd, {"spec", "versions"})) {
    const std::string name = TextAt(version, "name");
    if (!BoolAt(version, {"served"}) || BoolAt(version, {"deprecated"}) ||
        Priority(name) <= Priority(r.version))
      continue;
    if (best.empty() || Priority(name) > Priority(best)) best = name;
  }
  const std::string out = r.ApiVersion() + " " + r.kind + " is deprecated";
  return best.empty() ? out : out + "; use " + r.group + "/" + best + " " + r.kind;
}

Resource FromCrdVersion(const Value& crd, const Value& version) {
  const Value& names = At(crd, {"spec", "names"});
  Resource r;
  r.group = TextAt(crd, {"spec", "group"});
  r.version = TextAt(version, "name");
  r.kind = TextAt(names, "kind");
  r.list_kind = TextAt(names, "listKind");
  if (r.list_kind.empty()) r.list_kind = r.kind + "List";
  r.plural = TextAt(names, "plural");
  r.singular = TextAt(names, "singular");
  r.short_names = Strings(Get(names, "shortNames"));
  r.categories = Strings(Get(names, "categories"));
  r.namespaced = TextAt(crd, {"spec", "scope"}) != "Cluster";
  r.builtin = false;
  r.has_status = At(version, {"subresources", "status"}).isObject();
  r.has_scale = At(version, {"subresources", "scale"}).isObject();
  r.storage = BoolAt(version, {"storage"});
  r.counts_generation = true;
  r.unconditional_update = false;
  if (BoolAt(version, {"deprecated"})) {
    r.deprecation = TextAt(version, "deprecationWarning");
    if (r.deprecation.empty()) r.deprecation = DeprecationText(crd, r);
  }
  r.columns = ColumnsOf(version);
  r.openapi = At(version, {"schema", "openAPIV3Schema"});
  auto set = std::make_shared<SchemaSet>();
  const Schema* declared = r.openapi.isObject() ? set->Add(r.openapi) : nullptr;
  r.schema = RootSchema(declared, set.get());
  r.schemas = std::move(set);
  return r;
}

}  // namespace

Registry::Registry(std::string openapi_dir) : openapi_dir_(std::move(openapi_dir)) {
  for (Resource& r : BuiltinResources()) {
    Key key = {r.group, r.version, r.plural};
    resources_[key] = std::make_shared<const Resource>(std::move(r));
  }
}

ResourcePtr Registry::Find(const std::string& group, const std::string& version,
                           const std::string& plural) const {
  const auto at = resources_.find({group, version, plural});
  return at == resources_.end() ? nullptr : at->second;
}

ResourcePtr Registry::FindKind(const std::string& group, const std::string& version,
                               const std::string& kind) const {
  for (const auto& [key, r] : resources_) {
    if (key[0] == group && key[1] == version && r->kind == kind) return r;
  }
  return nullptr;
}

ResourcePtr Registry::StorageOf(const std::string& type) const {
  ResourcePtr any;
  for (const auto& [key, r] : resources_) {
    if (r->Type() != type) continue;
    if (r->storage) return r;
    any = r;
  }
  return any;
}

std::vector<ResourcePtr> Registry::All() const {
  std::vector<ResourcePtr> out;
  for (const auto& [key, r] : resources_) out.push_back(r);
  return out;
}

std::vector<std::string> Registry::Groups() const {
  std::set<std::string> groups;
  for (const auto& [key, r] : resources_) groups.insert(key[0]);
  return {groups.begin(), groups.end()};
}

std::vector<std::string> Registry::VersionsOf(const std::string& group) const {
  std::set<std::string> found;
  for (const auto& [key, r] : resources_) {
    if (key[0] == group) found.insert(key[1]);
  }
  std::vector<std::string> out(found.begin(), found.end());
  std::stable_sort(out.begin(), out.end(),
                   [](const auto& a, const auto& b) { return Priority(a) > Priority(b); });
  return out;
}

void Registry::ApplyCrd(const Value& crd) {
  RemoveCrd(crd);
  for (const Value& version : At(crd, {"spec", "versions"})) {
    if (!BoolAt(version, {"served"}) && !BoolAt(version, {"storage"})) continue;
    Resource r = FromCrdVersion(crd, version);
    if (!BoolAt(version, {"served"})) continue;
    const Key key = {r.group, r.version, r.plural};
    resources_[key] = std::make_shared<const Resource>(std::move(r));
  }
}

void Registry::RemoveCrd(const Value& crd) {
  const std::string group = TextAt(crd, {"spec", "group"});
  const std::string plural = TextAt(crd, {"spec", "names", "plural"});
  std::erase_if(resources_, [&](const auto& item) {
    return item.first[0] == group && item.first[2] == plural && !item.second->builtin;
  });
}

const Value& Registry::OpenapiDocument(const std::string& group, const std::string& version) {
  const std::string name = group.empty() ? "api__" + version : "apis__" + group + "__" + version;
  const auto at = documents_.find(name);
  if (at != documents_.end()) return at->second;
  Value& doc = documents_[name];
  if (!openapi_dir_.empty()) {
    if (Result<Value> parsed = ParseJson(ReadFile(openapi_dir_ + "/" + name + "_openapi.json"))) {
      doc = std::move(*parsed);
    }
  }
  return doc;
}

const Schema* Registry::LoadBuiltin(const Resource& r) {
  std::shared_ptr<SchemaSet>& set = builtin_sets_[r.ApiVersion()];
  const Value& components = At(OpenapiDocument(r.group, r.version), {"components", "schemas"});
  if (!set) {
    set = std::make_shared<SchemaSet>();
    if (components.isObject()) set->AddComponents(components);
  }
  if (components.isObject()) {
    for (auto at = components.begin(); at != components.end(); ++at) {
      for (const Value& gvk : Get(*at, "x-kubernetes-group-version-kind")) {
        if (TextAt(gvk, "group") == r.group && TextAt(gvk, "version") == r.version &&
            TextAt(gvk, "kind") == r.kind) {
          return RootSchema(set->Component(at.name()), set.get());
        }
      }
    }
  }
  const Value hints = BuiltinHints(r.group, r.kind);
  return RootSchema(hints.isObject() ? set->Add(hints) : nullptr, set.get());
}

const Schema& Registry::SchemaOf(const Resource& resource) {
  if (resource.schema != nullptr) return *resource.schema;
  const Schema*& known = builtin_schemas_[resource.ApiVersion() + "/" + resource.kind];
  if (known == nullptr) known = LoadBuiltin(resource);
  return *known;
}

}  // namespace fairlead::apiserver
