// The spec of a policy as its parser reads it: what is left out and what is written with its default are the
// same.
//
// Who calls: the IntentBook, to tell whether the watch shows what was admitted; the record, to tell what
// differs. Pure.
#pragma once

#include <json/value.h>

#include <string>

#include "crds/object/any_object.h"

namespace fairlead::reconcilers {

// The policy that has this spec; Invalid where it cannot be read.
AnyObject PolicyFrom(const ObjectKey& policy, const std::string& spec);

// `spec`: JSON; empty: null. What cannot be read as a policy is returned as it is.
Json::Value CanonicalSpec(Kind kind, const std::string& spec);
// Null for what is Invalid.
Json::Value CanonicalSpec(const AnyObject& policy);

}  // namespace fairlead::reconcilers
