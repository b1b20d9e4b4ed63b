// Findings at services, waypoints and workspaces.
#include <algorithm>
#include <map>
#include <set>

#include "reconcilers/calls/callees.h"
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers {
namespace {

// Policies at a service that requests reach through another service's route: the first waypoint sends them
// straight to the endpoints, so what is said for the second service has no part in them.
void LintBypassed(const World& world, Findings* out) {
  const Attachments& attachments = world.view().attachments;
  for (const auto& [key, service] : world.services()) {
    for (const EffectivePort& port : service->ports) {
      for (const EffectiveRule& rule : port.rules) {
        if (rule.route == key) continue;
        for (const Backend& backend : rule.backends) {
          if (!backend.destination || backend.destination->service == key || backend.weight == 0) continue;
          for (const Attachment& attachment : attachments.At(backend.destination->service)) {
            // Also said for the service in front: nothing is lost on the way.
            const auto& at_front = attachments.At(key);
            if (std::any_of(at_front.begin(), at_front.end(),
                            [&](const Attachment& a) { return a.key() == attachment.key(); })) {
              continue;
            }
            out->Add(LintCode::kBackendPolicyBypassed, attachment.key(), "spec",
                     "requests to " + key.ToString() + " reach " + backend.destination->service.ToString() +
                         " by " + rule.route.ToString() + " without it",
                     "let it target " + rule.route.ToString() + " too");
          }
        }
      }
    }
  }
}

// Told to the policy of the last hop: whoever is sent too much can say so there.
void LintChains(const World& world, Findings* out) {
  const Chains chains(world.view(), [&](const ObjectKey& key) {
    const auto found = world.services().find(key);
    return found == world.services().end() ? nullptr : found->second.get();
  });
  for (const auto& [key, service] : world.services()) {
    if (world.view().callers_of.Find(key).empty()) continue;
    const std::optional<Chain> chain = chains.WorstTo(key);
    if (chain && !chain->hops.back().policy.name.empty())
      AddChain(chain->hops.back().policy, key, *chain, out);
  }
}

void LintCalls(const World& world, Findings* out) {
  world.view().tables.ForEach<core::Service>([&](const Ptr<core::Service>& service) {
    for (const std::string& word : NotCallees(service->meta)) {
      out->Add(LintCode::kDoubtfulValue, {Kind::kService, service->meta.ns, service->meta.name},
               "metadata.annotations[\"" + std::string(kCalls) + "\"]",
               "\"" + word + "\" is no name of a Service, and is passed over",
               "write NAME, or NAMESPACE/NAME");
    }
  });
}

void LintWaypoints(const World& world, Findings* out) {
  const Tables& tables = world.view().tables;
  if (tables.Names(Kind::kPod).empty()) return;  // a folder of manifests without pods tells nothing
  std::map<NamespacedName, int> bound;
  for (const auto& [key, service] : world.services()) {
    if (service->waypoint) ++bound[*service->waypoint];
  }
  for (const auto& [name, services] : bound) {
    const auto waypoint = world.waypoints().find(name);
    if (waypoint == world.waypoints().end() || !waypoint->second->proxies.empty()) continue;
    out->Add(LintCode::kWaypointWithoutProxy, {Kind::kGateway, name.ns, name.name}, "",
             "it serves " + std::to_string(services) + (services == 1 ? " service" : " services") +
                 ", and no running pod carries the label " +
                 "gateway.networking.k8s.io/gateway-name: " + name.name);
  }
}

void LintWorkspaces(const World& world, Findings* out) {
  const View& view = world.view();
  std::set<std::string> namespaces;
  for (Kind kind : {Kind::kService, Kind::kServiceEntry, Kind::kRetryTimeoutPolicy, Kind::kHTTPRoute}) {
    for (const NamespacedName& name : view.tables.Names(kind)) namespaces.insert(name.ns);
  }
  for (const NamespacedName& name : view.tables.Names(Kind::kNamespace)) namespaces.insert(name.name);
  for (const std::string& ns : namespaces) {
    const std::string& owner = view.membership.WorkspaceOf(ns);
    for (const std::string& other : view.membership.ClaimsOf(ns)) {
      if (other == owner) continue;
      AddOverlap(other, ns, owner, out);
    }
  }
}

void LintSettings(const World& world, Findings* out) {
  for (const auto& [name, workspace] : world.view().tenancy.by_name()) {
    if (workspace->settings != nullptr)
      LintDefaults(world.view(), *workspace->settings, workspace->namespaces, out);
  }
}

}  // namespace

void LintDefaults(const View& view, const api::WorkspaceSettings& settings,
                  const std::set<std::string>& namespaces, Findings* out) {
  for (const std::string& ns : namespaces) {
    const std::string problem = DefaultWaypointProblem(view, settings, ns);
    if (problem.empty()) continue;
    out->Add(LintCode::kDefaultWaypoint, {Kind::kWorkspaceSettings, settings.meta.ns, settings.meta.name},
             "spec.defaults.waypoint", problem);
  }
}

void AddOverlap(const std::string& workspace, const std::string& ns, const std::string& owner,
                Findings* out) {
  out->Add(LintCode::kWorkspaceOverlap, {Kind::kWorkspace, "", workspace}, "spec.namespaces",
           "namespace " + ns + " belongs to the older Workspace " + owner,
           "take the namespace out of one of the two");
}

void LintServices(const World& world, Findings* out) {
  LintBypassed(world, out);
  LintCalls(world, out);
  LintChains(world, out);
  LintWaypoints(world, out);
  LintWorkspaces(world, out);
  LintSettings(world, out);
}

}  // namespace fairlead::reconcilers
