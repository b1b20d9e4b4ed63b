// Where an endpoint or a client is: cluster, region, zone, subzone.
//
// By the label istio-locality of its workload ("region.zone.subzone", as Istio reads it) where it has one,
// else by the labels of its node, and by the zone that its EndpointSlice tells. The cluster is ours, unless
// the label topology.istio.io/cluster of workload or node names another. Who calls: the lowering of
// endpoints, failover. Pure.
#pragma once

#include <string>
#include <string_view>

#include "crds/api/failover_policy.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

inline constexpr std::string_view kLocalityLabel = "istio-locality";
inline constexpr std::string_view kClusterLabel = "topology.istio.io/cluster";

// `pod` may be null: not known. `zone`: of the slice, or empty.
api::Locality PlaceOf(const View& view, const core::Pod* pod, const std::string& node,
                      const std::string& zone);
api::Locality PlaceOf(const View& view, const core::Node& node);

// "region/zone/subzone", with that separator; the cluster stays empty.
api::Locality ReadPlace(std::string_view text, char separator = '/');

}  // namespace fairlead::reconcilers
