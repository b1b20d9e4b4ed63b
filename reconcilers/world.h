// World: the state of the cluster as Fairlead reads it, and its lowering, kept up to date change by change.
//
// Who calls: the operator's engine (one thread) for each watch event, and the command line for a folder of
// files. Pure: no clock, client or logger; the same objects give the same results, in whatever order they
// came. Apply and Remove only mark what they touch; Drain lowers exactly that and returns what is different
// from before.
//
//   World world(options);
//   world.Apply(object);
//   Delta delta = world.Drain();   // services, endpoints and waypoints that changed; policies whose status
//   may have
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "crds/object/any_object.h"
#include "reconcilers/istio/capabilities.h"
#include "reconcilers/istio/report.h"
#include "reconcilers/model/service.h"
#include "reconcilers/rights/rights.h"
#include "reconcilers/tenancy/report.h"

namespace fairlead::reconcilers {

struct View;          // reconcilers/lower/view.h
struct PolicyPage;    // reconcilers/status/book.h
class Tenancy;        // reconcilers/tenancy/tenancy.h
struct RemoteStatus;  // reconcilers/store/remotes.h
struct ResolvedWorkspace;

struct WorldOptions {
  std::string cluster_domain = "cluster.local";
  std::string trust_domain = "cluster.local";  // of the mesh's SPIFFE identities
  // Every ztunnel is of 1.29 or newer, and knows istio.io/dry-run: an older one enforces what is to be tried.
  bool ztunnel_dry_run = false;
  std::vector<std::string> break_glass_groups = AdministratorGroups();
  std::string root_namespace =
      "fairlead-system";                    // policies of scope Mesh are honoured in this namespace only
  std::string cluster_name = "Kubernetes";  // what Workspaces call this cluster; Istio's default name
  bool istio_mode = false;
  IstioCapabilities istio;  // Istio mode: what the installed Istio can carry
  // Istio mode: the caller writes the objects of LowerToIstio and tells by ReportIstio what became of them.
  bool istio_reported = false;
  // The caller writes the objects of LowerWorkspace and tells by ReportTenancy what became of them.
  bool tenancy_reported = false;
  // False: services() keep their frame only (ports without rules); whole services are in the Delta, and are
  // lowered anew by Lowered(). Rules are most of the memory, and proxies are programmed from deltas. A Delta
  // may then name a service that is equal to what it was: its reader compares what it makes of it.
  bool keep_rules = true;
};

// How much work was done since the start; a change of one object must not grow these by more than it touches.
struct WorldCounters {
  uint64_t services = 0;   // lowered
  uint64_t endpoints = 0;  // services whose endpoints were lowered
  uint64_t targets = 0;    // policy targets assessed
  uint64_t policies = 0;   // policies whose selectors were resolved over their scope
};

struct Delta {
  // A null pointer: gone.
  std::map<ObjectKey, Ptr<EffectiveService>> services;
  std::map<Destination, Ptr<EffectiveEndpoints>> endpoints;
  std::map<NamespacedName, Ptr<EffectiveWaypoint>> waypoints;
  std::set<ObjectKey> policies;  // whose status is to be computed anew (deleted ones left out)
  std::set<ObjectKey> istio;     // Istio mode: services whose objects for istiod are to be looked at anew
  // What Workspaces lower to, and their statuses, are to be looked at anew; those that are gone among them.
  std::set<std::string> workspaces;
  // Istio mode: namespaces whose plan for waypoints (waypoints/stand.h) is another one.
  std::set<std::string> waypoint_plans;
  std::set<ObjectKey> tenancy;  // Workspaces and WorkspaceSettings whose status is to be computed anew

  bool empty() const {
    return services.empty() && endpoints.empty() && waypoints.empty() && policies.empty() && istio.empty() &&
           workspaces.empty() && waypoint_plans.empty() && tenancy.empty();
  }
};

class World {
 public:
  explicit World(WorldOptions options);
  ~World();
  World(World&&) noexcept;
  World& operator=(World&&) noexcept;

