// What ztunnel can do of a FailoverPolicy alone, where no waypoint serves: send to the nearest endpoints
// first.
//
// ztunnel ranks endpoints by how many of some scopes agree with its own place, from the first scope on, and
// sends to the best rank that has an endpoint which is ready (`LoadBalancing` of Istio's workload API, mode
// FAILOVER). It counts no errors, and knows neither weights nor shares by health. Istiod takes that order
// from the Service itself: `spec.trafficDistribution`, or the annotation
// networking.istio.io/traffic-distribution; an object of a user, which is never written to, so what is to be
// set there is told. Who calls: assess.h, lint. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "crds/api/failover_policy.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

// Of LoadBalancing.Scope, in its order.
enum class Scope : unsigned char { kRegion = 1, kZone, kSubzone, kNode, kCluster, kNetwork };

struct AloneOrder {
  std::vector<Scope> scopes;
  std::string why_not;              // empty: the scopes are the order that the policy asks for
  std::vector<std::string> limits;  // what else of it is not carried
};

AloneOrder LowerToZtunnel(const api::FailoverPolicy& policy);

// What istiod makes of the object's own words; empty: no order, every endpoint alike. As Istio 1.27 and
// later: the network first, which is one here.
std::vector<Scope> OrderSaidBy(const View& view, const ObjectKey& service);

// The value of the annotation that says these scopes; nullopt: there is none.
std::optional<std::string> DistributionFor(const std::vector<Scope>& scopes);

// What comes of the policy at a service that no waypoint serves.
struct Alone {
  bool carried = false;
  std::vector<std::string> limits;  // where it is carried
  std::string advice;               // where it is not: what could be; empty: nothing
};

Alone AtZtunnel(const View& view, const ObjectKey& service, const api::FailoverPolicy& policy);

// The policy as ztunnel keeps it, as near as ours can say that: one endpoint that is ready takes it all.
api::FailoverPolicy AsCarriedAlone(const api::FailoverPolicy& policy);

}  // namespace fairlead::reconcilers::failover
