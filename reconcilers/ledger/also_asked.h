// AlsoAskedPatch: what is added to a record that another replica wrote of a change that was admitted here,
// too.
//
// Who calls: the operator's ledger, where a record is there already. Two users may ask two replicas for the
// very same change at the same moment; one of them made it, and nothing that can be seen tells which. The
// spec of a record is never changed, so the others' names are in an annotation, as a list in JSON. Pure.
#pragma once

#include <json/value.h>

#include <optional>

#include "crds/api/policy_change.h"
#include "reconcilers/ledger/intent.h"

namespace fairlead::reconcilers {

// A merge patch; nullopt: the record tells of everybody already, or has no room.
std::optional<Json::Value> AlsoAskedPatch(const api::PolicyChange& record, const KnownChange& here);

}  // namespace fairlead::reconcilers
