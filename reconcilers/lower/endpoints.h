// LowerEndpoints: where the ports of a Service or ServiceEntry lead.
//
// Ready endpoints only; where a port has none, those that still serve while they terminate, as kube-proxy
// does. Locality by the node's labels, and by the zone that the EndpointSlice tells. A ServiceEntry's
// endpoints are written in it (addresses, or names to be resolved), or are the Pods that its workloadSelector
// selects. Pure.
#pragma once

#include <map>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// One entry for each TCP port; empty: no such object, or one without endpoints of its own (ExternalName,
// ServiceEntry of resolution NONE).
std::map<Destination, Ptr<EffectiveEndpoints>> LowerEndpoints(const View& view, const ObjectKey& key);

}  // namespace fairlead::reconcilers
