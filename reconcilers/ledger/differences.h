// Differences: which fields of a spec differ, from what to what.
//
// Who calls: the record of a change, fairleadctl revert. Pure; sorted by path. Objects are compared member by
// member, lists whose items all have names of their own item by item, other lists as a whole. Values are
// words, or JSON in one line, and are cut where they are long.
//
//   Differences(before, after)  // {"spec.retries.attempts", "2", "3"}
#pragma once

#include <json/value.h>

#include <string>
#include <vector>

#include "crds/api/policy_change.h"

namespace fairlead::reconcilers {

// Of specs; null: there is none.
std::vector<api::PolicyChange::Field> Differences(const Json::Value& before, const Json::Value& after);

// "retries.attempts 2 -> 3, timeouts.request = 5s, and 2 more"; at most 256 characters.
std::string Summary(const std::vector<api::PolicyChange::Field>& changes);

}  // namespace fairlead::reconcilers
