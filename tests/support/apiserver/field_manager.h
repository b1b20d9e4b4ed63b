// metadata.managedFields: who set which field, kept up to date by every write; and server-side apply.
//
// Who calls: the writer, with objects of one version of one resource. Pure.
//
//   TrackUpdate(write, live, &object);                  // POST, PUT, JSON and merge patches
//   Outcome<Value> merged = ApplyConfig(write, live, config, force);
#pragma once

#include <string>

#include "tests/support/apiserver/failure.h"
#include "tests/support/apiserver/field_set.h"
#include "tests/support/apiserver/schema.h"

namespace fairlead::apiserver {

struct FieldWrite {
  const Schema* schema = nullptr;
  std::string api_version;
  std::string manager;
  std::string subresource;
  std::string now;
  FieldSet reset;  // fields that this endpoint takes from the stored object whatever the client sent
};

// `live` is null for a create.
void TrackUpdate(const FieldWrite& write, const Value* live, Value* object);

// What the sender got wrong in a configuration, whatever the live object is.
Outcome<void> CheckConfig(const FieldWrite& write, const Value& config);

// The live object (an empty one for a create) with the configuration applied, managedFields included.
Outcome<Value> ApplyConfig(const FieldWrite& write, const Value& live, const Value& config, bool force);

// The same object but for times in managedFields.
bool SameButForTimes(const Value& a, const Value& b);

}  // namespace fairlead::apiserver
