// MeshState: a made-up mesh as objects of a cluster, and user's policies made up for it.
//
// Who calls: the proofs of the preview's evaluator. Pure; a seed decides.
#pragma once

#include <json/value.h>

#include <vector>

#include "reconcilers/preview/state.h"
#include "tests/support/tenancy/mesh.h"

namespace fairlead::testing {

// Workspaces, their settings, Services, Pods and Gateways.
std::vector<reconcilers::preview::Manifest> ManifestsOf(const Mesh& mesh);

// AuthorizationPolicies: ALLOW, DENY, AUDIT and dry runs, by namespaces and principals, with patterns; of
// namespaces, of pods, of the root namespace, at waypoints.
std::vector<Json::Value> RandomPolicies(const Mesh& mesh, unsigned seed);
reconcilers::preview::Manifest ManifestOf(const Json::Value& object);

}  // namespace fairlead::testing
