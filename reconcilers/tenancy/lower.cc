#include "reconcilers/tenancy/lower.h"

#include <algorithm>
#include <iterator>

#include "reconcilers/native/isolation_view.h"
#include "reconcilers/native/rights_objects.h"

namespace fairlead::reconcilers {
namespace {

using Concern = std::vector<OwnedObject> (*)(const View& view, const ResolvedWorkspace& workspace);

std::vector<OwnedObject> Rights(const View&, const ResolvedWorkspace& workspace) {
  return LowerRights(*workspace.workspace, workspace.namespaces);
}

std::vector<OwnedObject> IsolationAndExports(const View& view, const ResolvedWorkspace& workspace) {
  if (workspace.workspace->isolation == api::Isolation::kOff && workspace.exports.empty()) return {};
  const IsolationView facts = IsolationViewOf(view, workspace);
  std::vector<OwnedObject> out = LowerIsolation(workspace, facts).objects;
  for (OwnedObject& grant : LowerExports(workspace, facts)) out.push_back(std::move(grant));
  return out;
}

// What tenancy lowers to, one row a concern.
constexpr Concern kConcerns[] = {Rights, IsolationAndExports};

// What was written for a workspace that cannot be read stays, and so does what it needs.
bool NeedsRights(const View& view) {
  const std::vector<NamespacedName> names = view.tables.Names(Kind::kWorkspace);
  return std::any_of(names.begin(), names.end(), [&](const NamespacedName& name) {
    const auto workspace = view.tables.Get<api::Workspace>(name);
    return workspace == nullptr || !workspace->roles.empty();
  });
}

}  // namespace

std::vector<OwnedObject> LowerWorkspace(const View& view, const std::string& workspace) {
  std::vector<OwnedObject> out;
  if (workspace == kShared) return NeedsRights(view) ? RightsPolicies(view.options.break_glass_groups) : out;
  const Ptr<ResolvedWorkspace> resolved = view.tenancy.Find(workspace);
  if (resolved == nullptr) return out;
  for (const Concern& concern : kConcerns) {
    for (OwnedObject& object : concern(view, *resolved)) {
      Own(workspace, &object);
      out.push_back(std::move(object));
    }
  }
  SortOwned(&out);
  return out;
}

std::vector<OwnedObject> LowerTenancy(const View& view) {
  std::vector<OwnedObject> out = LowerWorkspace(view, kShared);
  for (const auto& [name, workspace] : view.tenancy.by_name()) {
    std::vector<OwnedObject> objects = LowerWorkspace(view, name);
    std::move(objects.begin(), objects.end(), std::back_inserter(out));
  }
  return out;
}

}  // namespace fairlead::reconcilers
