#include "reconcilers/tenancy/claims.h"

#include <algorithm>

#include "crds/base/names.h"

namespace fairlead::reconcilers {
namespace {

bool Claims(const View& view, const api::Workspace& workspace, const std::string& ns) {
  return std::any_of(workspace.namespaces.begin(), workspace.namespaces.end(), [&](const auto& selection) {
    if (!fairlead::GlobMatches(selection.cluster, view.membership.cluster())) return false;
    const bool named = std::any_of(selection.names.begin(), selection.names.end(),
                                   [&](const std::string& glob) { return fairlead::GlobMatches(glob, ns); });
    if (!named && !selection.names.empty()) return false;
    return selection.selector ? selection.selector->Matches(view.membership.LabelsOf(ns)) : named;
  });
}

}  // namespace

std::map<std::string, std::string> NamespacesOfOthers(const View& view, const api::Workspace& candidate,
                                                      const api::Workspace* before) {
  std::map<std::string, std::string> out;
  for (const auto& [name, workspace] : view.tenancy.by_name()) {
    if (name == candidate.meta.name) continue;
    for (const std::string& ns : workspace->namespaces) {
      if (!Claims(view, candidate, ns) || (before != nullptr && Claims(view, *before, ns))) continue;
      out.emplace(ns, name);
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers
