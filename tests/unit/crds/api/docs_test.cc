// docs/api.md: it names every field of every kind, and its examples are good.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include "crds/base/yaml.h"
#include "crds/object/any_object.h"
#include "crds/schema/manifests.h"
#include "tests/support/crds/cases.h"
#include "tests/support/crds/schema.h"

namespace fairlead::testing {
namespace {

constexpr Kind kKinds[] = {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspace,
                           Kind::kWorkspaceSettings, Kind::kDataPlane};

std::string Reference() {
  std::stringstream text;
  text << std::ifstream(std::filesystem::path(FAIRLEAD_SOURCE_DIR) / "docs/api.md").rdbuf();
  return text.str();
}

void Properties(const Json::Value& schema, const std::string& path, std::set<std::string>* out) {
  for (const std::string& name : schema["properties"].getMemberNames()) {
    out->insert(path + "." + name);
    Properties(schema["properties"][name], path + "." + name, out);
  }
  if (schema.isMember("items")) Properties(schema["items"], path, out);
}

TEST(DocsTest, NameEveryFieldOfARecord) {
  const auto documents = ParseYaml(PolicyChangeManifest());
  ASSERT_TRUE(documents) << documents.error().message;
  const Json::Value crd = ParseJsonValue(documents->front().json);
  std::set<std::string> properties, named;
  Properties(crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]["properties"]["spec"], "spec",
             &properties);
  const std::string text = Reference();
  const std::string section = text.substr(text.find("\n## PolicyChange\n"));
  const std::regex row(R"(\n\| `(spec[^`]*)`)");
  for (std::sregex_iterator it(section.begin(), section.end(), row), end; it != end; ++it) {
    named.insert(std::regex_replace((*it)[1].str(), std::regex(R"(\[\])"), ""));
  }
  EXPECT_EQ(named, properties);
}

TEST(DocsTest, NameEveryField) {
  const std::string text = Reference();
  for (Kind kind : kKinds) {
    const size_t begin = text.find("\n## " + std::string(ToString(kind)) + "\n");
    ASSERT_NE(begin, text.npos);
    const std::string section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
    std::set<std::string> named;
    const std::regex row(R"(\n\| `(spec[^`]*)`)");
    for (std::sregex_iterator it(section.begin(), section.end(), row), end; it != end; ++it) {
      named.insert(std::regex_replace((*it)[1].str(), std::regex(R"(\[\])"), ""));
    }
    for (const std::string& property : PropertiesOf(kind)) {
      // Selectors are told once for all, map keys with their map, the unquoted `on` among the YAML traps.
      const bool elsewhere =
          property.find(".match") != property.npos || property.ends_with(".*") || property.ends_with(".true");
      EXPECT_TRUE(elsewhere || named.contains(property)) << ToString(kind) << " " << property;
    }
  }
}

TEST(DocsTest, ExamplesAreGood) {
  const std::string text = Reference();
  std::set<Kind> kinds;
  const std::string fence = "```yaml\n";
  for (size_t at = text.find(fence); at != text.npos; at = text.find(fence, at)) {
    at += fence.size();
    const auto documents = ParseYaml(text.substr(at, text.find("```", at) - at));
    ASSERT_TRUE(documents) << documents.error().message;
    for (const YamlDocument& document : *documents) {
      const auto json = JsonDocument::Parse(document.json);
      ASSERT_TRUE(json);
      const std::optional<Kind> kind = KindOf(json->root());
      ASSERT_TRUE(kind) << document.json;
      const ParseOutcome outcome = ParseAndPrint(*kind, document.json);
      EXPECT_TRUE(outcome.ok) << Join(outcome.errors);
      EXPECT_TRUE(outcome.warnings.empty()) << Join(outcome.warnings);
      kinds.insert(*kind);
    }
  }
  EXPECT_EQ(kinds.size(), 5u);
}

}  // namespace
}  // namespace fairlead::testing
