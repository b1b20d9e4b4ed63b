// IstioAccess: what AuthorizationPolicies let through, by Istio's rules for ambient meshes.
//
// Who calls: tests of isolation. A policy without targetRefs holds at the ztunnel of the pods in its
// namespace that its selector matches, in the root namespace at all; one with targetRefs holds at the
// waypoint of the Service or Gateway that it names, for the original caller. Any DENY that matches refuses;
// then, where an ALLOW holds there, one must match. AUDIT and dry runs refuse nothing. Behind a waypoint a
// pod sees the waypoint's identity. What it does not know of a policy is a failure, never a guess. Pure.
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "tests/support/tenancy/mesh.h"

namespace fairlead::testing {

class IstioAccess {
 public:
  explicit IstioAccess(const std::vector<Json::Value>& policies);

  bool MayCall(const Mesh& mesh, const MeshAccount& caller, const MeshService& service,
               const MeshPod& pod) const;
  // At the pod itself, whoever it answers for.
  bool ReachesPod(const MeshAccount& caller, const MeshPod& pod) const;

 private:
  struct Ask {  // of a source: one of the values is there, or none
    std::string what;
    bool wanted = true;
    std::vector<std::string> patterns;
  };
  struct Target {
    std::string group, kind, name;
  };
  struct Policy {
    std::string ns, action;
    bool dry_run = false, at_waypoint = false;
    std::vector<Target> targets;
    Labels selector;
    std::vector<std::vector<Ask>> sources;  // of all rules
  };
  static Policy Read(const Json::Value& policy);
  static bool Passes(const std::vector<const Policy*>& policies, const MeshAccount& caller);
  bool PassesWaypoint(const MeshAccount& caller, const MeshService& service,
                      const MeshWaypoint& waypoint) const;

  std::vector<Policy> policies_;
};

}  // namespace fairlead::testing
