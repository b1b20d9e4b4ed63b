// docs/threats.md names tests and cases: each is there.
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <set>

#include "tests/support/process.h"

namespace fairlead::webhooks {
namespace {

const std::string kSource = FAIRLEAD_SOURCE_DIR;

std::set<std::string> Found(const std::string& text, const std::regex& what) {
  std::set<std::string> out;
  for (std::sregex_iterator at(text.begin(), text.end(), what), end; at != end; ++at) {
    std::string name = (*at)[1];
    for (size_t i = 2; i < at->size(); ++i) name += "." + std::string((*at)[i]);
    out.insert(name);
  }
  return out;
}

std::set<std::string> FoundIn(const std::string& folder, const std::string& ending, const std::regex& what) {
  std::set<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(kSource + folder)) {
    if (!entry.path().string().ends_with(ending)) continue;
    out.merge(Found(testing::ReadFile(entry.path()), what));
  }
  return out;
}

TEST(Threats, NameTestsThatExist) {
  const std::string page = testing::ReadFile(kSource + "/docs/threats.md");
  const std::set<std::string> named = Found(page, std::regex("`([A-Z]\\w+)\\.([A-Z]\\w+)`"));
  const std::set<std::string> there =
      FoundIn("/tests", "_test.cc", std::regex("TEST(?:_F|_P)?\\((\\w+), (\\w+)\\)"));
  EXPECT_GT(named.size(), 20u);
  for (const std::string& name : named) EXPECT_TRUE(there.contains(name)) << name;
}

TEST(Threats, NameCasesThatExist) {
  const std::string page = testing::ReadFile(kSource + "/docs/threats.md");
  const std::set<std::string> named =
      Found(page.substr(page.find("## Attacks")), std::regex("`([a-z]+-[a-z-]+)`[,| ]"));
  const std::set<std::string> there =
      FoundIn("/tests/cases/admission", ".yaml", std::regex("\ncase: ([a-z-]+)\n"));
  EXPECT_GT(named.size(), 20u);
  for (const std::string& name : named) {
    const bool rule = name == "reaches-out" || name == "moves-namespace" || name == "claimed-namespace";
    EXPECT_TRUE(rule || there.contains(name)) << name;
  }
}

TEST(Threats, AreEighteen) {
  const std::string page = testing::ReadFile(kSource + "/docs/threats.md");
  EXPECT_EQ(Found(page, std::regex("\n\\| ([0-9]+) \\|")).size(), 18u);
}

}  // namespace
}  // namespace fairlead::webhooks
