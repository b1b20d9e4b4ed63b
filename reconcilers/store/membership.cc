#include "reconcilers/store/membership.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace fairlead::reconcilers {
namespace {

const std::string kNoWorkspace;

const Labels& OrNone(const Ptr<Labels>& labels) {
  static const Labels kNone;
  return labels == nullptr ? kNone : *labels;
}

bool Selects(const api::NamespaceSelection& selection, const std::string& cluster, const std::string& ns,
             const Labels& labels) {
  if (!GlobMatches(selection.cluster, cluster)) return false;
  const bool named = std::any_of(selection.names.begin(), selection.names.end(),
                                 [&](const std::string& glob) { return GlobMatches(glob, ns); });
  if (!named && !selection.names.empty()) return false;
  return selection.selector ? selection.selector->Matches(labels) : named;
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

bool Membership::Selects(const api::Workspace& workspace, const std::string& ns, const Labels& labels) const {
  return std::any_of(workspace.namespaces.begin(), workspace.namespaces.end(),
                     [&](const auto& s) { return reconcilers::Selects(s, cluster_, ns, labels); });
}

bool Membership::IsOlder(const api::Workspace& a, const api::Workspace& b) {
  return std::tie(a.meta.created, a.meta.name) < std::tie(b.meta.created, b.meta.name);
}

std::vector<std::string> Membership::ClaimsOf(const std::string& ns) const {
  const auto at = namespaces_.find(ns);
  if (at == namespaces_.end()) return {};
  return {at->second.claims.begin(), at->second.claims.end()};
}

void Membership::Decide(const std::string& ns, Row* row, MembershipChange* change) {
  const api::Workspace* best = nullptr;
  for (const std::string& name : row->claims) {
    const api::Workspace* workspace = workspaces_.at(name).get();
    if (best == nullptr || IsOlder(*workspace, *best)) best = workspace;
  }
  if (row->claims.size() > 1) {
    contested_.insert(ns);
  } else {
    contested_.erase(ns);
  }
  const std::string& now = best == nullptr ? kNoWorkspace : best->meta.name;
  if (now == row->workspace) return;
  if (!row->workspace.empty()) {
    const auto members = members_.find(row->workspace);
    members->second.erase(ns);
    if (members->second.empty()) members_.erase(members);
    change->workspaces.insert(row->workspace);
  }
  if (!now.empty()) {
    members_[now].insert(ns);
    change->workspaces.insert(now);
  }
  change->moved.push_back({ns, row->workspace, now});
  row->workspace = now;
}

// All claims of a contested namespace are told: each status names the others.
void Membership::Claim(const std::string& ns, const std::string& workspace, bool claims, Row* row,
                       MembershipChange* change) {
  const bool claimed = row->claims.count(workspace) > 0;
  if (!claims && !claimed) return;
  if (claims != claimed || row->claims.size() > 1)
    change->workspaces.insert(row->claims.begin(), row->claims.end());
  if (claims) {
    row->claims.insert(workspace);
    change->workspaces.insert(workspace);
  } else {
    row->claims.erase(workspace);
  }
  Decide(ns, row, change);
}

MembershipChange Membership::SetWorkspace(const std::string& name, const Ptr<api::Workspace>& workspace) {
  MembershipChange change;
  if (workspace != nullptr) workspaces_.insert_or_assign(name, workspace);
  for (auto& [ns, row] : namespaces_) {
    Claim(ns, name, workspace != nullptr && Selects(*workspace, ns, OrNone(row.labels)), &row, &change);
  }
  if (workspace == nullptr) workspaces_.erase(name);
  return change;
}

void Membership::ClaimAll(const std::string& ns, Row* row, MembershipChange* change) {
  for (const auto& [name, workspace] : workspaces_) {
    const bool claims = Selects(*workspace, ns, OrNone(row->labels));
    if (claims != (row->claims.count(name) > 0)) Claim(ns, name, claims, row, change);
  }
}

MembershipChange Membership::SetLabels(const std::string& ns, Ptr<Labels> labels) {
  MembershipChange change;
  auto [at, inserted] = namespaces_.try_emplace(ns);
  const Ptr<Labels> before = std::exchange(at->second.labels, std::move(labels));
  if (!inserted && OrNone(before) == OrNone(at->second.labels)) return change;
  ClaimAll(ns, &at->second, &change);
  return change;
}

MembershipChange Membership::See(const std::string& ns) {
  MembershipChange change;
  auto [at, inserted] = namespaces_.try_emplace(ns);
  if (inserted) ClaimAll(ns, &at->second, &change);
  return change;
}

MembershipChange Membership::Forget(const std::string& ns) {
  MembershipChange change;
  const auto at = namespaces_.find(ns);
  if (at == namespaces_.end()) return change;
  for (const std::string& name : ClaimsOf(ns)) Claim(ns, name, false, &at->second, &change);
  namespaces_.erase(at);
  return change;
}

const std::string& Membership::WorkspaceOf(const std::string& ns) const {
  auto at = namespaces_.find(ns);
  return at == namespaces_.end() ? kNoWorkspace : at->second.workspace;
}

std::string Membership::WorkspaceWith(const std::string& ns, const Labels& labels) const {
  const api::Workspace* best = nullptr;
  for (const auto& [name, workspace] : workspaces_) {
    const bool better = best == nullptr || IsOlder(*workspace, *best);
    if (better && Selects(*workspace, ns, labels)) best = workspace.get();
  }
  return best == nullptr ? "" : best->meta.name;
}

const std::set<std::string>& Membership::NamespacesOf(const std::string& workspace) const {
  static const std::set<std::string> kNone;
  auto at = members_.find(workspace);
  return at == members_.end() ? kNone : at->second;
}

const Labels& Membership::LabelsOf(const std::string& ns) const {
  auto at = namespaces_.find(ns);
  return OrNone(at == namespaces_.end() ? nullptr : at->second.labels);
}

}  // namespace fairlead::reconcilers
