// Isolation, twice: who may call by the words of the API, and who can by what it lowers to. They agree for
// every caller, service and pod of more than ten thousand made-up workspaces, but where the lowering itself
// says that L4 cannot tell.
#include <gtest/gtest.h>

#include "tests/support/tenancy/may_call.h"
#include "tests/unit/reconcilers/native/lowered_mesh.h"

namespace fairlead::testing {
namespace {

struct Tally {
  int open = 0, closed = 0, behind_waypoints = 0, limits = 0;
};

bool IsLimit(const LoweredMesh& lowered, const Mesh& mesh, const MeshAccount& caller,
             const MeshService& service) {
  const MeshWorkspace* importer = mesh.WorkspaceOf(caller.ns);
  if (importer == nullptr) return false;
  for (const auto& limit : lowered.limits) {
    if (limit.service == NamespacedName{service.ns, service.name} && limit.importer == importer->name)
      return true;
  }
  return false;
}

// "" where all agree.
std::string Disagreement(const Mesh& mesh, Tally* tally) {
  const LoweredMesh lowered = Lower(mesh);
  const IstioAccess access = AccessBy(lowered.objects);
  for (const MeshService& service : mesh.services) {
    for (const MeshPod& pod : mesh.pods) {
      if (pod.ns != service.ns || !Selects(service.selector, pod.labels)) continue;
      for (const MeshAccount& caller : mesh.callers) {
        const bool may = MayCall(mesh, caller, service, pod),
                   can = access.MayCall(mesh, caller, service, pod);
        ++(may ? tally->open : tally->closed);
        if (service.waypoint >= 0) ++tally->behind_waypoints;
        if (may == can) continue;
        if (can && service.waypoint < 0 && IsLimit(lowered, mesh, caller, service)) {
          ++tally->limits;
          continue;
        }
        return caller.ns + "/" + caller.name + (may ? " may call " : " may not call ") + service.ns + "/" +
               service.name + ", but can" + (can ? "" : "not");
      }
    }
  }
  return "";
}

std::string Shrunk(Mesh mesh) {
  Tally unused;
  for (bool smaller = true; smaller;) {
    smaller = false;
    for (const Mesh& less : Smaller(mesh)) {
      if (Disagreement(less, &unused).empty()) continue;
      mesh = less;
      smaller = true;
      break;
    }
  }
  return Disagreement(mesh, &unused) + "\n" + mesh.ToString();
}

constexpr unsigned kShards = 4, kMeshes = 1'200;  // of about 2.3 workspaces

class IsolationProperty : public ::testing::TestWithParam<unsigned> {};

TEST_P(IsolationProperty, TheLoweringSaysWhatTheWordsSay) {
  Tally tally;
  size_t workspaces = 0;
  for (unsigned seed = GetParam() * kMeshes; seed < (GetParam() + 1) * kMeshes; ++seed) {
    const Mesh mesh = RandomMesh(seed);
    for (const MeshWorkspace& workspace : mesh.workspaces) workspaces += workspace.namespaces.empty() ? 0 : 1;
    if (!Disagreement(mesh, &tally).empty()) FAIL() << "seed " << seed << ": " << Shrunk(mesh);
  }
  EXPECT_GT(workspaces * kShards, 10'000u);
  EXPECT_GT(tally.open, 20'000);
  EXPECT_GT(tally.closed, 15'000);
  EXPECT_GT(tally.behind_waypoints, 8'000);
  EXPECT_LT(tally.limits * 20, tally.closed) << "too much is left to L4's limits";
}

INSTANTIATE_TEST_SUITE_P(Shards, IsolationProperty, ::testing::Range(0u, kShards));

}  // namespace
}  // namespace fairlead::testing
