#include "reconcilers/tenancy/tenancy.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace fairlead::reconcilers {
namespace {

using Missing = OneSided::Missing;
using Shares = std::vector<api::SharedResources>;

bool IsPattern(const std::string& name) { return name.find('*') != std::string::npos; }

bool Names(const api::SharedResources& share, const std::string& workspace) {
  return std::any_of(share.workspaces.begin(), share.workspaces.end(),
                     [&](const std::string& glob) { return GlobMatches(glob, workspace); });
}

std::vector<size_t> Naming(const Shares& shares, const std::string& workspace) {
  std::vector<size_t> out;
  for (size_t i = 0; i < shares.size(); ++i) {
    if (Names(shares[i], workspace)) out.push_back(i);
  }
  return out;
}

// No resources: all Services.
bool Selects(const api::SharedResources& share, Kind kind, const NamespacedName& name, const Labels& labels) {
  if (share.resources.empty()) return kind == Kind::kService;
  return std::any_of(share.resources.begin(), share.resources.end(), [&](const auto& selection) {
    const std::string_view wanted = selection.kind.empty() ? ToString(Kind::kService) : selection.kind;
    return wanted == ToString(kind) && (selection.name.empty() || GlobMatches(selection.name, name.name)) &&
           (selection.ns.empty() || selection.ns == name.ns) &&
           (!selection.selector || selection.selector->Matches(labels));
  });
}

Ptr<Consent> ConsentOf(const ResolvedWorkspace& owner, const ResolvedWorkspace& user) {
  if (owner.settings == nullptr || user.settings == nullptr) return nullptr;
  Consent consent{owner.name(), user.name(), owner.settings, user.settings, {}, {}};
  consent.exported = Naming(owner.settings->export_to, consent.user);
  if (consent.exported.empty()) return nullptr;
  consent.imported = Naming(user.settings->import_from, consent.owner);
  if (consent.imported.empty()) return nullptr;
  return std::make_shared<const Consent>(std::move(consent));
}

bool Same(const Ptr<Consent>& a, const Ptr<Consent>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

bool SameMap(const std::map<std::string, Ptr<Consent>>& a, const std::map<std::string, Ptr<Consent>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && Same(x.second, y.second);
  });
}

bool SamePicture(const ResolvedWorkspace& a, const ResolvedWorkspace& b) {
  return a.workspace == b.workspace && a.settings == b.settings && a.namespaces == b.namespaces &&
         a.other_settings == b.other_settings && SameMap(a.exports, b.exports) &&
         SameMap(a.imports, b.imports) && a.one_sided == b.one_sided && a.lost == b.lost &&
         a.contested == b.contested;
}

// Puts the consent at its key, or takes what is there away.
void Put(std::map<std::string, Ptr<Consent>>* map, const std::string& key, const Ptr<Consent>& consent) {
  if (consent == nullptr) {
    map->erase(key);
  } else {
    map->insert_or_assign(key, consent);
  }
}

const Ptr<Consent>& At(const std::map<std::string, Ptr<Consent>>& map, const std::string& key) {
  static const Ptr<Consent> kNone;
  const auto at = map.find(key);
  return at == map.end() ? kNone : at->second;
}

}  // namespace

bool Consent::Shares(Kind kind, const NamespacedName& name, const Labels& labels) const {
  const auto any = [&](const std::vector<api::SharedResources>& shares, const std::vector<size_t>& entries) {
    return std::any_of(entries.begin(), entries.end(),
                       [&](size_t i) { return Selects(shares[i], kind, name, labels); });
  };
  return any(owner_settings->export_to, exported) && any(user_settings->import_from, imported);
}

Ptr<ResolvedWorkspace> Tenancy::Find(const std::string& workspace) const {
  const auto at = pictures_.find(workspace);
  return at == pictures_.end() ? nullptr : at->second;
}

void Tenancy::SetWorkspace(const std::string& name, const Ptr<api::Workspace>& workspace) {
  if (workspace == nullptr) {
    workspaces_.erase(name);
  } else {
    workspaces_.insert_or_assign(name, workspace);
  }
  marked_.insert(name);
}

void Tenancy::SetSettings(const NamespacedName& name, const Ptr<api::WorkspaceSettings>& settings) {
  if (settings == nullptr) {
    settings_.erase(name);
  } else {
    settings_.insert_or_assign(name, settings);
  }
  marked_settings_.insert(name.ns);
}

void Tenancy::Touch(const std::string& workspace) { marked_.insert(workspace); }

const ResolvedWorkspace* Tenancy::Newest(const std::string& name, const Drafts& drafts) const {
  const auto draft = drafts.find(name);
  if (draft != drafts.end()) return draft->second.get();
  const auto at = pictures_.find(name);
  return at == pictures_.end() ? nullptr : at->second.get();
}

ResolvedWorkspace* Tenancy::Draft(const std::string& name, Drafts* drafts) const {
  auto& draft = (*drafts)[name];
  if (draft == nullptr) {
    const auto at = pictures_.find(name);
    draft = at == pictures_.end() ? std::make_shared<ResolvedWorkspace>()
                                  : std::make_shared<ResolvedWorkspace>(*at->second);
  }
  return draft.get();
}

