// What of an AuthorizationPolicy nobody enforces, though it is accepted.
//
// Who calls: judge.h, of a change; lint, of a policy as it is. Three things: rules that ztunnel leaves out,
// targets that no waypoint serves, and what the policy says itself (a dry run, a DENY without rules). Pure.
//
//   for (const AccessNote& note : NotesOn(view, policy, nullptr)) warn(note.field, note.message, note.fix);
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lint.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers {

struct AccessNote {
  LintCode code = LintCode::kNotEnforced;
  std::string field, message, fix;
};

// Of both: `before` null: there is none; what it had already is left out.
// What ztunnel leaves out; nothing where sidecars are, which see requests.
std::vector<SilentRule> SilentRules(const View& view, const Foreign& policy, const Foreign* before);
// What depends on other objects, and what the policy says itself. Targets are told each time.
std::vector<AccessNote> NotesOn(const View& view, const Foreign& policy, const Foreign* before);

// All of it, of the policy as it is.
std::vector<AccessNote> LintAccess(const View& view, const Foreign& policy);

}  // namespace fairlead::reconcilers
