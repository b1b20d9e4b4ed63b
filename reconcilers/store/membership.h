// Membership: which Workspace a namespace belongs to.
//
// A namespace is in at most one Workspace: where several claim it, the oldest has it (then by name). A
// Namespace object need not exist: a folder of manifests rarely holds it, so names are matched all the same.
// World tells of every Workspace, of namespaces' labels, and of namespaces that it sees. Not thread-safe.
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

class Membership {
 public:
  explicit Membership(std::string cluster) : cluster_(std::move(cluster)) {}

  // Each returns the namespaces whose workspace has changed.
  std::vector<std::string> SetWorkspace(const std::string& name, const Ptr<api::Workspace>& workspace);
  std::vector<std::string> SetLabels(const std::string& ns, const Labels& labels);
  std::vector<std::string> See(const std::string& ns);  // a namespace that some object is in

  const std::string& WorkspaceOf(const std::string& ns) const;     // "" : none
  std::vector<std::string> ClaimsOf(const std::string& ns) const;  // all Workspaces that select it
  const std::set<std::string>& NamespacesOf(const std::string& workspace) const;
  const Labels& LabelsOf(const std::string& ns) const;

 private:
  struct Row {
    Labels labels;
    std::string workspace;
  };
  bool Refresh(const std::string& ns, Row* row);

  std::string cluster_;
  std::map<std::string, Ptr<api::Workspace>> workspaces_;
  std::map<std::string, Row> namespaces_;
  std::map<std::string, std::set<std::string>> members_;
};

}  // namespace fairlead::reconcilers
