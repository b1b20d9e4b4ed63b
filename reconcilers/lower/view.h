// View: what the lowering of one object may read. Const references into World; cheap to copy.
#pragma once

#include "reconcilers/model/drills.h"
#include "reconcilers/model/priority_labels.h"
#include "reconcilers/policy/attachments.h"
#include "reconcilers/store/host_index.h"
#include "reconcilers/store/membership.h"
#include "reconcilers/store/multi_index.h"
#include "reconcilers/store/remotes.h"
#include "reconcilers/store/tables.h"
#include "reconcilers/tenancy/tenancy.h"
#include "reconcilers/waypoints/stand.h"
#include "reconcilers/world.h"

namespace fairlead::reconcilers {

// What is known of a service's objects for istiod. No report: they were not written yet.
struct IstioState {
  uint64_t epoch = 0;  // grows when the service changes: a report of before is out of date
  std::optional<IstioReport> report;
};

struct View {
  const WorldOptions& options;
  const Tables& tables;
  const Membership& membership;
  const Tenancy& tenancy;
  const Attachments& attachments;
  const FailoverAttachments& failovers;
  const Links<ObjectKey, ObjectKey>& routes_of;                 // parent -> routes
  const MultiIndex<NamespacedName, NamespacedName>& slices_of;  // Service -> EndpointSlices
  const MultiIndex<NamespacedName, NamespacedName>& pods_of;    // Gateway -> Pods
  const MultiIndex<ObjectKey, ObjectKey>& callers_of;           // Service -> Services and routes that call it
  const std::map<ObjectKey, IstioState>& istio_states;
  const Remotes& remotes;  // other clusters
  const Drills& drills;
  const WaypointPlans& waypoint_plans;
  const PriorityLabels& priority_labels;       // of all FailoverPolicies
  const HostIndex& hosts = HostIndex::None();  // of our own cluster
};

}  // namespace fairlead::reconcilers
