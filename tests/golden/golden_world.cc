#include "tests/golden/golden_world.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "crds/base/yaml.h"
#include "crds/object/any_object.h"

namespace fairlead::golden {

Directives DirectivesOf(const std::string& input) {
  Directives found;
  std::istringstream lines(input);
  for (std::string line; std::getline(lines, line) && line.starts_with("#");) {
    const size_t colon = line.find(": ");
    if (colon != std::string::npos) found.emplace(line.substr(2, colon - 2), line.substr(colon + 2));
  }
  return found;
}

std::string Get(const Directives& directives, const std::string& name) {
  const auto at = directives.find(name);
  return at == directives.end() ? "" : at->second;
}

void Load(const std::string& input, reconcilers::World* world) {
  auto documents = ParseYaml(input);
  ASSERT_TRUE(documents) << documents.error().message;
  for (const YamlDocument& document : *documents) {
    auto json = JsonDocument::Parse(document.json);
    ASSERT_TRUE(json) << json.error().message;
    const auto kind = KindOf(json->root());
    ASSERT_TRUE(kind) << "no kind of ours: " << document.json;
    world->Apply(ParseObject(*kind, json->root()).object);
  }
}

std::string TestName(std::string case_name) {
  std::replace(case_name.begin(), case_name.end(), '-', '_');
  return case_name;
}

}  // namespace fairlead::golden
