// State: one state of the cluster, lowered, with all that a preview compares.
//
// Who calls: preview.h for the two of a change, the graph for one. A Snapshot is a value that outlives
// changes of the World that it was taken of. One thread.
//
//   State state(options);
//   for (const Manifest& m : base) state.Put(m);
//   const Snapshot before = state.Take(&table);
#pragma once

#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "reconcilers/preview/access_diff.h"
#include "reconcilers/preview/manifest.h"
#include "reconcilers/tenancy/owned_object.h"
#include "reconcilers/world.h"

namespace fairlead::reconcilers::preview {

struct Snapshot {
  using Name = std::tuple<std::string, std::string, std::string, std::string>;  // apiVersion, kind, ns, name
  std::map<ObjectKey, Ptr<EffectiveService>> services;
  std::map<NamespacedName, Ptr<EffectiveWaypoint>> waypoints;
  std::map<Name, Json::Value> written;  // objects that Fairlead writes
  AccessModel access;
  std::map<std::string, std::string> workspace_of;
  std::map<NamespacedName, std::set<NamespacedName>> pods;  // of Services, where the input has them
  std::map<NamespacedName, std::string> node_of;            // of pods

  AccessSide side() const { return {access, workspace_of}; }
};

class State {
 public:
  explicit State(const WorldOptions& options) : world_(options) {}

  void Put(const Manifest& manifest);  // instead of one with its name
  void Remove(const ManifestId& id);
  const Manifest* Find(const ManifestId& id) const;  // null: not there
  const std::map<ManifestId, Manifest>& all() const { return manifests_; }

  const World& Drained();  // lowered as far as it was put
  Snapshot Take(PolicyTable* table);

 private:
  std::vector<int> Policies(const std::vector<OwnedObject>& tenancy, PolicyTable* table) const;

  World world_;
  bool dirty_ = true;
  std::map<ManifestId, Manifest> manifests_;
  std::map<NamespacedName, AuthorizationPolicy> policies_;  // of users
};

}  // namespace fairlead::reconcilers::preview
