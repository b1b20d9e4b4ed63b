#include "tests/unit/reconcilers/random_cluster.h"

#include <algorithm>

namespace fairlead::testing {
namespace {

std::string Name(const std::string& prefix, size_t i) { return prefix + std::to_string(i); }

template <class T>
AnyObject Share(T object) {
  return std::make_shared<const T>(std::move(object));
}

}  // namespace

std::string RandomCluster::Namespace() {
  static const char* const kNames[] = {"a", "a", "b", "platform"};
  return kNames[Below(4)];
}

Labels RandomCluster::SomeLabels() {
  Labels labels;
  if (Chance(50)) labels.Set("tier", Chance(50) ? "web" : "db");
  if (Chance(30)) labels.Set("team", Chance(50) ? "x" : "y");
  return labels;
}

ObjectMeta RandomCluster::Meta(const std::string& prefix, size_t names, bool namespaced) {
  ObjectMeta meta;
  meta.name = Name(prefix, Below(names));
  if (namespaced) meta.ns = Namespace();
  meta.generation = static_cast<int64_t>(Below(5)) + 1;
  meta.created.seconds = static_cast<int64_t>(Below(3));
  meta.resource_version = std::to_string(Below(1000));
  meta.labels = SomeLabels();
  return meta;
}

AnyObject RandomCluster::Object() {
  switch (Below(18)) {
    case 0:
    case 1:
    case 2:
      return Policy();
    case 3:
    case 4:
      return Service();
    case 5:
      return Entry();
    case 6:
    case 7:
      return HttpRoute();
    case 8:
      return GrpcRoute();
    case 9:
      return Gateway();
    case 10:
      return Chance(50) ? NamespaceObject() : Workspace();
    case 11:
      return Slice();
    case 12:
      return Pod();
    case 13:
      return Grant();
    case 14:
    case 15:
      return Failover();
    case 16:
      return Settings();
    default:
      return Node();
  }
}

AnyObject RandomCluster::Policy() {
  api::RetryTimeoutPolicy policy;
  policy.meta = Meta("p", 5);
  const Kind kinds[] = {Kind::kService, Kind::kServiceEntry, Kind::kHTTPRoute, Kind::kGRPCRoute};
  const char* const names[] = {"s", "e", "h", "g"};
  for (size_t i = Below(3); i > 0; --i) {
    const size_t kind = Below(4);
    api::TargetRef ref{kinds[kind], Name(names[kind], Below(3)), std::nullopt};
    if (Chance(30)) ref.section_name = Chance(50) ? "one" : "http";
    policy.targets.refs.push_back(std::move(ref));
  }
  for (size_t i = Below(3); i > 0; --i) {
    api::TargetSelector selector{kinds[Below(4)], {}};
    if (Chance(80)) selector.selector.match_labels = SomeLabels();
    policy.targets.selectors.push_back(std::move(selector));
  }
  policy.targets.scope = static_cast<api::Scope>(Below(3));
  policy.targets.mode = Chance(25) ? api::Mode::kOverride : api::Mode::kDefault;
  if (Chance(50)) policy.timeouts.request = Duration::Seconds(static_cast<int64_t>(Below(4)));
  if (Chance(20)) policy.timeouts.idle = Duration::Seconds(30);
  if (Chance(60)) {
    api::Retries& retries = policy.retries.emplace();
    if (Chance(60)) retries.attempts = static_cast<int>(Below(3));
    if (Chance(30)) retries.per_try_timeout = Duration::Seconds(2);
    if (Chance(30)) retries.on = std::vector<api::RetryOn>{api::RetryOn::kReset};
    if (Chance(20)) retries.codes = std::vector<int>{503};
  }
  return Share(std::move(policy));
}

AnyObject RandomCluster::Failover() {
  api::FailoverPolicy policy;
  policy.meta = Meta("f", 4);
  for (size_t i = Below(3); i > 0; --i) {
    const bool service = Chance(70);
    api::TargetRef ref{service ? Kind::kService : Kind::kServiceEntry, Name(service ? "s" : "e", Below(3)),
                       std::nullopt};
    if (Chance(30)) ref.section_name = Chance(50) ? "one" : "http";
    policy.targets.refs.push_back(std::move(ref));
  }
  if (Chance(60)) {
    api::TargetSelector selector{Chance(70) ? Kind::kService : Kind::kServiceEntry, {}};
    if (Chance(80)) selector.selector.match_labels = SomeLabels();
    policy.targets.selectors.push_back(std::move(selector));
  }
  policy.targets.scope = static_cast<api::Scope>(Below(3));
  policy.targets.mode = Chance(25) ? api::Mode::kOverride : api::Mode::kDefault;
  if (Chance(30)) policy.priority_labels = {"tier"};
  if (Chance(20)) policy.priority_labels.push_back("topology.istio.io/network");
  policy.min_healthy_percent = Chance(50) ? 70 : 40;
  return Share(std::move(policy));
}

AnyObject RandomCluster::Service() {
  core::Service service;
  service.meta = Meta("s", 3);
  if (Chance(20)) service.meta.labels.Set("istio.io/use-waypoint", Chance(50) ? "w1" : "none");
  service.cluster_ips = {Chance(10) ? "None" : "10.0.0.1"};
  service.ports.push_back({"http", 80, "TCP", Chance(80) ? "http" : "tcp", ""});
  if (Chance(30)) service.ports.push_back({"one", 90, "TCP", "grpc", ""});
  return Share(std::move(service));
}

AnyObject RandomCluster::Entry() {
  istio::ServiceEntry entry;
  entry.meta = Meta("e", 2);
  entry.hosts = {"e.example"};
  entry.ports = {{80, "HTTP", "http", 0}};
  entry.resolution = istio::Resolution::kStatic;
  if (Chance(50)) {
    entry.workload_selector.Set("tier", "web");
  } else {
    entry.endpoints.push_back({"10.9.0.1", {}, {}, "", "r/z", 1, ""});
  }
  return Share(std::move(entry));
}

std::vector<gateway::ParentRef> RandomCluster::Parents(const std::string& ns) {
  std::vector<gateway::ParentRef> parents;
  for (size_t i = Below(2) + 1; i > 0; --i) {
    gateway::ParentRef parent;
    parent.ns = Chance(90) ? ns : Namespace();
    if (Chance(10)) {
      parent.name = "ingress";
    } else if (Chance(20)) {
      parent.group = "networking.istio.io";
      parent.kind = "ServiceEntry";
      parent.name = Name("e", Below(2));
    } else {
      parent.group = "";
      parent.kind = "Service";
      parent.name = Name("s", Below(3));
      if (Chance(20)) parent.port = 90;
    }
    parents.push_back(std::move(parent));
  }
  return parents;
}

std::vector<gateway::HttpBackendRef> RandomCluster::Backends(const std::string& ns) {
  std::vector<gateway::HttpBackendRef> backends;
  for (size_t i = Below(3); i > 0; --i) {
    gateway::HttpBackendRef ref;
    ref.backend.ns = Chance(90) ? ns : Namespace();
    ref.backend.name = Name("s", Below(4));
    ref.backend.port = Chance(80) ? 80 : 90;
    backends.push_back(std::move(ref));
  }
  return backends;
}

AnyObject RandomCluster::HttpRoute() {
  gateway::HTTPRoute route;
  route.meta = Meta("h", 3);
  route.parents = Parents(route.meta.ns);
  for (size_t i = Below(2) + 1; i > 0; --i) {
    gateway::HttpRouteRule rule;
    if (Chance(50)) rule.name = "one";
    rule.matches.emplace_back();
    if (Chance(50)) rule.matches.front().path = "/p";
    rule.backends = Backends(route.meta.ns);
    if (Chance(20)) rule.timeouts.request = Duration::Seconds(1);
    if (Chance(20)) rule.timeouts.backend_request = Duration::Seconds(1);
    route.rules.push_back(std::move(rule));
  }
  return Share(std::move(route));
}

AnyObject RandomCluster::GrpcRoute() {
  gateway::GRPCRoute route;
  route.meta = Meta("g", 3);
  route.parents = Parents(route.meta.ns);
  gateway::GrpcRouteRule rule;
  rule.matches.emplace_back();
  rule.backends = Backends(route.meta.ns);
  route.rules.push_back(std::move(rule));
  return Share(std::move(route));
}

AnyObject RandomCluster::Gateway() {
  gateway::Gateway gateway;
  gateway.meta = Meta("w", 2);
  gateway.class_name = Chance(80) ? gateway::kFairleadWaypointClass : "nginx";
  gateway::Listener listener;
  listener.allowed_from = static_cast<gateway::Listener::From>(Below(4));
  listener.allowed_selector.match_labels = SomeLabels();
  gateway.listeners.push_back(std::move(listener));
  return Share(std::move(gateway));
}

AnyObject RandomCluster::NamespaceObject() {
  core::Namespace ns;
  ns.meta = Meta("n", 1, false);
  ns.meta.name = Namespace();
  if (Chance(80)) ns.meta.labels.Set("istio.io/use-waypoint", Chance(70) ? "w0" : "w1");
  if (Chance(20)) ns.meta.labels.Set("istio.io/use-waypoint-namespace", "a");
  if (Chance(40)) ns.meta.labels.Set("topology.istio.io/network", Chance(50) ? "net1" : "net2");
  return Share(std::move(ns));
}

AnyObject RandomCluster::Workspace() {
  api::Workspace workspace;
  workspace.meta = Meta("t", 2, false);
  api::NamespaceSelection selection;
  if (Chance(60)) selection.names = {Chance(50) ? "a" : "*"};
  if (Chance(40)) selection.selector = LabelSelector{SomeLabels(), {}};
  workspace.namespaces.push_back(std::move(selection));
  return Share(std::move(workspace));
}

AnyObject RandomCluster::Settings() {
  api::WorkspaceSettings settings;
  settings.meta = Meta("settings", 2, true);
  if (Chance(70)) settings.defaults.waypoint = Chance(50) ? Name("w", Below(2)) : "a/w0";
  if (Chance(70)) settings.defaults.request_timeout = Duration::Seconds(static_cast<int64_t>(Below(2)));
  return Share(std::move(settings));
}

AnyObject RandomCluster::Slice() {
  core::EndpointSlice slice;
  slice.meta = Meta("x", 3);
  slice.service = Name("s", Below(3));
  slice.address_type = Chance(80) ? "IPv4" : "IPv6";
  slice.ports.push_back({"http", 8080, "TCP", ""});
  for (size_t i = Below(3); i > 0; --i) {
    core::Endpoint endpoint;
    endpoint.addresses = {"10.1.0." + std::to_string(Below(4))};
    endpoint.ready = Chance(60);
    endpoint.terminating = Chance(50);
    endpoint.node_name = Name("n", Below(2));
    if (Chance(50)) endpoint.target_pod = Name("d", Below(4));
    slice.endpoints.push_back(std::move(endpoint));
  }
  return Share(std::move(slice));
}

AnyObject RandomCluster::Grant() {
  gateway::ReferenceGrant grant;
  grant.meta = Meta("rg", 2);
  grant.from.push_back({"gateway.networking.k8s.io", Chance(70) ? "HTTPRoute" : "GRPCRoute", Namespace()});
  grant.to.push_back({"", "Service", Chance(50) ? "" : Name("s", Below(3))});
  return Share(std::move(grant));
}

AnyObject RandomCluster::Pod() {
  core::Pod pod;
  pod.meta = Meta("d", 4);
  if (Chance(60)) {
    pod.meta.labels.Set("gateway.networking.k8s.io/gateway-name", Name("w", Below(2)));
  }
  if (Chance(30)) pod.meta.labels.Set("istio-locality", Chance(50) ? "east.z1.r1" : "west");
  pod.phase = Chance(80) ? "Running" : "Pending";
  pod.ready = Chance(80);
  pod.ips = {"10.2.0." + std::to_string(Below(5))};
  pod.node_name = Name("n", Below(2));
  return Share(std::move(pod));
}

AnyObject RandomCluster::Node() {
  core::Node node;
  node.meta = Meta("n", 2, false);
  node.ready = Chance(50);
  if (Chance(70)) node.meta.labels.Set("topology.kubernetes.io/zone", Chance(50) ? "z1" : "z2");
  return Share(std::move(node));
}

}  // namespace fairlead::testing
