// Clusters and their endpoints. Pure.
#pragma once

#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/config/endpoint/v3/endpoint.pb.h>

#include "dataplane/envoy/names.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

// `endpoints` may be null: none known. With kDns they are in the cluster itself, else they come by EDS, under
// the cluster's own name.
::envoy::config::cluster::v3::Cluster EncodeCluster(const ClusterKey& key,
                                                    const reconcilers::EffectiveEndpoints* endpoints);

::envoy::config::endpoint::v3::ClusterLoadAssignment EncodeEndpoints(
    const std::string& cluster_name, const reconcilers::EffectiveEndpoints* endpoints);

inline bool HasEds(const reconcilers::EffectiveEndpoints* endpoints) {
  return endpoints == nullptr || endpoints->discovery != reconcilers::Discovery::kDns;
}

}  // namespace fairlead::envoy
