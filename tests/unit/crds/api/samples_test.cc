// The samples are good: no error, no warning.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "crds/base/yaml.h"
#include "crds/object/any_object.h"
#include "tests/support/crds/cases.h"

namespace fairlead::testing {
namespace {

TEST(SamplesTest, OfEachKindOneIsGood) {
  std::set<Kind> kinds;
  for (const char* name :
       {"retry_timeout_policy", "failover_policy", "workspace", "workspace_settings", "data_plane"}) {
    std::stringstream text;
    text << std::ifstream(std::filesystem::path(FAIRLEAD_SOURCE_DIR) / "config/samples" /
                          (std::string(name) + ".yaml"))
                .rdbuf();
    const auto documents = ParseYaml(text.str());
    ASSERT_TRUE(documents) << name << ": " << documents.error().message;
    ASSERT_EQ(documents->size(), 1u) << name;
    const auto json = JsonDocument::Parse(documents->front().json);
    ASSERT_TRUE(json);
    const std::optional<Kind> kind = KindOf(json->root());
    ASSERT_TRUE(kind) << name;
    kinds.insert(*kind);
    const ParseOutcome outcome = ParseAndPrint(*kind, documents->front().json);
    EXPECT_TRUE(outcome.ok) << name << ": " << Join(outcome.errors);
    EXPECT_TRUE(outcome.warnings.empty()) << name << ": " << Join(outcome.warnings);
  }
  EXPECT_EQ(kinds.size(), 5u);
}

}  // namespace
}  // namespace fairlead::testing