void Tenancy::ReadMembership(const Membership& membership, ResolvedWorkspace* draft) const {
  const std::string& name = draft->name();
  draft->namespaces = membership.NamespacesOf(name);
  draft->lost.clear();
  draft->contested.clear();
  for (const std::string& ns : membership.Contested()) {
    const std::string& holder = membership.WorkspaceOf(ns);
    const std::vector<std::string> claims = membership.ClaimsOf(ns);
    if (!std::binary_search(claims.begin(), claims.end(), name)) continue;
    if (holder != name) {
      draft->lost[ns] = holder;
      continue;
    }
    std::set<std::string>& others = draft->contested[ns];
    others.insert(claims.begin(), claims.end());
    others.erase(name);
  }
  draft->settings = nullptr;
  draft->other_settings.clear();
  std::vector<Ptr<api::WorkspaceSettings>> found;
  for (const auto& [nn, settings] : settings_) {
    if (draft->namespaces.count(nn.ns) > 0) found.push_back(settings);
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a->meta.created < b->meta.created; });
  if (found.empty()) return;
  draft->settings = found.front();
  for (size_t i = 1; i < found.size(); ++i) draft->other_settings.push_back(found[i]->meta.nn());
}

void Tenancy::Pair(const std::string& owner, const std::string& user, Drafts* drafts) const {
  const ResolvedWorkspace* a = Newest(owner, *drafts);
  const ResolvedWorkspace* b = Newest(user, *drafts);
  const Ptr<Consent> now = a == nullptr || b == nullptr ? nullptr : ConsentOf(*a, *b);
  // Either may still hold what was agreed with a workspace that is gone.
  if (a != nullptr && !Same(At(a->exports, user), now)) Put(&Draft(owner, drafts)->exports, user, now);
  if (b != nullptr && !Same(At(b->imports, owner), now)) Put(&Draft(user, drafts)->imports, owner, now);
}

std::vector<OneSided> Tenancy::OneSidedOf(const ResolvedWorkspace& of, const Drafts& drafts) const {
  std::vector<OneSided> out;
  if (of.settings == nullptr) return out;
  const auto look = [&](bool import, const Shares& shares, const auto& agreed) {
    for (size_t i = 0; i < shares.size(); ++i) {
      for (size_t j = 0; j < shares[i].workspaces.size(); ++j) {
        const std::string& other = shares[i].workspaces[j];
        if (other == of.name()) continue;
        const std::string field = std::string(import ? "spec.importFrom[" : "spec.exportTo[") +
                                  std::to_string(i) + "].workspaces[" + std::to_string(j) + "]";
        if (IsPattern(other)) {
          const bool met = std::any_of(agreed.begin(), agreed.end(),
                                       [&](const auto& entry) { return GlobMatches(other, entry.first); });
          const bool any = std::any_of(workspaces_.begin(), workspaces_.end(), [&](const auto& entry) {
            return entry.first != of.name() && GlobMatches(other, entry.first);
          });
          if (!met) out.push_back({import, field, other, any ? Missing::kAnswer : Missing::kWorkspace});
          continue;
        }
        if (agreed.count(other) > 0) continue;
        const ResolvedWorkspace* found = Newest(other, drafts);
        const Missing missing = found == nullptr             ? Missing::kWorkspace
                                : found->settings == nullptr ? Missing::kSettings
                                                             : Missing::kAnswer;
        out.push_back({import, field, other, missing});
      }
    }
  };
  look(true, of.settings->import_from, of.imports);
  look(false, of.settings->export_to, of.exports);
  return out;
}

std::set<std::string> Tenancy::Resolve(const Membership& membership) {
  for (const std::string& ns : std::exchange(marked_settings_, {})) {
    const std::string& name = membership.WorkspaceOf(ns);
    if (!name.empty()) marked_.insert(name);
  }
  std::set<std::string> out;
  const std::set<std::string> marked = std::exchange(marked_, {});
  if (marked.empty()) return out;

  Drafts drafts;
  std::set<std::string> gone, paired, moved;
  for (const std::string& name : marked) {
    const auto workspace = workspaces_.find(name);
    const Ptr<ResolvedWorkspace> before = Find(name);
    if (workspace == workspaces_.end()) {
      if (before == nullptr) continue;
      gone.insert(name);
      paired.insert(name);
      pictures_.erase(name);
      continue;
    }
    ResolvedWorkspace* draft = Draft(name, &drafts);
    draft->workspace = workspace->second;
    ReadMembership(membership, draft);
    if (before == nullptr || before->settings != draft->settings) paired.insert(name);
    if (before == nullptr || before->namespaces != draft->namespaces) moved.insert(name);
  }
  // Whom a workspace agrees with follows from names and settings alone.
  std::set<std::string> names;
  if (!paired.empty()) {
    for (const auto& [name, workspace] : workspaces_) names.insert(name);
  }
  for (const std::string& name : paired) {
    for (const std::string& other : names) {
      if (other == name) continue;
      Pair(name, other, &drafts);
      Pair(other, name, &drafts);
    }
  }
  for (const std::string& name : names) {
    const ResolvedWorkspace* picture = Newest(name, drafts);
    std::vector<OneSided> now = OneSidedOf(*picture, drafts);
    if (now != picture->one_sided) Draft(name, &drafts)->one_sided = std::move(now);
  }

  out = gone;
  for (const auto& [name, draft] : drafts) {
    const Ptr<ResolvedWorkspace> before = Find(name);
    if (before != nullptr && SamePicture(*before, *draft)) continue;
    out.insert(name);
    pictures_.insert_or_assign(name, draft);
  }
  for (const std::string& name : moved) {
    const Ptr<ResolvedWorkspace> picture = Find(name);
    for (const auto& [user, consent] : picture->exports) out.insert(user);
    for (const auto& [owner, consent] : picture->imports) out.insert(owner);
  }
  return out;
}

}  // namespace fairlead::reconcilers
