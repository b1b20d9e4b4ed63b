// What the real server knows of single built-in kinds beyond their schema: defaults, checks, what a create
// resets.
//
// Who calls: the writer. Only what Fairlead, its demo and its tests rest on. Pure but for the addresses given
// out to Services (hold Core::mutex).
#pragma once

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

// Before a create is stored. `old` is null for a create.
void DefaultKind(Core& core, const Resource& resource, const Value* old, Value* object);
void ValidateKind(const Resource& resource, const Value* old, const Value& object, FieldFaults* faults);
// Fields that a client may not set when it creates an object.
void ResetForCreate(const Resource& resource, Value* object);

}  // namespace fairlead::apiserver
