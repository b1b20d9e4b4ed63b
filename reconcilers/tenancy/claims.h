// NamespacesOfOthers: what a Workspace would claim that another one has.
//
// Who calls: the webhook, which refuses a change that newly claims such a namespace; lint's candidate. Reads
// the namespaces of the workspaces that are there, so the cost is one look at each. Pure.
#pragma once

#include <map>
#include <string>

#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers {

// Namespace -> the workspace that it belongs to. `before`: the stored version of the candidate, whose claims
// are not new and are left out; null: there is none.
std::map<std::string, std::string> NamespacesOfOthers(const View& view, const api::Workspace& candidate,
                                                      const api::Workspace* before = nullptr);

}  // namespace fairlead::reconcilers
