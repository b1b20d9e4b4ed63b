// LowerService: one Service or ServiceEntry with everything that is attached to it, as its effective model.
//
// World calls it for each service that a change touched, and for no other. Pure.
#pragma once

#include <set>
#include <vector>

#include "reconcilers/lower/outcomes.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

struct LoweredService {
  Ptr<EffectiveService> service;  // null: no such object
  std::vector<Outcome> outcomes;
  std::set<ObjectKey> reads;  // services whose ports the result depends on
  std::optional<NamespacedName> named_waypoint;
};

LoweredService LowerService(const View& view, const ObjectKey& key);

}  // namespace fairlead::reconcilers
