// SameContent: whether two versions of an object differ in nothing but metadata and status.
//
// Who calls: the rules, to tell an update that changes what somebody wrote from one that does not. Members
// may stand in any order, null is absent, 1 equals 1.0. Pure.
#pragma once

#include "crds/base/json.h"

namespace fairlead::webhooks {

bool SameValue(const JsonNode& a, const JsonNode& b);
bool SameContent(const JsonNode& object, const JsonNode& old_object);

}  // namespace fairlead::webhooks
