// Drills: which drills of FailoverPolicies are on, by the destination that they are on at.
//
// World keeps one, out of what failover/drill.h judges; lowering, statuses and lint read it. A value; one
// thread.
#pragma once

#include <map>

#include "crds/base/meta.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers {

struct Drills {
  Timestamp now;  // not set: no drill is on, since nothing can be said of its end
  std::map<Destination, EffectiveDrill> on;

  const EffectiveDrill* At(const Destination& destination) const {
    const auto found = on.find(destination);
    return found == on.end() ? nullptr : &found->second;
  }
};

}  // namespace fairlead::reconcilers
