// A mesh of workspaces as plain lists, made up by a seed, for proofs about isolation.
//
// Who calls: the words of the API (may_call.h), the lowering's property tests. Values.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "crds/api/workspace.h"

namespace fairlead::testing {

struct MeshAccount {
  std::string ns, name;
  friend auto operator<=>(const MeshAccount&, const MeshAccount&) = default;
};

struct MeshWorkspace {
  std::string name;
  std::set<std::string> namespaces;  // each in one workspace at most
  api::Isolation isolation = api::Isolation::kEnforced;
  std::vector<api::SharedResources> import_from, export_to;
  std::set<MeshAccount> ingress;
};

struct MeshService {
  std::string ns, name;
  Labels labels, selector;
  int waypoint = -1;  // index; -1: none
};

struct MeshPod {
  std::string ns;
  Labels labels;
};

struct MeshWaypoint {
  std::string ns, name;  // its account has the same name
};

struct Mesh {
  std::vector<MeshWorkspace> workspaces;
  std::vector<MeshService> services;
  std::vector<MeshPod> pods;
  std::vector<MeshWaypoint> waypoints;
  std::vector<MeshAccount> callers;

  const MeshWorkspace* WorkspaceOf(const std::string& ns) const;  // null: none
  std::string ToString() const;
};

// The same seed, the same mesh.
Mesh RandomMesh(unsigned seed);
// Another state of the same mesh: services, pods, waypoints and callers are the same, workspaces differ.
Mesh Changed(const Mesh& mesh, unsigned seed);

// Smaller meshes: each lacks one thing of this one.
std::vector<Mesh> Smaller(const Mesh& mesh);

bool Selects(const Labels& selector, const Labels& labels);  // nothing where the selector is empty

}  // namespace fairlead::testing
