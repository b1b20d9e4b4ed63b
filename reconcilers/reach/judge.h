// JudgeForeign: what tenancy says of a change to an object of somebody else's API.
//
// Who calls: admission, on the engine's thread. Pure. Judged is what the change adds: what an object reached
// before it may keep, so that labels and unrelated fields can always be changed.
// - Of a namespace that is in a workspace, an object may name services, hosts and waypoints of another
// workspace only
//   where both sides agreed (WorkspaceSettings), and may change what callers elsewhere get for a host only
//   where it is the workspace's own.
// - A rule that would be accepted and never enforced is refused. What may come to be enforced, and what says
// itself that it
//   is not, is told.
// - Labels by which a namespace enters or leaves a workspace are for whoever may change Workspaces; the API
// server's
//   match condition has let those pass already (docs/webhooks.md).
//
//   ForeignRuling ruling = JudgeForeign(world.view(), {.before = before, .after = after});
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/reach/access.h"
#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers {

inline constexpr char kMovesNamespace[] = "moves-namespace";
inline constexpr char kReachesOut[] = "reaches-out";
inline constexpr char kSilentRule[] = "silent-rule";

struct ForeignChange {
  std::optional<Foreign> before;  // none: created
  Foreign after;
};

struct ForeignRuling {
  std::string rule;     // one of the above; empty: nothing to say
  std::string message;  // what is wrong, where, and the way out
  // What is no reason to refuse: order of creation is free, and what an author says of his policy holds.
  std::vector<AccessNote> notes;
};

ForeignRuling JudgeForeign(const View& view, const ForeignChange& change);

}  // namespace fairlead::reconcilers
