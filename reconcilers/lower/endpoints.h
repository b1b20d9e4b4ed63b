// LowerEndpoints: where the ports of a Service or ServiceEntry lead.
//
// Ready endpoints only; where a port has none, those that still serve while they terminate, as kube-proxy
// does. Locality as locality.h finds it. A ServiceEntry's endpoints are written in it (addresses, or names to
// be resolved), or are the Pods that its workloadSelector selects. Pure.
#pragma once

#include <map>
#include <vector>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// One entry for each TCP port; empty: no such object, or one without endpoints of its own (ExternalName,
// ServiceEntry of resolution NONE).
std::map<Destination, Ptr<EffectiveEndpoints>> LowerEndpoints(const View& view, const ObjectKey& key);

// What a ServiceEntry that names no endpoints is sent to: its hosts, but for wildcards, where they are to be
// resolved by DNS; else nothing.
std::vector<std::string> NamesToResolve(const istio::ServiceEntry& entry);

// The slices of one address family, the one of the service's first ClusterIP if there are any: a dual-stack
// pod is in slices of both, and must not get twice its share.
std::vector<Ptr<core::EndpointSlice>> SlicesOf(const View& view, const core::Service& service);

}  // namespace fairlead::reconcilers
