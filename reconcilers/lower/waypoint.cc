#include "reconcilers/lower/waypoint.h"

#include <algorithm>

#include "reconcilers/failover/sources.h"
#include "reconcilers/lower/locality.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::string_view kWaypointFor = "istio.io/waypoint-for";

bool Admits(const gateway::Listener& listener, const std::string& gateway_ns, const std::string& ns,
            const Labels& labels) {
  switch (listener.allowed_from) {
    case gateway::Listener::From::kSame:
      return ns == gateway_ns;
    case gateway::Listener::From::kAll:
      return true;
    case gateway::Listener::From::kSelector:
      return listener.allowed_selector.Matches(labels);
    case gateway::Listener::From::kNone:
      return false;
  }
  return false;
}

bool IsRunning(const core::Pod& pod) { return pod.phase == "Running" && !pod.meta.deleting; }

// What the workspace's settings say where labels say nothing. In Istio mode ztunnel goes by the labels alone.
Binding DefaultBinding(const View& view, const std::string& ns) {
  Binding binding;
  if (view.options.istio_mode) return binding;
  const Ptr<ResolvedWorkspace> workspace = view.tenancy.Find(view.membership.WorkspaceOf(ns));
  if (workspace == nullptr || workspace->settings == nullptr) return binding;
  binding.named = DefaultWaypointOf(*workspace->settings);
  binding.problem = DefaultWaypointProblem(view, *workspace->settings, ns);
  if (binding.problem.empty()) binding.waypoint = binding.named;
  return binding;
}

}  // namespace

std::string WaypointProblem(const View& view, const NamespacedName& name, const std::string& ns,
                            const std::string& said_by) {
  const std::string who = "Gateway " + name.ToString();
  const Ptr<gateway::Gateway> gateway = view.tables.Get<gateway::Gateway>(name);
  if (gateway == nullptr) return "its waypoint, " + who + ", does not exist: create it, or change " + said_by;
  if (!gateway::IsWaypoint(*gateway)) {
    return who + " is of class " + gateway->class_name + ", which is no waypoint: use class " +
           std::string(gateway::kFairleadWaypointClass) + " or " + std::string(gateway::kIstioWaypointClass);
  }
  const std::string_view serves = gateway->meta.labels.Get(kWaypointFor);
  if (!serves.empty() && serves != "service" && serves != "all") {
    return who + " is not for services: its label " + std::string(kWaypointFor) + " is " +
           std::string(serves) + ", set it to service or all";
  }
  const Labels& labels = view.membership.LabelsOf(ns);
  const bool admitted =
      gateway->listeners.empty()
          ? ns == name.ns
          : std::any_of(gateway->listeners.begin(), gateway->listeners.end(),
                        [&](const auto& listener) { return Admits(listener, name.ns, ns, labels); });
  if (admitted) return "";
  return who + " does not admit namespace " + ns + ": allow it in its listener's allowedRoutes.namespaces";
}

Binding BindingOf(const View& view, const ObjectKey& service, const ObjectMeta& meta) {
  Binding binding;
  const Labels* labels = &meta.labels;
  if (!labels->Find(kUseWaypoint)) labels = &view.membership.LabelsOf(service.ns);
  const std::string_view name = labels->Get(kUseWaypoint);
  if (name.empty()) {
    if (Binding by_default = DefaultBinding(view, service.ns); by_default.named) return by_default;
    binding.problem = "no waypoint serves it: set the label " + std::string(kUseWaypoint) + " on the " +
                      std::string(ToString(service.kind)) + " or on Namespace " + service.ns;
    return binding;
  }
  if (name == "none") {
    binding.opted_out = true;
    binding.problem = "it is opted out of waypoints: its label " + std::string(kUseWaypoint) + " is none";
    return binding;
  }
  const std::string_view ns = labels->Get(kUseWaypointNamespace);
  binding.named = NamespacedName{ns.empty() ? service.ns : std::string(ns), std::string(name)};
  binding.problem = WaypointProblem(view, *binding.named, service.ns);
  if (binding.problem.empty()) binding.waypoint = binding.named;
  return binding;
}

std::string OfAnotherWorkspace(const std::string& owner) {
  return "is of workspace " + owner +
         ", and waypoints are not shared: use one of this workspace, or of a namespace of no workspace";
}

std::string NotSharedWith(const View& view, const NamespacedName& gateway, const std::string& workspace) {
  // A namespace of which nothing but the Gateway is known has a workspace, too.
  std::string owner = view.membership.WorkspaceOf(gateway.ns);
  if (owner.empty()) owner = view.membership.WorkspaceWith(gateway.ns, view.membership.LabelsOf(gateway.ns));
  return owner.empty() || owner == workspace ? "" : OfAnotherWorkspace(owner);
}

std::optional<NamespacedName> DefaultWaypointOf(const api::WorkspaceSettings& settings) {
  if (!settings.defaults.waypoint) return std::nullopt;
  const std::string& said = *settings.defaults.waypoint;
  const size_t slash = said.find('/');
  if (slash == said.npos) return NamespacedName{settings.meta.ns, said};
  return NamespacedName{said.substr(0, slash), said.substr(slash + 1)};
}

std::string DefaultWaypointProblem(const View& view, const api::WorkspaceSettings& settings,
                                   const std::string& ns) {
  const std::optional<NamespacedName> name = DefaultWaypointOf(settings);
  if (!name) return "";
  const std::string of_another = NotSharedWith(view, *name, view.membership.WorkspaceOf(ns));
  if (!of_another.empty()) return "Gateway " + name->ToString() + " " + of_another;
  return WaypointProblem(view, *name, ns,
                         "spec.defaults.waypoint of WorkspaceSettings " + settings.meta.nn().ToString());
}

Ptr<EffectiveWaypoint> LowerWaypoint(const View& view, const NamespacedName& name) {
  const Ptr<gateway::Gateway> gateway = view.tables.Get<gateway::Gateway>(name);
  if (gateway == nullptr || !gateway::IsWaypoint(*gateway)) return nullptr;
  auto waypoint = std::make_shared<EffectiveWaypoint>();
  waypoint->name = name;
  waypoint->class_name = gateway->class_name;
  waypoint->plaintext_port = gateway->plaintext_port;
  waypoint->programmed_by_istiod = IsProgrammedByIstiod(view.options, *gateway);
  for (const NamespacedName& pod_name : view.pods_of.Find(name)) {
    const Ptr<core::Pod> pod = view.tables.Get<core::Pod>(pod_name);
    if (pod == nullptr || !IsRunning(*pod)) continue;
    waypoint->proxies.push_back(pod_name.name);
    failover::Source source{PlaceOf(view, pod.get(), pod->node_name, ""),
                            failover::SourceLabels(view, pod.get())};
    source.locality.cluster.clear();
    if (source != failover::Source()) waypoint->sources.emplace(pod_name.name, std::move(source));
  }
  return waypoint;
}

bool IsProgrammedByIstiod(const WorldOptions& options, const gateway::Gateway& gateway) {
  if (!options.istio_mode || gateway.class_name != gateway::kIstioWaypointClass) return false;
  return std::none_of(gateway.addresses.begin(), gateway.addresses.end(),
                      [](const auto& address) { return address.type == "Hostname"; });
}

}  // namespace fairlead::reconcilers
