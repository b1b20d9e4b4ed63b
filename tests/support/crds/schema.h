// The structural schema of one of our CRDs, as tests look at it: its properties, and its defaults.
//
// Who calls: the tests that hold schema, parsers and cases against each other. Values.
#pragma once

#include <json/value.h>

#include <set>
#include <string>

#include "crds/base/key.h"

namespace fairlead::testing {

// openAPIV3Schema of the only version.
Json::Value SchemaOf(Kind kind);

// Every property below `spec`, lists and maps passed through: "spec.targetRefs.kind". Maps with free keys end
// in ".*".
std::set<std::string> PropertiesOf(Kind kind);

// The same paths of an object, as far as the schema knows them.
std::set<std::string> PropertiesIn(Kind kind, const Json::Value& object);

// What an API server makes of the object: defaults filled in, nulls dropped.
Json::Value ApplyDefaults(const Json::Value& schema, Json::Value value);

}  // namespace fairlead::testing
