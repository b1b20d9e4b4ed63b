// ObjectMeta and conditions as JSON: the other half of ParseMeta.
//
// Who calls: every ToJson. Only what ObjectMeta holds is written; empty parts are left out. Pure.
#pragma once

#include <json/value.h>

#include <optional>

#include "crds/base/json.h"
#include "crds/base/meta.h"

namespace fairlead {

// {apiVersion, kind, metadata} of an object of the kind.
Json::Value ObjectToJson(Kind kind, const ObjectMeta& meta);
Json::Value ToJson(const ObjectMeta& meta);
Json::Value ToJson(const Labels& labels);
Json::Value ToJson(const LabelSelector& selector);  // matchLabels, matchExpressions
Json::Value ToJson(const Condition& condition);
Json::Value ToJson(const std::vector<std::string>& list);

// Lenient: a condition without a type gives nullopt.
std::optional<Condition> ParseCondition(const JsonNode& node);

}  // namespace fairlead
