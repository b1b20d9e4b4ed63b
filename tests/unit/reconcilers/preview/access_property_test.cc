// The preview's evaluator against two that know nothing of it: Istio's rules as the tests have them, over
// isolation and made-up policies of users; and the words of the API. And the lines of a difference against
// who could call before and can after.
#include <gtest/gtest.h>

#include <algorithm>

#include "crds/base/json_write.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/native/isolation_view.h"
#include "reconcilers/preview/access_diff.h"
#include "tests/support/tenancy/istio_access.h"
#include "tests/support/tenancy/may_call.h"
#include "tests/unit/reconcilers/preview/mesh_state.h"

namespace fairlead::testing {
namespace {

using namespace reconcilers::preview;  // NOLINT: a test of all of it
using reconcilers::L4Limit;

struct Judged {
  Mesh mesh;
  std::vector<Json::Value> objects;  // of isolation and of users
  std::set<L4Limit> limits;
  Snapshot snapshot;
};

Judged JudgeMesh(const Mesh& mesh, const std::vector<Json::Value>& policies, PolicyTable* table) {
  State state{reconcilers::WorldOptions()};
  for (const Manifest& manifest : ManifestsOf(mesh)) state.Put(manifest);
  for (const Json::Value& policy : policies) state.Put(ManifestOf(policy));
  Judged out{mesh, policies, {}, state.Take(table)};
  const reconcilers::View& view = state.Drained().view();
  for (const auto& [name, workspace] : view.tenancy.by_name()) {
    auto isolation = LowerIsolation(*workspace, IsolationViewOf(view, *workspace));
    for (const auto& object : isolation.objects) out.objects.push_back(object.object);
    out.limits.merge(isolation.limits);
  }
  return out;
}

std::vector<MeshPod> PodsOf(const Mesh& mesh, const MeshService& service) {
  std::vector<MeshPod> out;
  std::copy_if(mesh.pods.begin(), mesh.pods.end(), std::back_inserter(out), [&](const MeshPod& pod) {
    return pod.ns == service.ns && Selects(service.selector, pod.labels);
  });
  return out;
}

Answer Sum(const std::vector<bool>& pods) {
  const bool any = std::any_of(pods.begin(), pods.end(), [](bool b) { return b; });
  const bool all = std::all_of(pods.begin(), pods.end(), [](bool b) { return b; });
  return all ? Answer::kYes : any ? Answer::kSome : Answer::kNo;
}

const Way& WayOf(const Judged& judged, const MeshService& service) {
  return judged.snapshot.access.ways.at({{Kind::kService, service.ns, service.name}, false});
}

Answer AskOf(const PolicyTable& table, const Judged& judged, const MeshAccount& caller,
             const MeshService& service) {
  const Way& way = WayOf(judged, service);
  return Ask(table, way, {caller.ns, caller.name}, way.ports.front());
}

constexpr unsigned kShards = 4, kMeshes = 250;

class PreviewAccess : public ::testing::TestWithParam<unsigned> {};

TEST_P(PreviewAccess, AgreesWithIstiosRules) {
  int yes = 0, no = 0, some = 0;
  for (unsigned seed = GetParam() * kMeshes; seed < (GetParam() + 1) * kMeshes; ++seed) {
    PolicyTable table;
    Mesh mesh = RandomMesh(seed);
    mesh.callers.push_back({"na", "other"});
    mesh.callers.push_back({"nx", "default"});
    const Judged judged = JudgeMesh(mesh, RandomPolicies(mesh, seed + 7), &table);
    const IstioAccess access(judged.objects);
    for (const MeshService& service : mesh.services) {
      const std::vector<MeshPod> pods = PodsOf(mesh, service);
      if (pods.empty()) continue;
      for (const MeshAccount& caller : mesh.callers) {
        std::vector<bool> may;
        for (const MeshPod& pod : pods) may.push_back(access.MayCall(mesh, caller, service, pod));
        const Answer expected = Sum(may), answer = AskOf(table, judged, caller, service);
        ++(expected == Answer::kYes ? yes : expected == Answer::kNo ? no : some);
        ASSERT_EQ(answer, expected) << "seed " << seed << ": " << caller.ns << "/" << caller.name << " to "
                                    << service.ns << "/" << service.name << "\n"
                                    << mesh.ToString();
      }
    }
  }
  EXPECT_GT(yes, 3'000);
  EXPECT_GT(no, 3'000);
  EXPECT_GT(some, 0);
}

TEST_P(PreviewAccess, AgreesWithTheWordsOfTheApi) {
  for (unsigned seed = GetParam() * kMeshes; seed < (GetParam() + 1) * kMeshes; ++seed) {
    PolicyTable table;
    const Mesh mesh = RandomMesh(seed);
    const Judged judged = JudgeMesh(mesh, {}, &table);
    for (const MeshService& service : mesh.services) {
      const std::vector<MeshPod> pods = PodsOf(mesh, service);
      if (pods.empty()) continue;
      for (const MeshAccount& caller : mesh.callers) {
        const MeshWorkspace* importer = mesh.WorkspaceOf(caller.ns);
        const bool limited =
            importer != nullptr &&
            std::any_of(judged.limits.begin(), judged.limits.end(), [&](const L4Limit& limit) {
              return limit.service == NamespacedName{service.ns, service.name} &&
                     limit.importer == importer->name;
            });
        if (limited) continue;
        std::vector<bool> may;
        for (const MeshPod& pod : pods) may.push_back(MayCall(mesh, caller, service, pod));
        ASSERT_EQ(AskOf(table, judged, caller, service), Sum(may))
            << "seed " << seed << ": " << caller.ns << "/" << caller.name << " to " << service.ns << "/"
            << service.name << "\n"
            << mesh.ToString();
      }
    }
  }
}

// Whether a line means the caller, by its words.
bool Means(const AccessLine& line, const MeshAccount& caller, const Judged& before, const Judged& after) {
  const std::string account = caller.ns + "/" + caller.name, ns = "namespace " + caller.ns;
  if (line.caller == account || line.caller == ns) return true;
  if (line.caller.starts_with("workspace ")) {
    const auto in = [&](const Judged& judged) {
      const auto at = judged.snapshot.workspace_of.find(caller.ns);
      return at != judged.snapshot.workspace_of.end() && line.caller == "workspace " + at->second;
    };
    return in(before) && in(after);
  }
  if (line.caller != "everyone in the mesh" && line.caller != "everyone else in the mesh" &&
      line.caller != "the rest of " + ns)
    return false;
  return std::none_of(line.except.begin(), line.except.end(),
                      [&](const std::string& other) { return other == account || other == ns; });
}

TEST_P(PreviewAccess, LinesNameWhoeverGainsOrLosesAndNobodyElse) {
  int lines_seen = 0, changes = 0;
  for (unsigned seed = GetParam() * kMeshes / 2; seed < (GetParam() + 1) * kMeshes / 2; ++seed) {
    PolicyTable table;
    const Mesh mesh = RandomMesh(seed), other = Changed(mesh, seed + 77);
    const Judged before = JudgeMesh(mesh, {}, &table), after = JudgeMesh(other, {}, &table);
    const std::vector<AccessLine> lines = DiffAccess(before.snapshot.side(), after.snapshot.side(), table);
    lines_seen += static_cast<int>(lines.size());
    for (const MeshService& service : mesh.services) {
      const std::string name = service.ns + "/" + service.name;
      for (const MeshAccount& caller : mesh.callers) {
        const Answer was = AskOf(table, before, caller, service), is = AskOf(table, after, caller, service);
        const auto told = std::count_if(lines.begin(), lines.end(), [&](const AccessLine& line) {
          return !line.around && line.before == was && line.after == is &&
                 Means(line, caller, before, after) &&
                 std::find(line.services.begin(), line.services.end(), name) != line.services.end();
        });
        changes += was != is ? 1 : 0;
        ASSERT_EQ(told > 0, was != is) << "seed " << seed << ": " << caller.ns << "/" << caller.name << " to "
                                       << name << " was " << ToString(was) << " is " << ToString(is) << "\n"
                                       << mesh.ToString() << other.ToString();
      }
    }
  }
  EXPECT_GT(lines_seen, 100);
  EXPECT_GT(changes, 300);
}

INSTANTIATE_TEST_SUITE_P(Shards, PreviewAccess, ::testing::Range(0u, kShards));

}  // namespace
}  // namespace fairlead::testing
