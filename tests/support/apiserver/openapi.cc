#include "tests/support/apiserver/openapi.h"

#include <functional>

namespace fairlead::apiserver {
namespace {

std::string PathOf(const std::string& group, const std::string& version) {
  return group.empty() ? "api/" + version : "apis/" + group + "/" + version;
}

std::string ReverseDomain(const std::string& group) {
  std::string out;
  size_t end = group.size();
  while (true) {
    const size_t dot = group.rfind('.', end - 1);
    const size_t from = dot == std::string::npos ? 0 : dot + 1;
    out += (out.empty() ? "" : ".") + group.substr(from, end - from);
    if (dot == std::string::npos || dot == 0) return out;
    end = dot;
  }
}

constexpr char kObjectMeta[] = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta";

Value ObjectMetaComponent(Core& core) {
  const Value& known = At(core.registry.OpenapiDocument("", "v1"), {"components", "schemas", kObjectMeta});
  if (known.isObject()) return known;
  Value out = Object();
  out["type"] = "object";
  out["description"] = "ObjectMeta is metadata that all persisted resources must have.";
  for (const auto& [name, schema] : ObjectMetaSchema().properties) {
    Value& field = out["properties"][name];
    field["type"] = schema->type;
    if (schema->type == "array") field["items"]["type"] = schema->items ? schema->items->type : "object";
    if (schema->type == "object") field["additionalProperties"]["type"] = "string";
  }
  return out;
}

Value Component(const Resource& r) {
  Value out = r.openapi.isObject() ? r.openapi : Object();
  out["type"] = "object";
  Value& properties = Ensure(out, {"properties"});
  const std::string meta_text = "Standard object's metadata.";
  for (const char* name : {"apiVersion", "kind"}) {
    if (!properties.isMember(name)) properties[name]["type"] = "string";
  }
  properties["metadata"] = Object();
  Value ref = Object();
  ref["$ref"] = std::string("#/components/schemas/") + kObjectMeta;
  properties["metadata"]["allOf"].append(ref);
  properties["metadata"]["description"] = meta_text;
  Value gvk = Object();
  gvk["group"] = r.group;
  gvk["version"] = r.version;
  gvk["kind"] = r.kind;
  out["x-kubernetes-group-version-kind"] = Array();
  out["x-kubernetes-group-version-kind"].append(gvk);
  return out;
}

void AddParameters(Value* operation) {
  for (const char* name : {"dryRun", "fieldManager", "fieldValidation"}) {
    Value p = Object();
    p["name"] = name;
    p["in"] = "query";
    p["schema"]["type"] = "string";
    (*operation)["parameters"].append(p);
  }
}

// kubectl looks there for whether the server validates fields and takes dry runs.
Value Paths(const Resource& r) {
  Value gvk = Object();
  gvk["group"] = r.group;
  gvk["version"] = r.version;
  gvk["kind"] = r.kind;
  Value patch = Object();
  patch["x-kubernetes-group-version-kind"] = gvk;
  patch["x-kubernetes-action"] = "patch";
  AddParameters(&patch);
  Value out = Object();
  const std::string base =
      "/" + PathOf(r.group, r.version) + (r.namespaced ? "/namespaces/{namespace}/" : "/") + r.plural;
  out[base + "/{name}"]["patch"] = patch;
  Value post = patch;
  post["x-kubernetes-action"] = "post";
  out[base]["post"] = post;
  return out;
}

Value Document(Core& core, const std::string& group, const std::string& version) {
  const Value& known = core.registry.OpenapiDocument(group, version);
  if (known.isObject()) return known;
  Value out = Object();
  out["openapi"] = "3.0.0";
  out["info"]["title"] = "Kubernetes";
  out["info"]["version"] = core.options.git_version;
  out["paths"] = Object();
  Value& components = Ensure(out, {"components", "schemas"});
  components[kObjectMeta] = ObjectMetaComponent(core);
  for (const ResourcePtr& r : core.registry.All()) {
    if (r->group != group || r->version != version) continue;
    const std::string name =
        (group.empty() ? "io.k8s.api.core" : ReverseDomain(group)) + "." + version + "." + r->kind;
    components[name] = Component(*r);
    const Value paths = Paths(*r);
    for (const std::string& path : paths.getMemberNames()) out["paths"][path] = paths[path];
  }
  return out;
}

}  // namespace

Response ServeOpenapi(Core& core, const RequestInfo& info) {
  const std::string prefix = "/openapi/v3";
  if (info.path == prefix) {
    Value out = Object();
    for (const std::string& group : core.registry.Groups()) {
      for (const std::string& version : core.registry.VersionsOf(group)) {
        const std::string path = PathOf(group, version);
        // The store's revision stands in for a hash: it changes whenever a definition does.
        out["paths"][path]["serverRelativeURL"] =
            prefix + "/" + path +
            "?hash=" + std::to_string(std::hash<std::string>()(path) ^ core.store.revision());
      }
    }
    return JsonResponse(200, out);
  }
  for (const std::string& group : core.registry.Groups()) {
    for (const std::string& version : core.registry.VersionsOf(group)) {
      if (info.path == prefix + "/" + PathOf(group, version))
        return JsonResponse(200, Document(core, group, version));
    }
  }
  return TextResponse(404, "404 page not found\n");
}

}  // namespace fairlead::apiserver
