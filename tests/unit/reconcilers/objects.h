// Objects of tests, from YAML.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "crds/base/yaml.h"
#include "crds/object/any_object.h"

namespace fairlead::reconcilers {

// One for each document, of a kind that is known; an Invalid where it cannot be read as that.
inline std::vector<AnyObject> ObjectsOf(const std::string& yaml) {
  std::vector<AnyObject> out;
  const auto documents = ParseYaml(yaml);
  EXPECT_TRUE(documents) << yaml;
  if (!documents) return out;
  for (const YamlDocument& document : *documents) {
    const auto json = JsonDocument::Parse(document.json);
    const auto kind = KindOf(json->root());
    EXPECT_TRUE(kind) << yaml;
    if (kind) out.push_back(ParseObject(*kind, json->root()).object);
  }
  return out;
}

// Of the only document.
inline AnyObject ObjectOf(const std::string& yaml) { return ObjectsOf(yaml).at(0); }

}  // namespace fairlead::reconcilers
