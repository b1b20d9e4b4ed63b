// DroppedRetries: what the API server took out of an HTTPRoute before anybody was asked.
//
// Who calls: the rules of judge.cc. Fields that a schema does not have are dropped before admission, and the
// standard channel of Gateway API has no rules[].retry. What the user meant is known all the same where the
// object was applied by `kubectl apply` or by what works like it: such a client writes down what it sends.
// Pure.
#pragma once

#include <string>
#include <vector>

#include "crds/base/json.h"

namespace fairlead::webhooks {

// "spec.rules[0].retry": said by what was applied last, and not in the object. Sorted by rule.
std::vector<std::string> DroppedRetries(const JsonNode& route);

}  // namespace fairlead::webhooks
