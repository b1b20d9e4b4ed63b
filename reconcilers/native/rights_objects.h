// Rights as Kubernetes itself keeps them: admission policies in CEL, Roles and RoleBindings.
//
// Who calls: the loop that writes what tenancy lowers to, render. Pure. The policies are the same for all
// workspaces and read the Workspace as their parameter; a binding says in which namespaces which Workspace
// counts. A binding without its policy does nothing, so the policies are written first; one without its
// Workspace, or whose Workspace has no roles any more, refuses everything until it is removed, so
// RoleBindings go before it. docs/tenancy.md says what they cannot know.
//
//   for (const OwnedObject& object : LowerRights(*workspace, namespaces)) …
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crds/api/workspace.h"
#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {

// A ValidatingAdmissionPolicy for each kind with rights; needed while any workspace has roles. They are of no
// workspace: their label says "". `administrators`: groups of those who may break the glass.
std::vector<OwnedObject> RightsPolicies(const std::vector<std::string>& administrators);

// For each kind a ValidatingAdmissionPolicyBinding, for each namespace the Roles and RoleBindings of the
// workspace's roles. Nothing where it has no roles, or no namespaces.
std::vector<OwnedObject> LowerRights(const api::Workspace& workspace,
                                     const std::set<std::string>& namespaces);

}  // namespace fairlead::reconcilers
