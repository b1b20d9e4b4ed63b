// The rules for names, labels and annotations, with the texts of the real server.
//
// Who calls: the write path and selectors. Pure. A function that ends in Fault answers "" for what is right.
#pragma once

#include <string>

#include "tests/support/apiserver/failure.h"
#include "tests/support/apiserver/registry.h"

namespace fairlead::apiserver {

std::string QualifiedNameFault(const std::string& name);  // keys of labels and annotations
std::string LabelValueFault(const std::string& value);
std::string SubdomainFault(const std::string& name);  // RFC 1123
std::string LabelFault(const std::string& name);      // RFC 1123
std::string ConfigKeyFault(const std::string& key);   // keys of ConfigMaps and Secrets
std::string PathSegmentFault(const std::string& name);
std::string ObjectNameFault(const Resource& resource, const std::string& name);

// metadata of a new object, resp. of a change from `old`.
void ValidateMeta(const Resource& resource, const Value& object, FieldFaults* faults);
void ValidateMetaUpdate(const Value& object, const Value& old, FieldFaults* faults);

}  // namespace fairlead::apiserver
