// Validating, pruning and defaulting a value by its Schema, with the texts of the real server.
//
// Who calls: the write path, in the order of the real server: prune (which names the unknown fields),
// default, validate. Pure.
#pragma once

#include <string>
#include <vector>

#include "tests/support/apiserver/schema.h"

namespace fairlead::apiserver {

// Faults in `value`, which stands at `path` ("" for the root). apiVersion, kind and metadata of the root are
// left to ValidateMeta.
void ValidateValue(const Schema& schema, const Value& value, const std::string& path, FieldFaults* faults);
void ValidateRoot(const Schema& root, const Value& object, FieldFaults* faults);

// Fields removed that the schema does not know; their paths are appended to `unknown` if given.
void Prune(const Schema& schema, Value* value, const std::string& path, std::vector<std::string>* unknown);

// Absent fields that have a default are filled; null in a field that is not nullable and has one counts as
// absent.
void ApplyDefaults(const Schema& schema, Value* value);

// null in a field that is neither nullable nor has a default counts as absent.
void PruneNulls(const Schema& schema, Value* value);

// The first place where a value cannot even be read as the type of a built-in kind; "" if all can.
//   "json: cannot unmarshal string into Go struct field …"
std::string TypeMismatch(const Schema& schema, const Value& value, const std::string& kind,
                         const std::string& path);

std::string GoNumber(double d);  // as Go's %v prints a float64

}  // namespace fairlead::apiserver
