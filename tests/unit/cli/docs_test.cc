// The documents: docs/lint.md has every code with its severity, and no other; links lead somewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <regex>
#include <sstream>

#include "reconcilers/lint.h"
#include "tests/support/process.h"

namespace fairlead::cli {
namespace {

TEST(LintDocsTest, HaveEveryCodeWithItsSeverity) {
  std::istringstream lines(fairlead::testing::ReadFile(FAIRLEAD_SOURCE_DIR "/docs/lint.md"));
  const std::regex row(R"(\| (FL\d{3}) \| (\w+) \| (.+) \| (.*) ?\|)");
  std::vector<std::string> documented, coded;
  for (std::string line; std::getline(lines, line);) {
    std::smatch match;
    if (std::regex_match(line, match, row)) documented.push_back(match[1].str() + " " + match[2].str());
  }
  int number = 0;
  for (const reconcilers::LintRule& rule : reconcilers::LintRules()) {
    EXPECT_EQ(static_cast<int>(rule.code), ++number) << "codes follow one another";
    EXPECT_FALSE(rule.title.empty());
    coded.push_back(reconcilers::ToString(rule.code) + " " +
                    std::string(reconcilers::ToString(rule.severity)));
  }
  EXPECT_EQ(documented, coded);
}

TEST(DocsTest, LinksLeadToFilesThatAreThere) {
  namespace fs = std::filesystem;
  const fs::path top = FAIRLEAD_SOURCE_DIR;
  std::vector<fs::path> pages = {top / "README.md", top / "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(top / "docs")) pages.push_back(entry.path());
  const std::regex link(R"(\]\(([^)#:]+)(#[^)]*)?\))");
  for (const fs::path& page : pages) {
    const std::string text = fairlead::testing::ReadFile(page.string());
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
      EXPECT_TRUE(fs::exists(page.parent_path() / (*at)[1].str())) << page << " links to " << (*at)[1].str();
    }
  }
}

}  // namespace
}  // namespace fairlead::cli
