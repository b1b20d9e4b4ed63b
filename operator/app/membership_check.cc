#include "operator/app/membership_check.h"

#include <string>
#include <utility>

#include "crds/base/json.h"
#include "crds/base/parse.h"
#include "reconcilers/lower/view.h"

namespace fairlead::app {
namespace {

constexpr size_t kOneByOne = 16;  // more are listed
constexpr int kPage = 500;
constexpr size_t kMaxPage =
    64u << 20;  // bytes, where a server sends whole objects in place of their metadata

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
  States out;
  std::string token;
  do {
    const Result<std::string> body =
        client->GetMetadataList(kube::WithQuery(kube::CollectionPath(kube::ResourceOf(kind), ""),
                                                {{"limit", std::to_string(kPage)}, {"continue", token}}));
    if (!body) return Unexpected(body.error());
    const Result<JsonDocument> page = JsonDocument::Parse(*body, kMaxPage);
    if (!page) return Unexpected(page.error());
    if (const std::optional<JsonNode> items = page->root().Find("items")) {
      for (const JsonNode item : items->Items()) {
        const ObjectMeta meta = ParseMeta(item);
        out[meta.name] = StateOf({kind, "", meta.name}, meta);
      }
    }
    const std::optional<JsonNode> next = page->root().FindPath({"metadata", "continue"});
    token = next ? std::string(next->AsString()) : "";
  } while (!token.empty());
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
