// Tenancy: every Workspace with its namespaces, the settings that count, and what it agreed on with others.
//
// Who calls: World tells of each change and asks Resolve for what came of it; the lowerings of tenancy,
// statuses and render read. A workspace takes something from another when both sides say so in their
// settings; a side that says so alone is kept as one-sided, so that a status can name who is missing. Work is
// proportional to what a change touches. Not thread-safe; pictures are shared values.
//
//   const Ptr<ResolvedWorkspace> shop = tenancy.Find("shop");
//   for (const auto& [user, consent] : shop->exports) ...
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "crds/api/workspace.h"
#include "crds/object/any_object.h"
#include "reconcilers/store/membership.h"

namespace fairlead::reconcilers {

// What `owner` gives to `user`, and `user` takes from it: both sides said so.
struct Consent {
  std::string owner, user;
  Ptr<api::WorkspaceSettings> owner_settings, user_settings;
  std::vector<size_t> exported;  // of owner_settings->export_to: the entries that name the user
  std::vector<size_t> imported;  // of user_settings->import_from: the entries that name the owner

  // Whether an object in a namespace of the owner is selected by both sides.
  bool Shares(Kind kind, const NamespacedName& name, const Labels& labels) const;
  friend bool operator==(const Consent&, const Consent&) = default;
};

// A wish of a workspace that the other side does not answer.
struct OneSided {
  enum class Missing : unsigned char {
    kWorkspace,  // no workspace has the name, or matches the pattern
    kSettings,   // the other workspace has no WorkspaceSettings
    kAnswer,     // its settings do not name this one
  };
  bool import = false;  // this side imports; else it exports
  std::string field;    // "spec.importFrom[0].workspaces[1]"
  std::string other;    // the workspace, or the pattern
  Missing missing = Missing::kAnswer;
  friend bool operator==(const OneSided&, const OneSided&) = default;
};

struct ResolvedWorkspace {
  Ptr<api::Workspace> workspace;  // in force
  std::set<std::string> namespaces;
  Ptr<api::WorkspaceSettings> settings;         // the oldest of its namespaces; null: none
  std::vector<NamespacedName> other_settings;   // the younger ones, which do not count
  std::map<std::string, Ptr<Consent>> exports;  // by the workspace that uses what this one owns
  std::map<std::string, Ptr<Consent>> imports;  // by the workspace that owns what this one uses
  std::vector<OneSided> one_sided;
  std::map<std::string, std::string> lost;  // namespaces that it claims -> the older workspace that has it
  std::map<std::string, std::set<std::string>>
      contested;  // namespaces that it has -> younger that claim them

  const std::string& name() const { return workspace->meta.name; }
  friend bool operator==(const ResolvedWorkspace&, const ResolvedWorkspace&) = default;
};

class Tenancy {
 public:
  using Pictures = std::map<std::string, Ptr<ResolvedWorkspace>>;

  // Reads, of the last Resolve.
  const Pictures& by_name() const { return pictures_; }
  Ptr<ResolvedWorkspace> Find(const std::string& workspace) const;  // null: there is none

  // Each marks what it touches. Null: gone.
  void SetWorkspace(const std::string& name, const Ptr<api::Workspace>& workspace);
  void SetSettings(const NamespacedName& name, const Ptr<api::WorkspaceSettings>& settings);
  void Touch(const std::string& workspace);  // its namespaces or its claims changed

  // Makes the marked pictures anew. Returns the workspaces whose picture is different, or that agreed on
  // something with one whose namespaces are different; those that are gone among them.
  std::set<std::string> Resolve(const Membership& membership);

 private:
  using Drafts = std::map<std::string, std::shared_ptr<ResolvedWorkspace>>;
  ResolvedWorkspace* Draft(const std::string& name, Drafts* drafts) const;
  void ReadMembership(const Membership& membership, ResolvedWorkspace* draft) const;
  void Pair(const std::string& owner, const std::string& user, Drafts* drafts) const;
  const ResolvedWorkspace* Newest(const std::string& name, const Drafts& drafts) const;
  std::vector<OneSided> OneSidedOf(const ResolvedWorkspace& of, const Drafts& drafts) const;

  std::map<std::string, Ptr<api::Workspace>> workspaces_;
  std::map<NamespacedName, Ptr<api::WorkspaceSettings>> settings_;
  std::set<std::string> marked_;           // workspaces to be looked at
  std::set<std::string> marked_settings_;  // namespaces whose settings changed
  Pictures pictures_;
};

}  // namespace fairlead::reconcilers
