// Writing JSON and YAML: canonical (members sorted by name), the same value gives the same bytes.
//
// Who calls: everything that prints or sends an object. YAML is printed as kubectl prints it: two spaces,
// list items not indented under their key, strings quoted only where YAML 1.1 would take them for something
// else, several lines as a block. ParseYaml reads back the same value. Pure.
//
//   std::cout << WriteYaml(api::ToJson(policy));
#pragma once

#include <json/value.h>

#include <string>
#include <string_view>
#include <vector>

#include "crds/base/json.h"

namespace fairlead {

std::string WriteJson(const Json::Value& value);                   // minified
std::string WritePrettyJson(const Json::Value& value);             // two spaces, ends with a newline
std::string WriteYaml(const Json::Value& value);                   // ends with a newline
std::string WriteYaml(const std::vector<Json::Value>& documents);  // separated by "---"

// A parsed node as a dynamic value.
Json::Value ToJsonValue(const JsonNode& node);

}  // namespace fairlead
