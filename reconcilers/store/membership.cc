#include "reconcilers/store/membership.h"

#include <algorithm>
#include <tuple>

namespace fairlead::reconcilers {
namespace {

const std::string kNoWorkspace;

bool Selects(const api::NamespaceSelection& selection, const std::string& cluster, const std::string& ns,
             const Labels& labels) {
  if (!GlobMatches(selection.cluster, cluster)) return false;
  const bool named = std::any_of(selection.names.begin(), selection.names.end(),
                                 [&](const std::string& glob) { return GlobMatches(glob, ns); });
  if (named) return true;
  return selection.selector && selection.selector->Matches(labels);
}

}  // namespace

bool GlobMatches(std::string_view glob, std::string_view text) {
  size_t g = 0, t = 0, star = std::string_view::npos, mark = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      mark = t;
    } else if (g < glob.size() && glob[g] == text[t]) {
      ++g, ++t;
    } else if (star != std::string_view::npos) {
      g = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

std::vector<std::string> Membership::ClaimsOf(const std::string& ns) const {
  std::vector<std::string> names;
  const Labels& labels = LabelsOf(ns);
  for (const auto& [name, workspace] : workspaces_) {
    const bool selected = std::any_of(workspace->namespaces.begin(), workspace->namespaces.end(),
                                      [&](const auto& s) { return Selects(s, cluster_, ns, labels); });
    if (selected) names.push_back(name);
  }
  return names;
}

bool Membership::Refresh(const std::string& ns, Row* row) {
  const api::Workspace* best = nullptr;
  for (const std::string& name : ClaimsOf(ns)) {
    const api::Workspace* workspace = workspaces_.at(name).get();
    if (best == nullptr || std::tie(workspace->meta.created, workspace->meta.name) <
                               std::tie(best->meta.created, best->meta.name)) {
      best = workspace;
    }
  }
  const std::string& now = best == nullptr ? kNoWorkspace : best->meta.name;
  if (now == row->workspace) return false;
  if (!row->workspace.empty()) members_[row->workspace].erase(ns);
  if (!now.empty()) members_[now].insert(ns);
  row->workspace = now;
  return true;
}

std::vector<std::string> Membership::SetWorkspace(const std::string& name,
                                                  const Ptr<api::Workspace>& workspace) {
  if (workspace == nullptr) {
    workspaces_.erase(name);
  } else {
    workspaces_.insert_or_assign(name, workspace);
  }
  std::vector<std::string> changed;
  for (auto& [ns, row] : namespaces_) {
    if (Refresh(ns, &row)) changed.push_back(ns);
  }
  return changed;
}

std::vector<std::string> Membership::SetLabels(const std::string& ns, const Labels& labels) {
  Row& row = namespaces_[ns];
  row.labels = labels;
  return Refresh(ns, &row) ? std::vector<std::string>{ns} : std::vector<std::string>{};
}

std::vector<std::string> Membership::See(const std::string& ns) {
  auto [at, inserted] = namespaces_.try_emplace(ns);
  if (!inserted || workspaces_.empty()) return {};
  return Refresh(ns, &at->second) ? std::vector<std::string>{ns} : std::vector<std::string>{};
}

const std::string& Membership::WorkspaceOf(const std::string& ns) const {
  auto at = namespaces_.find(ns);
  return at == namespaces_.end() ? kNoWorkspace : at->second.workspace;
}

const std::set<std::string>& Membership::NamespacesOf(const std::string& workspace) const {
  static const std::set<std::string> kNone;
  auto at = members_.find(workspace);
  return at == members_.end() ? kNone : at->second;
}

const Labels& Membership::LabelsOf(const std::string& ns) const {
  static const Labels kNone;
  auto at = namespaces_.find(ns);
  return at == namespaces_.end() ? kNone : at->second.labels;
}

}  // namespace fairlead::reconcilers
