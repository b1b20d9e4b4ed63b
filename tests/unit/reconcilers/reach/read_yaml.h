// ForeignOf: an object of somebody else's API, as admission reads it, of its YAML.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "crds/base/yaml.h"
#include "reconcilers/reach/foreign.h"

namespace fairlead::reconcilers {

inline Foreign ForeignOf(const std::string& yaml) {
  const auto json = JsonDocument::Parse(ParseYaml(yaml)->front().json);
  const JsonNode root = json->root();
  const std::string version(root.StringAt("apiVersion"));
  const size_t slash = version.find('/');
  const auto meta = root.Find("metadata");
  const std::string group = slash == std::string::npos ? "" : version.substr(0, slash);
  EXPECT_TRUE(IsForeign(group, root.StringAt("kind"))) << yaml;
  return ReadForeign(group, root.StringAt("kind"),
                     {std::string(meta->StringAt("namespace")), std::string(meta->StringAt("name"))}, root,
                     "cluster.local");
}

}  // namespace fairlead::reconcilers
