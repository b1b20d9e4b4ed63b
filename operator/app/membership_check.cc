#include "operator/app/membership_check.h"

#include <utility>

#include "reconcilers/lower/view.h"

namespace fairlead::app {
namespace {

constexpr size_t kOneByOne = 16;  // more are listed

}  // namespace

MembershipCheck::State MembershipCheck::StateOf(const ObjectKey& key, const ObjectMeta& meta) {
  const bool counted = key.kind == Kind::kWorkspace;
  return {meta.uid, counted ? meta.generation : 0, counted ? Labels() : meta.labels, meta.deleting};
}

void MembershipCheck::Look(const reconcilers::World& world, const std::set<std::string>& namespaces,
                           const std::set<std::string>& workspaces) {
  const auto look = [&](Kind kind, const std::string& name) {
    const ObjectKey key{kind, "", name};
    const std::optional<AnyObject> found = world.Find(key);
    seen_[kind][name] = found ? std::optional(StateOf(key, MetaOf(*found))) : std::nullopt;
  };
  for (const std::string& ns : namespaces) {
    look(Kind::kNamespace, ns);
    const std::string& holder = world.view().membership.WorkspaceOf(ns);
    if (!holder.empty()) look(Kind::kWorkspace, holder);
    all_workspaces_ |= holder.empty();
  }
  if (namespaces.empty()) return;
  for (const std::string& workspace : workspaces) look(Kind::kWorkspace, workspace);
  if (!all_workspaces_) return;
  seen_[Kind::kWorkspace];
  for (const NamespacedName& name : world.view().tables.Names(Kind::kWorkspace))
    look(Kind::kWorkspace, name.name);
}

Result<MembershipCheck::States> MembershipCheck::List(kube::Client* client, Kind kind) {
  const Result<std::vector<ObjectMeta>> listed = client->ListMetadata(kind);
  if (!listed) return Unexpected(listed.error());
  States out;
  for (const ObjectMeta& meta : *listed) out[meta.name] = StateOf({kind, "", meta.name}, meta);
  return out;
}

Result<bool> MembershipCheck::AreThere(kube::Client* client, Kind kind, const States& seen, bool all) {
  if (all || seen.size() > kOneByOne) {
    Result<States> now = List(client, kind);
    if (!now) return Unexpected(now.error());
    if (!all) std::erase_if(*now, [&](const auto& one) { return seen.count(one.first) == 0; });
    for (const auto& [name, state] : seen) now->try_emplace(name);
    return *now == seen;
  }
  for (const auto& [name, state] : seen) {
    const Result<AnyObject> found = client->Get(kind, {"", name});
    if (!found && found.error().error_class != ErrorClass::kNotFound) return Unexpected(found.error());
    const std::optional<State> there =
        found ? std::optional(StateOf({kind, "", name}, MetaOf(*found))) : std::nullopt;
    if (there != state) return false;
  }
  return true;
}

Result<bool> MembershipCheck::IsTrue(kube::Client* client) const {
  for (const auto& [kind, states] : seen_) {
    Result<bool> there = AreThere(client, kind, states, all_workspaces_ && kind == Kind::kWorkspace);
    if (!there || !*there) return there;
  }
  return true;
}

}  // namespace fairlead::app
