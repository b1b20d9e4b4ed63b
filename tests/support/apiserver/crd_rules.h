// CustomResourceDefinition: defaults, checks, and the status that the real server's controllers give it.
//
// Who calls: kind_rules.cc for each write, the lifecycle after it. Pure.
#pragma once

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

void DefaultCrd(Value* crd);
void ValidateCrd(const Value* old, const Value& crd, FieldFaults* faults);

// acceptedNames, storedVersions, and the conditions NamesAccepted and Established; a conflict of names with
// `registry` is told there.
Value CrdStatus(const Registry& registry, const Value& crd, const std::string& now);
bool IsEstablished(const Value& crd);

// Rules in CEL, which this server does not evaluate.
size_t CountCelRules(const Value& crd);

}  // namespace fairlead::apiserver
