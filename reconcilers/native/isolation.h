// Isolation of a workspace at L4: AuthorizationPolicies that refuse whoever is neither in it nor let in.
//
// Who calls: the loop that writes what tenancy lowers to, render. Pure. All of them have the action DENY, so
// they only ever narrow: a tighter ALLOW of a user stays as tight, and what is admitted is what every one of
// them admits. Let in are the workspace's own namespaces, importers by the consent of both sides, allowed
// ingress gateways, and waypoints of others that serve here. Behind a waypoint a pod sees the waypoint's
// identity, so there the rule about the caller stands on the Service, where the waypoint enforces it.
// docs/tenancy.md has the decision table.
//
//   const Isolation isolation = LowerIsolation(shop, view);
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/base/labels.h"
#include "crds/base/meta.h"
#include "reconcilers/tenancy/owned_object.h"
#include "reconcilers/tenancy/tenancy.h"

namespace fairlead::reconcilers {

struct ServiceAccount {
  std::string ns, name;
  friend auto operator<=>(const ServiceAccount&, const ServiceAccount&) = default;
};

struct IsolatedWaypoint {
  NamespacedName gateway;
  ServiceAccount account;  // its pods run as
  bool shared = false;     // it also serves services outside of the workspace
  friend bool operator==(const IsolatedWaypoint&, const IsolatedWaypoint&) = default;
};

struct IsolatedService {
  NamespacedName name;
  Labels labels;
  Labels selector;                         // of its pods; empty: none of ours
  std::optional<ServiceAccount> waypoint;  // the one in front of it runs as
  // While it moves, what holds before and after is let in, so that nobody is refused in between.
  std::optional<ServiceAccount> next = {};  // the one that it is about to pass
  bool released = false;                    // it is about to pass `waypoint` no longer
  friend bool operator==(const IsolatedService&, const IsolatedService&) = default;
};

// What isolation depends on beside the workspace itself.
struct IsolationView {
  std::string trust_domain = "cluster.local";
  std::set<ServiceAccount> ingress;                            // gateways that may call in
  std::vector<IsolatedService> services;                       // in the workspace's namespaces
  std::vector<IsolatedWaypoint> waypoints;                     // likewise, those that serve nothing yet too
  std::map<std::string, std::set<std::string>> namespaces_of;  // of the workspaces that import from this one
  bool dry_run = false;                                        // WorldOptions::ztunnel_dry_run
};

// Pods that L4 cannot keep from an importer: they may be those of an exported service as well.
struct L4Limit {
  NamespacedName service, exported;
  std::string importer;  // a workspace
  friend auto operator<=>(const L4Limit&, const L4Limit&) = default;
};

struct Isolation {
  std::vector<OwnedObject> objects;  // sorted; none where isolation is Off
  std::set<L4Limit> limits;
};

Isolation LowerIsolation(const ResolvedWorkspace& workspace, const IsolationView& view);

// ReferenceGrants, so that routes of importers may name the services that are exported to them. Whatever
// isolation is.
std::vector<OwnedObject> LowerExports(const ResolvedWorkspace& workspace, const IsolationView& view);

}  // namespace fairlead::reconcilers
