// Merging, comparing and cutting objects by their schema: the arithmetic below server-side apply.
//
// Who calls: field_manager.cc. The rules are those of sigs.k8s.io/structured-merge-diff: maps are granular
// and lists atomic unless the schema says otherwise. Pure.
#pragma once

#include <string>

#include "tests/support/apiserver/field_set.h"
#include "tests/support/apiserver/schema.h"

namespace fairlead::apiserver {

struct Comparison {
  FieldSet added;
  FieldSet modified;
  FieldSet removed;
};

FieldSet FieldsOf(const Schema* schema, const Value& object);
Value MergeObjects(const Schema* schema, const Value& live, const Value& config);
Comparison CompareObjects(const Schema* schema, const Value& before, const Value& after);
Value RemoveFields(const Schema* schema, const Value& object, const FieldSet& fields);

// What keeps an applied configuration from being used: fields that the schema lacks, keys that are missing or
// given twice. "" if nothing; else ".spec.x: field not declared in schema".
std::string ApplyFault(const Schema* schema, const Value& config);

// The element that names an item of a list by its keys or its value; "" where there are none.
std::string ListElement(const Schema& list, const Value& item);

}  // namespace fairlead::apiserver
