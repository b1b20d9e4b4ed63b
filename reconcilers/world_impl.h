// World's inside: tables, indexes, marks of what is to be lowered anew, and the results.
//
// Private to world*.cc. world_changes.cc marks, world_drain.cc lowers what is marked.
#pragma once

#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "reconcilers/failover/drill.h"
#include "reconcilers/failover/report.h"
#include "reconcilers/lower/service.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/policy/selecting.h"
#include "reconcilers/status/book.h"
#include "reconcilers/tenancy/tenancy.h"
#include "reconcilers/world.h"

namespace fairlead::reconcilers {

struct World::Impl {
  explicit Impl(WorldOptions o) : options(std::move(o)), membership(options.cluster_name) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  // world_changes.cc. Old or now is null where the object came or went; both are what is in force.
  void Changed(const Ptr<core::Service>& old, const Ptr<core::Service>& now, const ObjectKey& key);
  void Changed(const Ptr<istio::ServiceEntry>& old, const Ptr<istio::ServiceEntry>& now,
               const ObjectKey& key);
  void Changed(const Ptr<gateway::HTTPRoute>& old, const Ptr<gateway::HTTPRoute>& now, const ObjectKey& key);
  void Changed(const Ptr<gateway::GRPCRoute>& old, const Ptr<gateway::GRPCRoute>& now, const ObjectKey& key);
  void Changed(const Ptr<gateway::Gateway>& old, const Ptr<gateway::Gateway>& now, const ObjectKey& key);
  void Changed(const Ptr<core::EndpointSlice>& old, const Ptr<core::EndpointSlice>& now,
               const ObjectKey& key);
  void Changed(const Ptr<core::Pod>& old, const Ptr<core::Pod>& now, const ObjectKey& key);
  void Changed(const Ptr<core::Node>& old, const Ptr<core::Node>& now, const ObjectKey& key);
  void Changed(const Ptr<core::Namespace>& old, const Ptr<core::Namespace>& now, const ObjectKey& key);
  void Changed(const Ptr<api::Workspace>& old, const Ptr<api::Workspace>& now, const ObjectKey& key);
  void Changed(const Ptr<api::WorkspaceSettings>& old, const Ptr<api::WorkspaceSettings>& now,
               const ObjectKey& key);
  void Changed(const Ptr<api::RetryTimeoutPolicy>& old, const Ptr<api::RetryTimeoutPolicy>& now,
               const ObjectKey& key);
  void Changed(const Ptr<api::FailoverPolicy>& old, const Ptr<api::FailoverPolicy>& now,
               const ObjectKey& key);
  void Changed(const Ptr<gateway::ReferenceGrant>& old, const Ptr<gateway::ReferenceGrant>& now,
               const ObjectKey& key);
  // Kinds that are kept for others to read, and lowered elsewhere.
  void Changed(const Ptr<api::DataPlane>&, const Ptr<api::DataPlane>&, const ObjectKey&) {}

  template <class T>
  void ServiceChanged(const Ptr<T>& old, const Ptr<T>& now, const ObjectKey& key);
  template <class T>
  void RouteChanged(const Ptr<T>& old, const Ptr<T>& now, const ObjectKey& key);
  template <class P>
  void PolicyChanged(const Ptr<P>& old, const Ptr<P>& now, const ObjectKey& key);
  void TargetChanged(const ObjectMeta* old, const ObjectMeta* now, const ObjectKey& key);
  void MembershipChanged(const MembershipChange& change);
  void PlaceChanged(const core::Pod* old, const core::Pod* now, const ObjectKey& key);
  void NamespaceSeen(const std::string& ns);      // an object in it came or went
  void MarkWorkspaceOf(const std::string& ns);    // what it lowers to depends on an object there
  void MarkTarget(const ObjectKey& target);       // services to lower for a policy that stands there
  void MarkPoliciesAt(const ObjectKey& target);   // to assess
  void MarkPoliciesOf(const ObjectKey& service);  // at it and at its routes
  void ReselectObject(const ObjectKey& key);      // policies' selectors at one object
  template <class P>
  void ReselectFor(const ObjectKey& policy, const ObjectKey& target, const ObjectMeta* meta);
  bool LooksIn(const PolicyHead& policy, const std::string& ns) const;
  void ResolvePolicy(const ObjectKey& key);
  template <class P>
  void Resolve(const ObjectKey& key);
  template <class P>
  AttachmentsOf<P>& AttachmentsFor();
  // What a policy that came to the target, changed there or left it makes necessary.
  template <class P>
  void MarkPlacement(const ObjectKey& policy, const ObjectKey& target);

  // world_drain.cc
  void LowerServices(size_t max, Delta* delta);
  void Store(const ObjectKey& key, LoweredService lowered, Delta* delta);
  void CountWaypoint(const ObjectKey& key, const ServiceRow& row);
  void DrainEndpoints(Delta* delta);
  void DrainWaypoints(Delta* delta);
  void Assess(Delta* delta);
  void DrainWorkspaces(Delta* delta);

