// JSON patch (RFC 6902), merge patch (RFC 7386) and strategic merge patch.
//
// Who calls: the writer. Pure. A Failure has the code and the text of the real server.
#pragma once

#include "tests/support/apiserver/failure.h"
#include "tests/support/apiserver/schema.h"

namespace fairlead::apiserver {

Outcome<Value> ApplyJsonPatch(const Value& object, const Value& patch);
Value ApplyMergePatch(const Value& object, const Value& patch);
Outcome<Value> ApplyStrategicPatch(const Schema* schema, const Value& object, const Value& patch);

}  // namespace fairlead::apiserver
