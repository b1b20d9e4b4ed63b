// However a mesh of workspaces changes: while its objects are written nothing is open that neither the old
// nor the new state opens, wherever the writing stops, and whichever order the writes of one phase take.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "reconcilers/native/transition.h"
#include "tests/unit/reconcilers/native/lowered_mesh.h"

namespace fairlead::testing {
namespace {

using reconcilers::OwnedObject;
using reconcilers::Write;
using Stored = std::map<std::tuple<std::string, std::string, std::string>, OwnedObject>;

void Put(const OwnedObject& object, Stored* stored) {
  (*stored)[{object.kind, object.ns, object.name}] = object;
}

Stored Index(const std::vector<OwnedObject>& objects) {
  Stored out;
  for (const OwnedObject& object : objects) Put(object, &out);
  return out;
}

std::vector<OwnedObject> Objects(const Stored& stored) {
  std::vector<OwnedObject> out;
  for (const auto& [key, object] : stored) out.push_back(object);
  return out;
}

OwnedObject Written(const Write& write) {
  const Json::Value& meta = write.object["metadata"];
  return {write.object["apiVersion"].asString(), write.object["kind"].asString(),
          meta["namespace"].asString(), meta["name"].asString(), write.object};
}

void Apply(const Write& write, Stored* stored) {
  const OwnedObject object = Written(write);
  if (write.verb == Write::Verb::kDelete) {
    stored->erase({object.kind, object.ns, object.name});
  } else {
    Put(object, stored);
  }
}

// For every caller and every way in: a service through its waypoint, and a pod itself.
std::vector<bool> Openings(const Mesh& mesh, const std::vector<OwnedObject>& objects) {
  const IstioAccess access = AccessBy(objects);
  std::vector<bool> out;
  for (const MeshAccount& caller : mesh.callers) {
    for (const MeshPod& pod : mesh.pods) {
      out.push_back(access.ReachesPod(caller, pod));
      for (const MeshService& service : mesh.services) {
        if (service.waypoint >= 0 && service.ns == pod.ns)
          out.push_back(access.MayCall(mesh, caller, service, pod));
      }
    }
  }
  return out;
}

void Shuffle(std::vector<Write>* writes, std::mt19937* engine) {
  for (size_t i = writes->size(); i > 1; --i) {
    const size_t other = (*engine)() % i;
    if ((*writes)[i - 1].phase == (*writes)[other].phase) std::swap((*writes)[i - 1], (*writes)[other]);
  }
}

TEST(TransitionProperty, NothingIsOpenThatNeitherStateOpens) {
  int writes = 0, twice = 0;
  for (unsigned seed = 0; seed < 400; ++seed) {
    const Mesh before = RandomMesh(seed), after = Changed(before, seed + 77);
    const std::vector<OwnedObject> old = Lower(before).objects, wished = Lower(after).objects;
    const std::vector<bool> open_before = Openings(before, old), open_after = Openings(after, wished);
    std::vector<Write> plan = PlanWrites(old, wished);
    std::mt19937 engine(seed);
    Shuffle(&plan, &engine);
    Stored stored = Index(old);
    std::map<std::string, int> times;
    for (const Write& write : plan) {
      Apply(write, &stored);
      ++writes;
      const std::string name = Written(write).ns + "/" + Written(write).name;
      if (++times[name] == 2) ++twice;
      const std::vector<bool> open = Openings(after, Objects(stored));
      for (size_t i = 0; i < open.size(); ++i) {
        ASSERT_TRUE(!open[i] || open_before[i] || open_after[i])
            << "seed " << seed << " after " << name << "\n"
            << before.ToString() << "\n"
            << after.ToString();
      }
    }
    ASSERT_EQ(stored, Index(wished)) << "seed " << seed;
    EXPECT_TRUE(PlanWrites(wished, wished).empty());
  }
  EXPECT_GT(writes, 1'000);
  EXPECT_LT(twice * 4, writes) << "most objects are written once";
}

}  // namespace
}  // namespace fairlead::testing
