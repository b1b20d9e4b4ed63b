// LowerWorkspace: every object that Fairlead writes for a workspace, by all concerns of tenancy.
//
// Who calls: the writing loop for a workspace that changed, render and goldens for all. A concern is a row of
// the table in lower.cc: a pure function of the view and the resolved workspace. Sorted; each object carries
// the labels of Own().
//
//   for (const OwnedObject& object : LowerWorkspace(world.view(), "shop")) ...
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {

// Empty: there is no such workspace in force.
std::vector<OwnedObject> LowerWorkspace(const View& view, const std::string& workspace);

}  // namespace fairlead::reconcilers
