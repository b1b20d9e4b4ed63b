// Membership: which Workspace a namespace belongs to.
//
// A namespace is in at most one Workspace: where several claim it, the oldest has it (then by name). A
// Namespace object need not exist: a folder of manifests rarely holds it, so names are matched all the same.
// World tells of every Workspace, of namespaces' labels, and of namespaces that it sees. A change costs what
// one workspace says of each namespace, or each workspace of one namespace. Not thread-safe.
//
//   MembershipChange change = membership.SetLabels("shop", {ns, &ns->meta.labels});
//   change.moved;   // {{"shop", "", "web"}}
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "crds/api/workspace.h"
#include "crds/object/any_object.h"

namespace fairlead::reconcilers {

// `*` stands for any characters; nothing else is special.
bool GlobMatches(std::string_view glob, std::string_view text);

struct MembershipChange {
  struct Move {
    std::string ns, from, to;  // "": no workspace
    friend bool operator==(const Move&, const Move&) = default;
  };
  std::vector<Move> moved;
  std::set<std::string> workspaces;  // whose namespaces changed, or the claims that they meet
};

class Membership {
 public:
  explicit Membership(std::string cluster) : cluster_(std::move(cluster)) {}

  MembershipChange SetWorkspace(const std::string& name, const Ptr<api::Workspace>& workspace);
  // Kept as they are; null: it has none.
  MembershipChange SetLabels(const std::string& ns, Ptr<Labels> labels);
  MembershipChange See(const std::string& ns);     // a namespace that some object is in
  MembershipChange Forget(const std::string& ns);  // neither it nor an object in it is there any more

  const std::string& WorkspaceOf(const std::string& ns) const;     // "" : none
  std::vector<std::string> ClaimsOf(const std::string& ns) const;  // all Workspaces that select it, sorted
  // The one that a namespace would be in, had it these labels.
  std::string WorkspaceWith(const std::string& ns, const Labels& labels) const;
  const std::set<std::string>& NamespacesOf(const std::string& workspace) const;
  const std::set<std::string>& Contested() const { return contested_; }  // that more than one claims
  const Labels& LabelsOf(const std::string& ns) const;
  const std::string& cluster() const { return cluster_; }

 private:
  struct Row {
    Ptr<Labels> labels;  // within the Namespace
    std::string workspace;
    std::set<std::string> claims;
  };
  bool Selects(const api::Workspace& workspace, const std::string& ns, const Labels& labels) const;
  static bool IsOlder(const api::Workspace& a, const api::Workspace& b);
  void Claim(const std::string& ns, const std::string& workspace, bool claims, Row* row,
             MembershipChange* change);
  void ClaimAll(const std::string& ns, Row* row, MembershipChange* change);
  void Decide(const std::string& ns, Row* row, MembershipChange* change);

  std::string cluster_;
  std::map<std::string, Ptr<api::Workspace>> workspaces_;
  std::map<std::string, Row> namespaces_;
  std::map<std::string, std::set<std::string>> members_;
  std::set<std::string> contested_;
};

}  // namespace fairlead::reconcilers
