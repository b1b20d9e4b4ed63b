#include "reconcilers/failover/carried.h"

#include "reconcilers/failover/alone.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/istio/lower.h"

namespace fairlead::reconcilers::failover {

Carried Carriers::At(const EffectiveService& service) {
  if (service.waypoint) {
    if (!istiod::IsServedByIstiod(view_, service)) return {&policy_, ""};
    if (!by_istiod_) by_istiod_ = istiod::AsCarried(policy_, [&] { return CallerPlaces(view_); });
    return {&*by_istiod_, ""};
  }
  if (!AtZtunnel(view_, service.key, policy_).carried) return {&policy_, service.waypoint_problem};
  if (!by_ztunnel_) by_ztunnel_ = AsCarriedAlone(policy_);
  return {&*by_ztunnel_, ""};
}

}  // namespace fairlead::reconcilers::failover
