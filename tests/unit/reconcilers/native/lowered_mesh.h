// LoweredMesh: what a made-up mesh of workspaces lowers to.
//
// Who calls: the proofs of isolation and of transitions. Pure.
#pragma once

#include <set>
#include <vector>

#include "reconcilers/native/isolation.h"
#include "tests/support/tenancy/istio_access.h"
#include "tests/support/tenancy/mesh.h"

namespace fairlead::testing {

struct LoweredMesh {
  std::vector<reconcilers::OwnedObject> objects;  // of all workspaces
  std::set<reconcilers::L4Limit> limits;
};

LoweredMesh Lower(const Mesh& mesh);

IstioAccess AccessBy(const std::vector<reconcilers::OwnedObject>& objects);

}  // namespace fairlead::testing
