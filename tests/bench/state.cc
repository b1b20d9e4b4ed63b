#include "tests/bench/state.h"

#include <algorithm>

namespace fairlead::bench {
namespace {

constexpr int kLabelValues = 5;  // that selectors choose among

std::string Number(int n) { return std::to_string(n); }

// Three kinds of policies, in turn.
enum class Aim { kRoute, kService, kSelector };
Aim AimOf(int policy) { return static_cast<Aim>(policy % 3); }

std::string NamespaceName(int ns) { return "team-" + Number(ns); }
int NamespaceOfService(const StateSize& size, int service) { return service % size.namespaces; }
int WaypointOfNamespace(const StateSize& size, int ns) { return ns % size.waypoints; }

std::string Head(const char* api_version, const char* kind, const NamespacedName& name) {
  std::string out = "---\napiVersion: " + std::string(api_version) + "\nkind: " + kind +
                    "\nmetadata:\n  name: " + name.name;
  if (!name.ns.empty()) out += "\n  namespace: " + name.ns;
  return out + "\n";
}

std::string Waypoint(const StateSize& size, int waypoint) {
  std::string out = Head("gateway.networking.k8s.io/v1", "Gateway", WaypointOf(waypoint));
  out += "  labels:\n    istio.io/waypoint-for: service\n";
  if (waypoint == 0 && size.plaintext_port != 0) {
    out += "  annotations:\n    fairlead.dev/plaintext-port: \"" + Number(size.plaintext_port) + "\"\n";
  }
  return out +
         "spec:\n  gatewayClassName: fairlead-waypoint\n  listeners:\n  - name: mesh\n    port: 15008\n"
         "    protocol: HBONE\n    allowedRoutes:\n      namespaces:\n        from: All\n";
}

std::string Namespace(const StateSize& size, int ns) {
  const NamespacedName waypoint = WaypointOf(WaypointOfNamespace(size, ns));
  return Head("v1", "Namespace", {"", NamespaceName(ns)}) +
         "  labels:\n    istio.io/dataplane-mode: ambient\n    istio.io/use-waypoint: " + waypoint.name +
         "\n    istio.io/use-waypoint-namespace: " + waypoint.ns + "\n";
}

std::string Service(const StateSize& size, int service) {
  const NamespacedName name = ServiceOf(size, service);
  return Head("v1", "Service", name) + "  labels:\n    app: " + name.name + "\n    group: group-" +
         Number(service / size.namespaces % kLabelValues) +
         (size.joined ? "\n    istio.io/global: \"true\"" : "") + "\nspec:\n  clusterIP: 10." +
         Number(96 + service / 65'000) + "." + Number(service / 250 % 256) + "." + Number(service % 250 + 1) +
         "\n  selector:\n    app: " + name.name +
         "\n  ports:\n  - name: http\n    port: 8080\n    targetPort: 9080\n    protocol: TCP\n    "
         "appProtocol: http\n";
}

std::string AddressOf(const StateSize& size, int service, int endpoint) {
  return "10." + Number(size.cluster * size.endpoints + endpoint) + "." + Number(service / 250) + "." +
         Number(service % 250 + 1);
}
std::string PodOf(const NamespacedName& service, int n) { return service.name + "-5f6d9c7b8-" + Number(n); }

std::string EndpointSlice(const StateSize& size, int service) {
  const NamespacedName name = ServiceOf(size, service);
  std::string out = Head("discovery.k8s.io/v1", "EndpointSlice", {name.ns, name.name + "-1"}) +
                    "  labels:\n    kubernetes.io/service-name: " + name.name +
                    "\naddressType: IPv4\nports:\n- name: http\n  port: 9080\n  protocol: TCP\nendpoints:\n";
  for (int i = 0; i < size.endpoints; ++i) {
    out += "- addresses: [" + AddressOf(size, service, i) + "]\n  zone: zone-" + Number(i % kZones) +
           "\n  conditions:\n    ready: true\n    serving: true\n    terminating: false\n";
    if (!size.joined) continue;
    out += "  nodeName: node-" + Number(i % kZones) +
           "\n  targetRef:\n    kind: Pod\n    name: " + PodOf(name, i) + "\n    namespace: " + name.ns +
           "\n";
  }
  return out;
}

std::string Pods(const StateSize& size, int service) {
  const NamespacedName name = ServiceOf(size, service);
  std::string out;
  for (int i = 0; i < size.endpoints; ++i) {
    out += Head("v1", "Pod", {name.ns, PodOf(name, i)}) + "  labels:\n    app: " + name.name +
           "\n    pod-template-hash: 5f6d9c7b8\n    version: v1\nspec:\n  nodeName: node-" +
           Number(i % kZones) +
           "\n  serviceAccountName: default\n  containers:\n  - name: main\n    image: example.com/shop:1"
           "\nstatus:\n  phase: Running\n  podIP: " +
           AddressOf(size, service, i) + "\n  podIPs:\n  - ip: " + AddressOf(size, service, i) +
           "\n  conditions:\n  - type: Ready\n    status: \"True\"\n";
  }
  return out;
}

std::string Nodes() {
  std::string out;
  for (int z = 0; z < kZones; ++z) {
    out += Head("v1", "Node", {"", "node-" + Number(z)}) +
           "  labels:\n    topology.kubernetes.io/region: bench\n    topology.kubernetes.io/zone: zone-" +
           Number(z) + "\n";
  }
  return out;
}

std::string NearestFirst(const std::string& ns) {
  return Head("fairlead.dev/v1alpha1", "FailoverPolicy", {ns, "near"}) +
         "spec:\n  targetSelectors:\n  - kind: Service\n";
}

std::string HttpRoute(const StateSize& size, int route) {
  const std::string service = ServiceOf(size, ServiceOfRoute(size, route)).name;
  return Head("gateway.networking.k8s.io/v1", "HTTPRoute", RouteOf(size, route)) +
         "  labels:\n    app: " + service +
         "\nspec:\n  parentRefs:\n  - group: \"\"\n    kind: Service\n    name: " + service +
         "\n    port: 8080\n  rules:\n  - name: main\n    matches:\n    - path:\n        type: PathPrefix\n"
         "        value: /api/v1/resource-" +
         Number(route) +
         "\n      headers:\n      - type: Exact\n        name: x-tenant\n        value: tenant-" +
         Number(route % 7) +
         "\n    filters:\n    - type: RequestHeaderModifier\n      requestHeaderModifier:\n        set:\n"
         "        - name: x-route\n          value: route-" +
         Number(route) + "\n    backendRefs:\n    - kind: Service\n      name: " + service +
         "\n      port: 8080\n      weight: 1\n";
}

std::string Policy(const StateSize& size, int policy) {
  const int service = AimOf(policy) == Aim::kRoute ? ServiceOfRoute(size, RouteOfPolicy(size, policy))
                                                   : policy % size.services;
  std::string out = Head("fairlead.dev/v1alpha1", "RetryTimeoutPolicy", PolicyOf(size, policy)) + "spec:\n";
  switch (AimOf(policy)) {
    case Aim::kRoute:
      out += "  targetRefs:\n  - group: gateway.networking.k8s.io\n    kind: HTTPRoute\n    name: " +
             RouteOf(size, RouteOfPolicy(size, policy)).name + "\n";
      break;
    case Aim::kService:
      out += "  targetRefs:\n  - group: \"\"\n    kind: Service\n    name: " + ServiceOf(size, service).name +
             "\n";
      break;
    case Aim::kSelector:
      out += "  targetSelectors:\n  - group: \"\"\n    kind: Service\n    matchLabels:\n      group: group-" +
             Number(policy / 3 % kLabelValues) + "\n";
      break;
  }
  return out + "  timeouts:\n    request: " + Number(2 + policy % 8) +
         "s\n  retries:\n    attempts: " + Number(1 + policy % 3) +
         "\n    perTryTimeout: 500ms\n    on: [ConnectFailure, RefusedStream, GatewayError]\n";
}

}  // namespace

StateSize StateOfRoutes(int routes) {
  const int services = std::max(1, routes / 10);
  return {.routes = routes,
          .policies = std::max(3, routes / 5),
          .services = services,
          .namespaces = std::max(1, services / 20),
          .waypoints = 1};
}

NamespacedName WaypointOf(int waypoint) { return {"mesh", "waypoint-" + Number(waypoint)}; }

NamespacedName ServiceOf(const StateSize& size, int service) {
  return {NamespaceName(NamespaceOfService(size, service)), "service-" + Number(service)};
}

NamespacedName RouteOf(const StateSize& size, int route) {
  return {ServiceOf(size, ServiceOfRoute(size, route)).ns, "route-" + Number(route)};
}

NamespacedName PolicyOf(const StateSize& size, int policy) {
  const int service = AimOf(policy) == Aim::kRoute ? ServiceOfRoute(size, RouteOfPolicy(size, policy))
                                                   : policy % size.services;
  return {ServiceOf(size, service).ns, "policy-" + Number(policy)};
}

int ServiceOfRoute(const StateSize& size, int route) { return route % size.services; }

int RouteOfPolicy(const StateSize& size, int policy) {
  return AimOf(policy) == Aim::kRoute ? policy / 3 * 3 % size.routes : -1;
}

int WaypointServing(const StateSize& size, int service) {
  return WaypointOfNamespace(size, NamespaceOfService(size, service));
}

std::string RouteTableOf(const StateSize& size, int service) {
  return ServiceOf(size, service).ToString() + "|8080";
}

std::string WorkspaceText(const StateSize& size, int workspace, int without) {
  const int share = size.namespaces / size.workspaces;
  std::string names;
  for (int i = without; i < share; ++i) {
    names += (names.empty() ? "" : ", ") + NamespaceName(workspace * share + i);
  }
  return Head("fairlead.dev/v1alpha1", "Workspace", {"", "workspace-" + Number(workspace)}) +
         "spec:\n  namespaces:\n  - names: [" + names +
         "]\n  roles:\n  - name: developers\n    subjects:\n    - {kind: Group, name: \"system:masters\"}\n  "
         "  allow:\n"
         "    - kinds: [RetryTimeoutPolicy]\n      fields: [spec.targetRefs, spec.timeouts]\n"
         "      bounds: {spec.timeouts.request: {max: 30s}}\n";
}

size_t ObjectsIn(const StateSize& size) {
  const int joined = size.joined ? size.services * size.endpoints + size.namespaces + kZones : 0;
  return static_cast<size_t>(size.routes + size.policies + 2 * size.services + size.namespaces +
                             size.waypoints + size.workspaces + 1 + joined);
}

std::vector<StateFile> MakeState(const StateSize& size) {
  std::string mesh = Head("v1", "Namespace", {"", WaypointOf(0).ns});
  for (int i = 0; i < size.waypoints; ++i) mesh += Waypoint(size, i);
  std::vector<StateFile> files = {{"10-mesh.yaml", std::move(mesh)}};
  const auto add = [&files](int ns, const char* what, std::string text) {
    files.push_back({"20-" + NamespaceName(ns) + "-" + what + ".yaml", std::move(text)});
  };
  std::vector<std::string> services(static_cast<size_t>(size.namespaces)), routes(services),
      policies(services);
  const auto at = [&size](int service) { return static_cast<size_t>(NamespaceOfService(size, service)); };
  for (int i = 0; i < size.services; ++i) {
    services[at(i)] += Service(size, i) + EndpointSlice(size, i) + (size.joined ? Pods(size, i) : "");
  }
  if (size.joined) files.push_back({"15-nodes.yaml", Nodes()});
  for (int i = 0; i < size.routes; ++i) routes[at(ServiceOfRoute(size, i))] += HttpRoute(size, i);
  for (int i = 0; i < size.policies; ++i) {
    const int route = RouteOfPolicy(size, i);
    policies[at(route < 0 ? i % size.services : ServiceOfRoute(size, route))] += Policy(size, i);
  }
  std::string workspaces;
  for (int i = 0; i < size.workspaces; ++i) workspaces += WorkspaceText(size, i);
  if (!workspaces.empty()) files.push_back({"15-workspaces.yaml", std::move(workspaces)});
  for (int ns = 0; ns < size.namespaces; ++ns) {
    const auto n = static_cast<size_t>(ns);
    add(ns, "1-services", Namespace(size, ns) + services[n]);
    if (size.joined) policies[n] += NearestFirst(NamespaceName(ns));
    add(ns, "2-routes", std::move(routes[n]));
    add(ns, "3-policies", std::move(policies[n]));
  }
  return files;
}

std::string PolicyChange(int n) {
  return R"({"spec":{"timeouts":{"request":")" + Number(10'000 + n) + R"(ms"}}})";
}

// A merge patch replaces lists whole, so the rule is written again.
std::string RouteChange(const StateSize& size, int route, int n) {
  const std::string service = ServiceOf(size, ServiceOfRoute(size, route)).name;
  return R"({"spec":{"rules":[{"name":"main","matches":[{"path":{"type":"PathPrefix","value":"/api/v1/resource-)" +
         Number(route) +
         R"("}}],"filters":[{"type":"RequestHeaderModifier","requestHeaderModifier":{"set":[)" +
         R"({"name":"x-route","value":"change-)" + Number(n) +
         R"("}]}}],"backendRefs":[{"kind":"Service","name":")" + service +
         R"(","port":8080,"weight":1}]}]}})";
}

}  // namespace fairlead::bench
