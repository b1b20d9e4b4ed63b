// IsolationViewOf: what isolation depends on, out of the cluster as World has it.
//
// Who calls: the table of concerns (reconcilers/tenancy/lower.cc). Pure. Waypoints run as the service account
// of their Gateway's name, as istiod's and ours do. One whose listeners may admit other namespaces than its
// own counts as shared.
//
//   LowerIsolation(workspace, IsolationViewOf(view, workspace)).objects
#pragma once

#include "reconcilers/lower/view.h"
#include "reconcilers/native/isolation.h"

namespace fairlead::reconcilers {

IsolationView IsolationViewOf(const View& view, const ResolvedWorkspace& workspace);

}  // namespace fairlead::reconcilers
