#include "tests/unit/reconcilers/preview/mesh_state.h"

#include <random>

#include "crds/base/json_write.h"
#include "crds/base/meta_json.h"

namespace fairlead::testing {
namespace {

using reconcilers::preview::Manifest;

Json::Value Object(const std::string& version, const std::string& kind, const std::string& ns,
                   const std::string& name) {
  Json::Value out;
  out["apiVersion"] = version;
  out["kind"] = kind;
  out["metadata"]["name"] = name;
  if (!ns.empty()) out["metadata"]["namespace"] = ns;
  return out;
}

Json::Value GatewayOf(const MeshWaypoint& waypoint) {
  Json::Value out = Object("gateway.networking.k8s.io/v1", "Gateway", waypoint.ns, waypoint.name);
  out["metadata"]["labels"]["istio.io/waypoint-for"] = "service";
  out["spec"]["gatewayClassName"] = "fairlead-waypoint";
  Json::Value listener;
  listener["name"] = "mesh";
  listener["port"] = 15008;
  listener["protocol"] = "HBONE";
  listener["allowedRoutes"]["namespaces"]["from"] = "All";
  out["spec"]["listeners"].append(listener);
  return out;
}

Json::Value ServiceOf(const Mesh& mesh, const MeshService& service) {
  Json::Value out = Object("v1", "Service", service.ns, service.name);
  Labels labels = service.labels;
  if (service.waypoint >= 0) {
    const MeshWaypoint& waypoint = mesh.waypoints[static_cast<size_t>(service.waypoint)];
    labels.Set("istio.io/use-waypoint", waypoint.name);
    labels.Set("istio.io/use-waypoint-namespace", waypoint.ns);
  }
  out["metadata"]["labels"] = ToJson(labels);
  if (!service.selector.empty()) out["spec"]["selector"] = ToJson(service.selector);
  Json::Value port;
  port["name"] = "http";
  port["port"] = 8080;
  out["spec"]["ports"].append(port);
  return out;
}

class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}
  size_t Below(size_t n) { return engine_() % n; }
  bool OneIn(size_t n) { return Below(n) == 0; }
  std::string OneOf(const std::vector<std::string>& of) { return of[Below(of.size())]; }

 private:
  std::mt19937 engine_;
};

Json::Value RandomSource(Dice* dice) {
  Json::Value out;
  const std::vector<std::string> namespaces = {"na", "nb", "nc", "edge", "n*", "*d", "*"},
                                 principals = {"cluster.local/ns/na/sa/default",
                                               "cluster.local/ns/edge/sa/gateway",
                                               "*/sa/default",
                                               "cluster.local/ns/nb/*",
                                               "*",
                                               "*/ns/nc/sa/default"};
  const std::string what = dice->OneOf({"namespaces", "notNamespaces", "principals", "notPrincipals"});
  const bool of_namespaces = what.ends_with("amespaces");
  for (size_t i = 0; i <= dice->Below(2); ++i)
    out[what].append(dice->OneOf(of_namespaces ? namespaces : principals));
  if (dice->OneIn(4))
    out[of_namespaces ? "notPrincipals" : "namespaces"].append(
        dice->OneOf(of_namespaces ? principals : namespaces));
  return out;
}

}  // namespace

Manifest ManifestOf(const Json::Value& object) {
  return *reconcilers::preview::ReadManifest(WriteJson(object), "default", "");
}

std::vector<Manifest> ManifestsOf(const Mesh& mesh) {
  std::vector<Manifest> out;
  for (const MeshWorkspace& one : mesh.workspaces) {
    if (one.namespaces.empty()) continue;  // a workspace has at least one
    api::Workspace workspace;
    workspace.meta.name = one.name;
    workspace.isolation = one.isolation;
    workspace.namespaces.push_back({"*", {one.namespaces.begin(), one.namespaces.end()}, {}});
    for (const MeshAccount& account : one.ingress) workspace.ingress.push_back({account.ns, account.name});
    api::WorkspaceSettings settings;
    settings.meta.name = "settings";
    settings.meta.ns = *one.namespaces.begin();
    settings.import_from = one.import_from;
    settings.export_to = one.export_to;
    out.push_back(ManifestOf(api::ToJson(workspace)));
    out.push_back(ManifestOf(api::ToJson(settings)));
  }
  std::set<std::string> namespaces;
  for (const MeshAccount& caller : mesh.callers) namespaces.insert(caller.ns);
  for (const std::string& ns : namespaces) out.push_back(ManifestOf(Object("v1", "Namespace", "", ns)));
  for (const MeshWaypoint& waypoint : mesh.waypoints) out.push_back(ManifestOf(GatewayOf(waypoint)));
  for (const MeshService& service : mesh.services) out.push_back(ManifestOf(ServiceOf(mesh, service)));
  int count = 0;
  for (const MeshPod& pod : mesh.pods) {
    Json::Value object = Object("v1", "Pod", pod.ns, "pod-" + std::to_string(++count));
    object["metadata"]["labels"] = ToJson(pod.labels);
    out.push_back(ManifestOf(object));
  }
  for (const Manifest& manifest : out) {
    if (manifest.object && IsInvalid(*manifest.object)) throw std::logic_error("invalid: " + manifest.json);
  }
  return out;
}

std::vector<Json::Value> RandomPolicies(const Mesh& mesh, unsigned seed) {
  Dice dice(seed);
  std::vector<Json::Value> out;
  for (size_t i = 0; i < dice.Below(6); ++i) {
    const std::string ns = dice.OneOf({"na", "nb", "nc", "nd", "ne", "istio-system"});
    Json::Value policy = Object("security.istio.io/v1", "AuthorizationPolicy", ns, "p" + std::to_string(i));
    Json::Value& spec = policy["spec"];
    spec["action"] = dice.OneOf({"ALLOW", "ALLOW", "DENY", "DENY", "AUDIT"});
    if (dice.OneIn(8)) policy["metadata"]["annotations"]["istio.io/dry-run"] = "true";
    if (!mesh.services.empty() && dice.OneIn(3)) {
      const MeshService& service = mesh.services[dice.Below(mesh.services.size())];
      Json::Value ref;
      ref["group"] = "";
      ref["kind"] = "Service";
      ref["name"] = service.name;
      policy["metadata"]["namespace"] = service.ns;
      spec["targetRefs"].append(ref);
    } else if (dice.OneIn(2)) {
      spec["selector"]["matchLabels"][dice.OneOf({"app", "version"})] = dice.OneOf({"x", "y", "v1", "v2"});
    }
    for (size_t r = 0; r <= dice.Below(2); ++r) {
      Json::Value rule, from;
      from["source"] = RandomSource(&dice);
      rule["from"].append(from);
      if (dice.OneIn(2)) {
        from["source"] = RandomSource(&dice);
        rule["from"].append(from);
      }
      spec["rules"].append(rule);
    }
    out.push_back(policy);
  }
  return out;
}

}  // namespace fairlead::testing
