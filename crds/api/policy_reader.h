// The parts of reading and writing that RetryTimeoutPolicy and FailoverPolicy share, and Workspace in part.
//
// Who calls: crds/api/*.cc only. Pure.
#pragma once

#include <json/value.h>

#include <vector>

#include "crds/api/object_frame.h"
#include "crds/api/policy_common.h"
#include "crds/base/names.h"

namespace fairlead::api {

inline constexpr size_t kMaxTargetRefs = 16;
inline constexpr size_t kMaxConditions = 8;

// A region, zone, subzone or cluster.
inline constexpr StringRule kPlaceRule = {.max = 63, .check = CheckLocalityName};

// targetRefs, targetSelectors, scope and mode of a spec; `kinds` may be targets.
PolicyTargets ReadTargets(ObjectReader& spec, const std::vector<Kind>& kinds);
void WriteTargets(const PolicyTargets& targets, Json::Value* spec);

std::optional<Scope> ReadScope(JsonNode node, Field at);

}  // namespace fairlead::api
