// Our CRDs without their schemas, as if they were older than the rules: what a webhook refuses, they would
// take.
#pragma once

#include <json/json.h>

#include <string>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"

namespace fairlead::testing {

inline std::string WithoutSchema(const std::string& manifest) {
  Json::Value crd = ToJsonValue(JsonDocument::Parse(ParseYaml(manifest)->front().json, 16u << 20)->root());
  for (Json::Value& version : crd["spec"]["versions"]) {
    Json::Value& schema = version["schema"]["openAPIV3Schema"] = Json::objectValue;
    schema["type"] = "object";
    schema["x-kubernetes-preserve-unknown-fields"] = true;
    version.removeMember("additionalPrinterColumns");
  }
  return WriteJson(crd);
}

}  // namespace fairlead::testing
