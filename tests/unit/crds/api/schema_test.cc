// Holds schemas, parsers and the table of policy fields against each other.
#include "tests/support/crds/schema.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>

#include "crds/api/policy_fields.h"
#include "crds/base/json_write.h"
#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "tests/support/crds/cases.h"

namespace fairlead::testing {
namespace {

constexpr Kind kKinds[] = {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspace,
                           Kind::kWorkspaceSettings, Kind::kDataPlane};
constexpr char kProbe[] = "zzzzzzzzzzzz";

struct Level {
  std::string path;  // of the object
  Json::Value object;
  std::set<std::string> properties;
};

// Every object level of the schema below spec, each with an object that has an unknown field just there.
void Levels(const Json::Value& schema, std::vector<std::string> keys, std::vector<Level>* out) {
  const auto build = [&](const Json::Value& leaf) {
    Json::Value value = leaf;
    for (auto key = keys.rbegin(); key != keys.rend(); ++key) {
      Json::Value outer;
      if (*key == "0") {
        outer.append(value);
      } else {
        outer[*key] = value;
      }
      value = outer;
    }
    return value;
  };
  if (!schema["properties"].empty()) {
    Level level;
    for (const std::string& key : keys) level.path += (level.path.empty() ? "" : ".") + key;
    Json::Value leaf;
    leaf[kProbe] = 1;
    level.object = build(leaf);
    for (const std::string& name : schema["properties"].getMemberNames()) level.properties.insert(name);
    out->push_back(std::move(level));
  }
  const auto descend = [&](const std::string& key, const Json::Value& inner) {
    std::vector<std::string> deeper = keys;
    deeper.push_back(key);
    Levels(inner, std::move(deeper), out);
  };
  for (const std::string& name : schema["properties"].getMemberNames()) {
    descend(name, schema["properties"][name]);
  }
  // The only map of objects has the paths of fields as keys.
  if (schema.isMember("additionalProperties"))
    descend("spec.retries.attempts", schema["additionalProperties"]);
  if (schema.isMember("items")) descend("0", schema["items"]);
}

std::set<std::string> KnownTo(const std::vector<FieldError>& errors, const std::string& path) {
  std::set<std::string> out;
  const std::string lead = "unknown field; known are ";
  for (const FieldError& error : errors) {
    if (NormalPath(error.path) != path + "." + kProbe || !error.message.starts_with(lead)) continue;
    for (size_t at = lead.size(); at < error.message.size();) {
      const size_t end = std::min(error.message.find(", ", at), error.message.size());
      out.insert(error.message.substr(at, end - at));
      at = end + 2;
    }
  }
  return out;
}

TEST(SchemaTest, ParserAndSchemaKnowTheSameFields) {
  for (Kind kind : kKinds) {
    std::vector<Level> levels;
    const Json::Value schema = SchemaOf(kind);
    Levels(schema["properties"]["spec"], {"spec"}, &levels);
    EXPECT_FALSE(levels.empty());
    for (Level& level : levels) {
      level.object["metadata"]["name"] = "x";
      const ParseOutcome outcome = ParseAndPrint(kind, WriteJson(level.object));
      std::set<std::string> properties = level.properties;
      properties.erase("true");  // the alias of on, which messages do not offer
      EXPECT_EQ(KnownTo(outcome.errors, level.path), properties)
          << ToString(kind) << " " << level.path << "\n"
          << Join(outcome.errors, 64);
    }
  }
}

void EveryNode(const Json::Value& schema, const std::string& path,
               const std::function<void(const Json::Value&, const std::string&)>& visit) {
  visit(schema, path);
  for (const std::string& name : schema["properties"].getMemberNames()) {
    EveryNode(schema["properties"][name], path + "." + name, visit);
  }
  if (schema.isMember("additionalProperties")) EveryNode(schema["additionalProperties"], path + ".*", visit);
  if (schema.isMember("items")) EveryNode(schema["items"], path + "[]", visit);
}

TEST(SchemaTest, DescribesAndBoundsEverything) {
  for (Kind kind : kKinds) {
    const Json::Value schema = SchemaOf(kind);
    for (const std::string& name : {std::string("spec"), std::string("status")}) {
      EveryNode(schema["properties"][name], name, [&](const Json::Value& node, const std::string& path) {
        const std::string where = std::string(ToString(kind)) + " " + path;
        const bool item = path.ends_with("]") || path.ends_with("*");
        EXPECT_TRUE(item || !node["description"].asString().empty()) << where;
        if (node["type"] == "array") {
          EXPECT_TRUE(node.isMember("maxItems")) << where;
          EXPECT_TRUE(node.isMember("x-kubernetes-list-type")) << where;
        }
        if (node["type"] == "string") {
          EXPECT_TRUE(node.isMember("maxLength") || node.isMember("enum") || node.isMember("format") ||
                      path.ends_with("methods[]"))
              << where;
        }
        EXPECT_TRUE(node["type"] != "integer" || node.isMember("minimum")) << where;
        EXPECT_TRUE(!node.isMember("additionalProperties") || node.isMember("maxProperties")) << where;
        for (const Json::Value& rule : node["x-kubernetes-validations"]) {
          EXPECT_FALSE(rule["message"].asString().empty()) << where;
        }
      });
    }
  }
}

TEST(SchemaTest, HasWhatKubectlShows) {
  const std::map<Kind, std::pair<std::string, bool>> expected = {{Kind::kRetryTimeoutPolicy, {"rtp", true}},
                                                                 {Kind::kFailoverPolicy, {"fop", true}},
                                                                 {Kind::kWorkspace, {"ws", false}},
                                                                 {Kind::kWorkspaceSettings, {"wss", true}},
                                                                 {Kind::kDataPlane, {"dp", false}}};
  EXPECT_EQ(CrdManifests().size(), expected.size() + 1);  // and PolicyChange
  for (const auto& [kind, names] : expected) {
    const auto documents = ParseYaml(CrdManifest(kind));
    ASSERT_TRUE(documents) << documents.error().message;
    const Json::Value crd = ParseJsonValue(documents->front().json);
    const KindInfo& info = InfoOf(kind);
    EXPECT_EQ(crd["metadata"]["name"].asString(), std::string(info.plural) + ".fairlead.dev");
    const Json::Value& spec = crd["spec"];
    EXPECT_EQ(spec["group"].asString(), info.group);
    EXPECT_EQ(spec["names"]["kind"].asString(), info.name);
    EXPECT_EQ(spec["names"]["plural"].asString(), info.plural);
    EXPECT_EQ(spec["names"]["shortNames"][0].asString(), names.first);
    EXPECT_EQ(spec["names"]["categories"][0].asString(), "mesh");
    EXPECT_EQ(spec["scope"].asString(), names.second ? "Namespaced" : "Cluster");
    EXPECT_EQ(info.namespaced, names.second);
    ASSERT_EQ(spec["versions"].size(), 1u);
    EXPECT_EQ(spec["versions"][0]["name"].asString(), info.version);
    EXPECT_TRUE(spec["versions"][0]["subresources"].isMember("status"));
    EXPECT_GE(spec["versions"][0]["additionalPrinterColumns"].size(), 4u);
  }
  EXPECT_EQ(CrdManifest(Kind::kPod), "");
}

TEST(SchemaTest, PolicyFieldsAreThoseOfTheSchemas) {
  std::map<Kind, std::set<std::string>> table;
  for (const api::PolicyField& field : api::PolicyFields()) {
    table[field.kind].insert(std::string(field.path));
    EXPECT_EQ(api::FindPolicyField(field.kind, field.path), &field);
  }
  for (const auto& [kind, fields] : table) {
    std::set<std::string> properties;
    EveryNode(SchemaOf(kind)["properties"]["spec"], "spec",
              [&](const Json::Value& node, const std::string& path) {
                if (path == "spec" || path.find_first_of("[*") != path.npos || path.ends_with(".true"))
                  return;
                properties.insert(path);
                const api::PolicyField* field = api::FindPolicyField(kind, path);
                ASSERT_NE(field, nullptr) << path;
                const bool duration = node["pattern"].asString().find("(h|m|s|ms)") != std::string::npos;
                EXPECT_EQ(field->type == api::FieldType::kInteger, node["type"] == "integer") << path;
                EXPECT_EQ(field->type == api::FieldType::kDuration, duration) << path;
              });
    EXPECT_EQ(fields, properties) << ToString(kind);
  }
}

}  // namespace
}  // namespace fairlead::testing
