#include "reconcilers/failover/carried.h"

#include "reconcilers/failover/alone.h"
#include "reconcilers/istio/lower.h"

namespace fairlead::reconcilers::failover {

Carried CarriedAt(const View& view, const EffectiveService& service, const api::FailoverPolicy& policy) {
  if (service.waypoint)
    return {istiod::IsServedByIstiod(view, service) ? istiod::AsCarried(policy) : policy, ""};
  if (AtZtunnel(view, service.key, policy).carried) return {AsCarriedAlone(policy), ""};
  return {policy, service.waypoint_problem};
}

}  // namespace fairlead::reconcilers::failover
