// FieldChanges: which fields of a policy a change touches, in the words that a Workspace's roles use.
//
// Who calls: rights, the ledger, fairleadctl can-i. Pure. A field that is left out and one that is written
// with its default are the same. Where a change moves the policy to other targets, another scope or another
// mode, every field that it sets is touched: it begins or ends to hold there.
//
//   FieldChanges(Kind::kRetryTimeoutPolicy, ToJson(before), ToJson(after))  // {"spec.retries.attempts", 2,
//   3}
#pragma once

#include <json/value.h>

#include <string>
#include <string_view>
#include <vector>

#include "crds/api/policy_fields.h"

namespace fairlead::reconcilers {

struct FieldChange {
  std::string path;  // the deepest that PolicyFields() has: "spec.retries.attempts"
  api::FieldType type = api::FieldType::kOther;
  Json::Value before, after;  // null: not set
};

// `before` and `after`: canonical objects; null: there is none. Sorted by the order of PolicyFields().
// Targets, scope and mode are no fields of their own here.
std::vector<FieldChange> FieldChanges(Kind kind, const Json::Value& before, const Json::Value& after);

// True where both are there and apply to the same targets in the same scope and mode.
bool SamePlacement(const Json::Value& before, const Json::Value& after);

// The value at a path such as "spec.retries.attempts"; null: not set.
const Json::Value& ValueAt(const Json::Value& object, std::string_view path);

}  // namespace fairlead::reconcilers
