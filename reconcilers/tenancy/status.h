// Statuses of Workspace and WorkspaceSettings: which namespaces a workspace has, who stands in its way, and
// which side of an import or export is missing.
//
// Who calls: World, for the status writer, render and goldens. Messages name both sides and what to do, are
// bounded, and are the same for the same state. Pure.
#pragma once

#include "crds/api/tenancy_status.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/report.h"

namespace fairlead::reconcilers {

struct WorkspaceStatusInput {
  const View& view;
  const ResolvedWorkspace* workspace = nullptr;  // in force; null: none that could be read
  const Invalid* invalid = nullptr;              // the newest version cannot be read
  bool written = false;                          // its objects are written, and so reported
  const TenancyReport* report = nullptr;         // null: not yet
};
api::WorkspaceStatus StatusFrom(const WorkspaceStatusInput& input);

// `invalid`: the newest version cannot be read; null: it can.
api::WorkspaceSettingsStatus SettingsStatus(const View& view, const NamespacedName& name,
                                            const Invalid* invalid);

// "namespace shop-web is of the older Workspace early", ...: what a claim of the workspace does not get.
std::string ConflictsInWords(const std::map<std::string, std::string>& lost);

// In words, with what to do: "Workspace pay does not export to shop: …".
std::string InWords(const OneSided& one_sided, const std::string& workspace);

}  // namespace fairlead::reconcilers
