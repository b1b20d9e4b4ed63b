// MembershipCheck: whether the cluster is still as World saw it, as far as it decides who has a namespace.
//
// A Workspace and a Namespace are watched apart. Two changes that a user made one after the other may be seen
// the other way round, and between them a namespace seems to have left one workspace for none, or for a
// third. Whoever acts on that opens what neither the old nor the new state opens. So before objects change
// hands the API server is asked: what is there now as World has seen it was so all the time since, so World's
// picture was true at a moment. Where it is not, a watch is about to tell.
//
// Who calls: TenancyLoop, before it writes. Look on the engine's thread, IsTrue on any.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "crds/base/labels.h"
#include "crds/base/meta.h"
#include "operator/kube/client.h"
#include "reconcilers/world.h"

namespace fairlead::app {

class MembershipCheck {
 public:
  // Namespaces that change hands, and Workspaces that have had them or have them now.
  void Look(const reconcilers::World& world, const std::set<std::string>& namespaces,
            const std::set<std::string>& workspaces);

  bool empty() const { return seen_.empty(); }
  // One request for each object, or a list where they are many, or where all Workspaces count: one of them
  // may have a namespace that World knows nobody to have.
  Result<bool> IsTrue(kube::Client* client) const;

 private:
  // What membership is made of. A Namespace has no generation: its labels count.
  struct State {
    std::string uid;
    int64_t generation = 0;
    Labels labels;
    bool deleting = false;
    friend bool operator==(const State&, const State&) = default;
  };
  using States = std::map<std::string, std::optional<State>>;  // by name; nullopt: it is not there
  static State StateOf(const ObjectKey& key, const ObjectMeta& meta);
  static Result<States> List(kube::Client* client, Kind kind);
  static Result<bool> AreThere(kube::Client* client, Kind kind, const States& seen, bool all);

  std::map<Kind, States> seen_;
  bool all_workspaces_ = false;
};

}  // namespace fairlead::app
