// Clusters and their endpoints. Pure.
#pragma once

#include <envoy/config/cluster/v3/cluster.pb.h>
#include <envoy/config/endpoint/v3/endpoint.pb.h>

#include "crds/api/failover_policy.h"
#include "dataplane/envoy/names.h"
#include "dataplane/xds/resource.h"
#include "reconcilers/failover/steps.h"
#include "reconcilers/model/service.h"

namespace fairlead::envoy {

// `endpoints` may be null: none known. With kDns they are in the cluster itself, else they come by EDS, under
// the cluster's own name. Where a FailoverPolicy is in force, endpoints are for a proxy of that place;
// `drill`: as the drill that is on there has them.
::envoy::config::cluster::v3::Cluster EncodeCluster(const ClusterKey& key,
                                                    const reconcilers::EffectiveEndpoints* endpoints,
                                                    const xds::Place& place = {});

::envoy::config::endpoint::v3::ClusterLoadAssignment EncodeEndpoints(
    const std::string& cluster_name, const reconcilers::EffectiveEndpoints* endpoints,
    const xds::Place& place = {}, bool drill = false);

// What the policy asks of the cluster itself: localities by weight, and outlier detection. Errors are answers
// of 500 and more, connections that fail, and time-outs, in a row and counted together; success rates are not
// looked at.
void EncodeFailover(const api::FailoverPolicy& policy, ::envoy::config::cluster::v3::Cluster* out);

// Steps become priorities, those without endpoints left out, since Envoy wants no gaps. Members that are not
// healthy are there and marked so: they count for the health of their step.
::envoy::config::endpoint::v3::ClusterLoadAssignment EncodeEndpoints(
    const std::string& cluster_name, const reconcilers::failover::Plan& plan,
    reconcilers::Discovery discovery = reconcilers::Discovery::kStatic);

inline bool HasEds(const reconcilers::EffectiveEndpoints* endpoints) {
  return endpoints == nullptr || endpoints->discovery != reconcilers::Discovery::kDns;
}

}  // namespace fairlead::envoy
