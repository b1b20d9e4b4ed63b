// MayCall: whether a caller may call a service, by the words of the API, and nothing of the lowering.
//
// Who calls: tests of isolation. Pure.
#pragma once

#include "tests/support/tenancy/mesh.h"

namespace fairlead::testing {

// Of a service: the pod that answers. Without a waypoint between, pods are what L4 knows: whoever may call
// one service of a pod may call the pod.
bool MayCall(const Mesh& mesh, const MeshAccount& caller, const MeshService& service, const MeshPod& pod);

// Whether both sides say that `user` has the use of the owner's service.
bool Agreed(const MeshWorkspace& owner, const MeshWorkspace& user, const MeshService& service);

}  // namespace fairlead::testing
