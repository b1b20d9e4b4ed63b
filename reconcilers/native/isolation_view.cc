#include "reconcilers/native/isolation_view.h"

#include <algorithm>

#include "reconcilers/lower/waypoint.h"

namespace fairlead::reconcilers {
namespace {

ServiceAccount AccountOf(const NamespacedName& gateway) { return {gateway.ns, gateway.name}; }

bool IsShared(const gateway::Gateway& gateway) {
  using From = gateway::Listener::From;
  return std::any_of(gateway.listeners.begin(), gateway.listeners.end(), [](const auto& listener) {
    return listener.allowed_from == From::kAll || listener.allowed_from == From::kSelector;
  });
}

}  // namespace

IsolationView IsolationViewOf(const View& view, const ResolvedWorkspace& workspace) {
  IsolationView out;
  out.trust_domain = view.options.trust_domain;
  out.dry_run = view.options.ztunnel_dry_run;
  for (const api::IngressGateway& gateway : workspace.workspace->ingress)
    out.ingress.insert({gateway.ns, gateway.service_account});
  for (const std::string& ns : workspace.namespaces) {
    view.tables.ForEachIn<core::Service>(ns, [&](const Ptr<core::Service>& service) {
      IsolatedService one{service->meta.nn(), service->meta.labels, service->selector, {}};
      const Binding binding = BindingOf(view, {Kind::kService, ns, service->meta.name}, service->meta);
      if (binding.waypoint) one.waypoint = AccountOf(*binding.waypoint);
      if (const WaypointStand* stand = view.waypoint_plans.Find({Kind::kService, ns, service->meta.name})) {
        if (stand->stand == Stand::kPrepared || stand->stand == Stand::kMoves)
          one.next = AccountOf(stand->gateway);
        one.released = stand->stand == Stand::kReleased || stand->stand == Stand::kLeaves;
      }
      out.services.push_back(std::move(one));
    });
    view.tables.ForEachIn<gateway::Gateway>(ns, [&](const Ptr<gateway::Gateway>& gateway) {
      if (!gateway::IsWaypoint(*gateway)) return;
      out.waypoints.push_back({gateway->meta.nn(), AccountOf(gateway->meta.nn()), IsShared(*gateway)});
    });
  }
  for (const auto& [user, consent] : workspace.exports) {
    if (const Ptr<ResolvedWorkspace> importer = view.tenancy.Find(user))
      out.namespaces_of[user] = importer->namespaces;
  }
  return out;
}

}  // namespace fairlead::reconcilers
