// Tables: what "kubectl get" prints.
//
// Who calls: the codec. Pure.
#pragma once

#include "crds/base/meta.h"
#include "tests/support/apiserver/registry.h"

namespace fairlead::apiserver {

Value MakeTable(const Resource& resource, const std::string& version, bool include_object,
                const std::vector<Value>& objects, Timestamp now, bool with_columns);

// The JSONPaths that printer columns use: names, [i], [*], ['a.b'] and [?(@.type=="Ready")].
std::vector<Value> EvaluatePath(const Value& object, const std::string& json_path);

std::string HumanDuration(int64_t seconds);  // "5m32s", "3d", as kubectl shows ages

}  // namespace fairlead::apiserver
