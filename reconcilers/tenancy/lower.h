// LowerWorkspace: every object that Fairlead writes for a workspace, by all concerns of tenancy.
//
// Who calls: the writing loop for a workspace that changed, render and goldens for all. A concern is a row of
// the table in lower.cc: a pure function of the view and the resolved workspace. Sorted; each object carries
// the labels of Own(). What all workspaces share is that of kShared, and comes before the rest.
//
//   for (const OwnedObject& object : LowerWorkspace(world.view(), "shop")) ...
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {

inline constexpr char kShared[] = "";  // no workspace has this name

// Empty: there is no such workspace in force.
std::vector<OwnedObject> LowerWorkspace(const View& view, const std::string& workspace);
// Of kShared first, then of all workspaces by name.
std::vector<OwnedObject> LowerTenancy(const View& view);

}  // namespace fairlead::reconcilers
