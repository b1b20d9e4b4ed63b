// DiffService: what a service and each of its route rules do differently, and which object says so, then and
// now; in the words of `fairleadctl explain`.
//
// Who calls: preview.h. Rules are matched by their route, and by name or place in it. Null: there is no such
// service in that state. Pure.
//
//   if (auto change = DiffService(before, after)) ...
#pragma once

#include <optional>

#include "reconcilers/preview/preview.h"

namespace fairlead::reconcilers::preview {

// nullopt: nothing that a caller would notice.
std::optional<ServiceChange> DiffService(const EffectiveService* before, const EffectiveService* after);

}  // namespace fairlead::reconcilers::preview
