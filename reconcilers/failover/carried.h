// CarriedAt: a FailoverPolicy as whoever carries it at a service keeps it.
//
// Our own waypoints keep all of it, those of istiod what a DestinationRule can say, and ztunnel, where there
// is no waypoint, an order. Who calls: the statuses, the rehearsal. Pure.
#pragma once

#include <string>

#include "crds/api/failover_policy.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

struct Carried {
  api::FailoverPolicy policy;
  std::string why_not;  // nobody carries it there, and `policy` is as it is written; empty: it is carried
};

// Whether objects of ours for istiod stand in each other's way is not looked at.
Carried CarriedAt(const View& view, const EffectiveService& service, const api::FailoverPolicy& policy);

}  // namespace fairlead::reconcilers::failover
