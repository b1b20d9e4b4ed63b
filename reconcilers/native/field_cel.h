// Fields of policies in CEL: how large they are, which of them a change touches, whether it moves a policy.
//
// Who calls: CelOfRights. The expressions say what FieldChanges (reconcilers/rights) says, of the variables
// `old` and `new`, the specs before and after, {} where there is none. Equal means the same: durations are
// compared as durations, sets as sets, and what may be left out is there. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/api/policy_fields.h"

namespace fairlead::reconcilers::cel {

// A map of the fields of one type that are set in variables.<spec>, by path: durations or integers.
std::string Sizes(Kind kind, const std::string& spec, api::FieldType type);
// What begins to hold with retries that leave the field out, likewise.
std::string RetryDefaults(api::FieldType type);

std::string Moved(Kind kind);    // a bool
std::string Touched(Kind kind);  // a list of paths; uses `moved` and the maps old/new Durations/Numbers

// A selector as a list of requirements: maps of key, operator and values.
std::string Requirements(const std::string& selector);

std::string Quoted(std::string_view text);
std::string Joined(const std::vector<std::string>& parts, std::string_view between);
// The text with "$0", "$1", … replaced.
std::string Fill(std::string_view form, const std::vector<std::string>& parts);

}  // namespace fairlead::reconcilers::cel