  // world_remotes.cc
  void MarkJoined(const Remotes::Touched& services);
  void MarkJoinedIn(const std::string& ns);  // settings say which clusters are joined for its Services
  void MarkAskedFrom(const MembershipChange::Move& move);
  // world_waypoints.cc
  void MarkPlan(const std::string& ns);
  void MarkPlansOf(const std::string& workspace);
  void MarkPlans();  // all that there are
  void MarkPlansAt(const NamespacedName& gateway);
  void MarkNamed(const NamespacedName& gateway);  // a label names it, or does no more
  void NamespaceLabelled(const core::Namespace* ns);
  void Labelled(const ObjectMeta* now, const ObjectKey& service);
  void DrainPlans(Delta* delta);
  void PlanChanged(const std::string& ns, const WaypointPlan& before, const WaypointPlan& now);
  void MarkFailover();
  void MarkWaypoints();  // all that there are
  void NetworkChanged(const Ptr<core::Namespace>& old, const Ptr<core::Namespace>& now);
  // world_tenancy.cc
  void ResolveTenancy();
  void RenewDefaults(const std::string& workspace);
  void MarkServicesIn(const std::string& ns);
  void MarkServedByDefaultFrom(const std::string& ns);
  // world_drills.cc
  void DrillChanged(const api::FailoverPolicy* now, const ObjectKey& policy);
  void MarkDrillsAt(const ObjectKey& service);
  bool JudgeDrills();
  void JudgeDrill(const ObjectKey& policy);
  void MarkDrilled(const ObjectKey& service);
  std::optional<api::DrillStatus> DrillStatusOf(const ObjectKey& policy,
                                                const api::ProxyCounts& proxies) const;
  // world_status.cc. What came of a FailoverPolicy at its targets goes to the book; those where it is in
  // force.
  std::vector<failover::Target> AssessFailover(const ObjectKey& key, PolicyBook* book) const;
  std::vector<api::FailoverSource> SourcesAt(const api::FailoverPolicy& policy,
                                             std::span<const failover::Target> targets) const;
  api::FailoverStatus FailoverNow(const api::FailoverPolicy& policy,
                                  const std::vector<failover::Target>& targets) const;

  WorldOptions options;
  Tables tables;
  Membership membership;
  Tenancy tenancy;
  Attachments attachments;
  FailoverAttachments failovers;
  Selecting selecting;
  Links<std::string, ObjectKey> workspace_policies;           // namespace -> policies of scope Workspace
  std::map<ObjectKey, std::string> scope_problems;            // policies that may not use their scope
  Links<ObjectKey, ObjectKey> routes_of;                      // parent service -> routes
  MultiIndex<ObjectKey, ObjectKey> users_of;                  // backend -> services whose routes name it
  MultiIndex<NamespacedName, ObjectKey> bound_to;             // Gateway -> services whose labels name it
  MultiIndex<NamespacedName, NamespacedName> slices_of;       // Service -> EndpointSlices
  MultiIndex<std::string, NamespacedName> slices_on;          // Node -> EndpointSlices
  MultiIndex<ObjectKey, ObjectKey> callers_of;                // Service -> who calls it
  MultiIndex<NamespacedName, NamespacedName> pods_of;         // Gateway -> Pods that run it
  MultiIndex<std::string, NamespacedName> selecting_entries;  // namespace -> ServiceEntries over Pods
  std::set<NamespacedName> all_selecting_entries;
  uint64_t istio_epoch = 0;  // of the newest state
  std::map<ObjectKey, IstioState> istio_states;
  struct TenancyState {
    uint64_t epoch = 0;
    std::optional<TenancyReport> report;
  };
  Links<std::string, ObjectKey> labelled;  // namespace -> services with a label of ours
  uint64_t tenancy_epoch = 0;              // of the newest state
  std::map<std::string, TenancyState> tenancy_states;
  // Of workspaces whose settings have defaults: where they hold.
  struct DefaultsInForce {
    NamespacedName settings;
    api::WorkspaceSettings::Defaults values;
    std::set<std::string> namespaces;
    friend bool operator==(const DefaultsInForce&, const DefaultsInForce&) = default;
  };
  std::map<std::string, DefaultsInForce> defaults_in_force;
  Remotes remotes;
  Drills drills;
  WaypointPlans waypoint_plans;
  PriorityLabels priority_labels;
  HostIndex hosts;
  View view{options,   tables,         membership,      tenancy,    attachments,  failovers,
            routes_of, slices_of,      pods_of,         callers_of, istio_states, remotes,
            drills,    waypoint_plans, priority_labels, hosts};

  std::set<ObjectKey> drilled;  // FailoverPolicies with spec.drill
  std::map<ObjectKey, failover::DrillState> drill_states;

  // Marks.
  std::set<ObjectKey> dirty_drills;     // policies whose drill is to be judged
  std::set<ObjectKey> dirty_policies;   // resolve and assess
  std::set<ObjectKey> dirty_selection;  // objects whose labels or existence changed
  std::set<ObjectKey> dirty_services;
  std::set<ObjectKey> dirty_rows;  // services whose policies are to be assessed
  std::set<ObjectKey>
      dirty_counts;  // services where policies are in force at other proxies, or in other ways
  std::set<ObjectKey> dirty_endpoints;
  std::set<NamespacedName> dirty_waypoints;
  std::set<std::pair<ObjectKey, ObjectKey>> dirty_pairs;  // policy, target
  std::set<ObjectKey> dirty_statuses;
  std::set<std::string> dirty_workspaces;
  std::set<std::string> dirty_plans;          // namespaces whose plan for waypoints is to be made anew
  std::set<std::string> resolved_workspaces;  // whose picture is another one
  std::set<ObjectKey> dirty_tenancy;          // whose status is to be computed anew

  // Results of the last drain.
  ServiceRows rows;
  std::map<ObjectKey, std::pair<NamespacedName, std::vector<ObjectKey>>> carriers;  // counted in the book
  std::map<ObjectKey, Ptr<EffectiveService>> services;
  std::map<Destination, Ptr<EffectiveEndpoints>> endpoints;
  std::map<NamespacedName, Ptr<EffectiveWaypoint>> waypoints;
  PolicyBook book;
  WorldCounters counters;
};

}  // namespace fairlead::reconcilers
