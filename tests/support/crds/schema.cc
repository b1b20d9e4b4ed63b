#include "tests/support/crds/schema.h"

#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/support/crds/cases.h"

namespace fairlead::testing {
namespace {

void Collect(const Json::Value& schema, const std::string& path, std::set<std::string>* out) {
  for (const std::string& name : schema["properties"].getMemberNames()) {
    out->insert(path + "." + name);
    Collect(schema["properties"][name], path + "." + name, out);
  }
  if (schema.isMember("additionalProperties")) {
    out->insert(path + ".*");
    Collect(schema["additionalProperties"], path + ".*", out);
  }
  if (schema.isMember("items")) Collect(schema["items"], path, out);
}

void CollectIn(const Json::Value& schema, const Json::Value& value, const std::string& path,
               std::set<std::string>* out) {
  if (value.isArray()) {
    for (const Json::Value& item : value) CollectIn(schema["items"], item, path, out);
  }
  if (!value.isObject()) return;
  for (const std::string& name : value.getMemberNames()) {
    const bool known = schema["properties"].isMember(name);
    if (!known && !schema.isMember("additionalProperties")) continue;
    const std::string inner = path + (known ? "." + name : ".*");
    out->insert(inner);
    CollectIn(known ? schema["properties"][name] : schema["additionalProperties"], value[name], inner, out);
  }
}

bool IsDroppedNull(const Json::Value& schema, const Json::Value& value) {
  return value.isNull() && !schema["nullable"].asBool();
}

}  // namespace

Json::Value SchemaOf(Kind kind) {
  const auto documents = ParseYaml(CrdManifest(kind));
  if (!documents || documents->empty()) return {};
  return ParseJsonValue(documents->front().json)["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
}

std::set<std::string> PropertiesOf(Kind kind) {
  std::set<std::string> out;
  Collect(SchemaOf(kind)["properties"]["spec"], "spec", &out);
  return out;
}

std::set<std::string> PropertiesIn(Kind kind, const Json::Value& object) {
  std::set<std::string> out;
  CollectIn(SchemaOf(kind)["properties"]["spec"], object["spec"], "spec", &out);
  return out;
}

Json::Value ApplyDefaults(const Json::Value& schema, Json::Value value) {
  if (value.isArray()) {
    for (Json::Value& item : value) item = ApplyDefaults(schema["items"], item);
    return value;
  }
  if (!value.isObject()) return value;
  const Json::Value& properties = schema["properties"];
  for (const std::string& name : properties.getMemberNames()) {
    const Json::Value& property = properties[name];
    if (value.isMember(name) && IsDroppedNull(property, value[name])) value.removeMember(name);
    if (!value.isMember(name) && property.isMember("default")) value[name] = property["default"];
    if (value.isMember(name)) value[name] = ApplyDefaults(property, value[name]);
  }
  if (schema.isMember("additionalProperties")) {
    for (const std::string& name : value.getMemberNames()) {
      const Json::Value& property = schema["additionalProperties"];
      if (IsDroppedNull(property, value[name])) {
        value.removeMember(name);
      } else {
        value[name] = ApplyDefaults(property, value[name]);
      }
    }
  }
  return value;
}

}  // namespace fairlead::testing
