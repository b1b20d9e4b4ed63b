// Carriage: what objects that istiod reads can carry of a service's policy, and what they cannot.
//
// A service without routes gets a VirtualService and a DestinationRule of ours (lower.h). A service with
// routes gets nothing: beside a route a VirtualService is undefined, the standard HTTPRoute has no retries,
// and a user's route is not ours to write. The way out is a waypoint of ours. Pure.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/istio/capabilities.h"
#include "reconcilers/model/service.h"

namespace fairlead::reconcilers::istiod {

struct Carriage {
  bool carried = true;
  std::string problem;              // why not, and the way out
  std::vector<std::string> limits;  // carried, but for these; sorted, unique
};

Carriage CarriageOf(const EffectiveService& service, const IstioCapabilities& capabilities);

// The rule says something that only a policy of ours can have put there.
bool HasPolicy(const EffectivePolicy& policy);

}  // namespace fairlead::reconcilers::istiod
