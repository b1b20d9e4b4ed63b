// docs/lint.md has every code with its severity, and no other.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace fairlead::cli