  void Apply(const AnyObject& object);
  void Remove(const ObjectKey& key);
  void Replace(Kind kind, const std::vector<AnyObject>& objects);  // a whole list; what is not in it is gone
  // Istio mode. Facts of the installed Istio changed.
  void SetIstio(const IstioCapabilities& capabilities);
  // What became of the objects for the service as it was at IstioEpoch; an older epoch is ignored.
  void ReportIstio(const ObjectKey& service, uint64_t epoch, IstioReport report);
  // What became of the objects of the workspace as it was at TenancyEpoch; an older epoch is ignored.
  void ReportTenancy(const std::string& workspace, uint64_t epoch, TenancyReport report);
  // What of the namespace's plan for waypoints could not be written, and why; empty: all was.
  void ReportWaypoints(const std::string& ns, std::map<ObjectKey, std::string> problems);
  // Other clusters: their objects, of the kinds that Remotes reads, and how sure we are of them. What is
  // applied before the state says that all was listed does not count yet. After RemoveRemote nothing of it
  // does. KeepRemote: what an operator before has kept of it stands in for what is listed, until the state is
  // not `kept` any more.
  void ApplyRemote(const std::string& cluster, const AnyObject& object);
  void RemoveRemoteObject(const std::string& cluster, const ObjectKey& key);
  void ReplaceRemote(const std::string& cluster, Kind kind, const std::vector<AnyObject>& objects);
  void SetRemoteState(const std::string& cluster, const RemoteStatus& status);
  void KeepRemote(const std::string& cluster, const std::vector<AnyObject>& objects);
  void RemoveRemote(const std::string& cluster);
  // What time it is, for drills: before a Drain. Never told: no drill is on.
  void SetNow(Timestamp now);
  // When SetNow and Drain are due although nothing changed: a drill ends by its time.
  std::optional<Timestamp> NextDeadline() const;
  std::map<std::string, size_t> DrillCounts() const;  // by state
  Delta Drain();
  // Lowers about so many services and leaves the rest, and what follows from all, to the next call; false:
  // that was all. For the first lowering of a large state, whose results would else be in memory twice.
  bool DrainPart(size_t max_services, Delta* delta);

  // Reads of the newest drained state.
  const std::map<ObjectKey, Ptr<EffectiveService>>& services() const;
  const std::map<Destination, Ptr<EffectiveEndpoints>>& endpoints() const;
  const std::map<NamespacedName, Ptr<EffectiveWaypoint>>& waypoints() const;
  Ptr<EffectiveService> Lowered(const ObjectKey& service) const;  // whole; null: no such service
  std::vector<ObjectKey> policies() const;  // all that StatusOf knows, by kind; invalid ones included
  std::optional<AnyObject> Find(const ObjectKey& key) const;
  // Every Workspace that is in force, with what it came to.
  const Tenancy& tenancy() const;
  Ptr<ResolvedWorkspace> WorkspaceOf(const std::string& name) const;  // null: none
  size_t InvalidCount(Kind kind) const;  // objects that cannot be read as they are in the cluster

  // Waypoints whose proxies must carry the policy.
  std::set<NamespacedName> WaypointsOf(const ObjectKey& policy) const;
  // The reverse: policies that proxies of the waypoint must carry.
  const std::set<ObjectKey>& PoliciesAt(const NamespacedName& waypoint) const;

  uint64_t TenancyEpoch(const std::string& workspace) const;
  // Of a Workspace: its objects are not reported yet.
  bool AwaitsTenancy(const ObjectKey& workspace) const;
  uint64_t IstioEpoch(const ObjectKey& service) const;
  // Objects for istiod that carry the policy are not reported yet.
  bool AwaitsIstio(const ObjectKey& policy) const;

  // The status of a RetryTimeoutPolicy or FailoverPolicy. Truthful about the data plane by `proxies` (which
  // the caller counts for WaypointsOf(policy)). lastTransitionTime is left for the writer to fill.
  api::PolicyStatus StatusOf(const ObjectKey& policy, const api::ProxyCounts& proxies) const;

  // Where requests go now under a FailoverPolicy: all that its status has in part.
  std::vector<api::FailoverSource> FailoverSources(const ObjectKey& policy) const;

  // The status of any kind that has one; of a policy as StatusOf. nullopt: no such object, or none of these.
  std::optional<api::ObjectStatus> ObjectStatusOf(const ObjectKey& key,
                                                  const api::ProxyCounts& proxies) const;
  // All Workspaces and WorkspaceSettings, invalid ones included.
  std::vector<ObjectKey> TenancyObjects() const;

  // The objects as they are kept, for the pure functions beside World (explain.h, lint.h, render.h).
  const View& view() const;
  const PolicyPage& PageOf(const ObjectKey& policy) const;
  const WorldCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::reconcilers
