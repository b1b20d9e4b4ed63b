#include "tests/support/apiserver/discovery.h"

#include <set>

#include "tests/support/apiserver/openapi.h"

namespace fairlead::apiserver {
namespace {

Value Verbs(bool all) {
  Value out = Array();
  for (const char* verb :
       {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"}) {
    if (all) out.append(verb);
  }
  if (!all) {
    for (const char* verb : {"get", "patch", "update"}) out.append(verb);
  }
  return out;
}

Value Texts(const std::vector<std::string>& list) {
  Value out = Array();
  for (const std::string& s : list) out.append(s);
  return out;
}

Value ResourceList(const Registry& registry, const std::string& group, const std::string& version) {
  Value out = Object();
  out["kind"] = "APIResourceList";
  out["apiVersion"] = "v1";
  out["groupVersion"] = group.empty() ? version : group + "/" + version;
  out["resources"] = Array();
  for (const ResourcePtr& r : registry.All()) {
    if (r->group != group || r->version != version) continue;
    Value item = Object();
    item["name"] = r->plural;
    item["singularName"] = r->singular;
    item["namespaced"] = r->namespaced;
    item["kind"] = r->kind;
    item["verbs"] = Verbs(true);
    if (!r->short_names.empty()) item["shortNames"] = Texts(r->short_names);
    if (!r->categories.empty()) item["categories"] = Texts(r->categories);
    out["resources"].append(item);
    if (!r->has_status) continue;
    Value status = Object();
    status["name"] = r->plural + "/status";
    status["singularName"] = "";
    status["namespaced"] = r->namespaced;
    status["kind"] = r->kind;
    status["verbs"] = Verbs(false);
    out["resources"].append(status);
  }
  return out;
}

Value GroupOf(const Registry& registry, const std::string& group) {
  Value out = Object();
  out["name"] = group;
  out["versions"] = Array();
  for (const std::string& version : registry.VersionsOf(group)) {
    Value v = Object();
    v["groupVersion"] = group + "/" + version;
    v["version"] = version;
    out["versions"].append(v);
  }
  out["preferredVersion"] = out["versions"][0];
  return out;
}

Value AggregatedResource(const Resource& r) {
  Value kind = Object();
  kind["group"] = r.group;
  kind["version"] = r.version;
  kind["kind"] = r.kind;
  Value item = Object();
  item["resource"] = r.plural;
  item["responseKind"] = kind;
  item["scope"] = r.namespaced ? "Namespaced" : "Cluster";
  item["singularResource"] = r.singular;
  item["verbs"] = Verbs(true);
  if (!r.short_names.empty()) item["shortNames"] = Texts(r.short_names);
  if (!r.categories.empty()) item["categories"] = Texts(r.categories);
  if (r.has_status) {
    Value status = Object();
    status["subresource"] = "status";
    status["responseKind"] = kind;
    status["verbs"] = Verbs(false);
    item["subresources"].append(status);
  }
  return item;
}

Value Aggregated(const Registry& registry, bool core_group, const std::string& version) {
  Value out = Object();
  out["kind"] = "APIGroupDiscoveryList";
  out["apiVersion"] = "apidiscovery.k8s.io/" + version;
  out["metadata"] = Object();
  out["items"] = Array();
  for (const std::string& group : registry.Groups()) {
    if (group.empty() != core_group) continue;
    Value item = Object();
    item["metadata"] = Object();
    item["metadata"]["creationTimestamp"] = Value();
    if (!group.empty()) item["metadata"]["name"] = group;
    for (const std::string& v : registry.VersionsOf(group)) {
      Value versioned = Object();
      versioned["version"] = v;
      versioned["freshness"] = "Current";
      versioned["resources"] = Array();
      for (const ResourcePtr& r : registry.All()) {
        if (r->group == group && r->version == v) versioned["resources"].append(AggregatedResource(*r));
      }
      item["versions"].append(versioned);
    }
    out["items"].append(item);
  }
  return out;
}

Response Groups(Core& core, const RequestInfo& info, const Request& request) {
  const std::string accept = request.Header("accept");
  for (const char* version : {"v2", "v2beta1"}) {
    const std::string wanted =
        std::string("application/json;g=apidiscovery.k8s.io;v=") + version + ";as=APIGroupDiscoveryList";
    if (accept.find(wanted) == std::string::npos) continue;
    Response out = JsonResponse(200, Aggregated(core.registry, info.path == "/api", version));
    out.content_type = wanted;
    return out;
  }
  Value out = Object();
  if (info.path == "/api") {
    out["kind"] = "APIVersions";
    out["versions"].append("v1");
    out["serverAddressByClientCIDRs"] = Array();
    return JsonResponse(200, out);
  }
  out["kind"] = "APIGroupList";
  out["apiVersion"] = "v1";
  out["groups"] = Array();
  for (const std::string& group : core.registry.Groups()) {
    if (!group.empty()) out["groups"].append(GroupOf(core.registry, group));
  }
  return JsonResponse(200, out);
}

Value Version(const std::string& git) {
  Value out = Object();
  const size_t dot = git.find('.');
  const size_t next = git.find('.', dot + 1);
  out["major"] = git.substr(1, dot - 1);
  out["minor"] = git.substr(dot + 1, next - dot - 1);
  out["gitVersion"] = git + "+fairlead-embedded";
  out["gitCommit"] = "";
  out["gitTreeState"] = "clean";
  out["buildDate"] = "1970-01-01T00:00:00Z";
  out["goVersion"] = "";
  out["compiler"] = "gc";
  out["platform"] = "linux/amd64";
  return out;
}

}  // namespace

std::optional<Response> ServeDiscovery(Core& core, const RequestInfo& info, const Request& request) {
  std::string path = info.path;
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  RequestInfo exact = info;
  exact.path = path;
  if (path == "/healthz" || path == "/readyz" || path == "/livez") return TextResponse(200, "ok");
  if (path == "/version") return JsonResponse(200, Version(core.options.git_version));
  if (path == "/api" || path == "/apis") return Groups(core, exact, request);
  if (path == "/api/v1") return JsonResponse(200, ResourceList(core.registry, "", "v1"));
  if (path.starts_with("/apis/")) {
    const std::string rest = path.substr(6);
    const size_t slash = rest.find('/');
    const std::string group = rest.substr(0, slash);
    const std::vector<std::string> versions = core.registry.VersionsOf(group);
    if (versions.empty()) return std::nullopt;
    if (slash == std::string::npos) {
      Value out = GroupOf(core.registry, group);
      out["kind"] = "APIGroup";
      out["apiVersion"] = "v1";
      return JsonResponse(200, out);
    }
    const std::string version = rest.substr(slash + 1);
    for (const std::string& v : versions) {
      if (v == version) return JsonResponse(200, ResourceList(core.registry, group, v));
    }
    return std::nullopt;
  }
  if (path.starts_with("/openapi/v3")) return ServeOpenapi(core, exact);
  return std::nullopt;
}

}  // namespace fairlead::apiserver
