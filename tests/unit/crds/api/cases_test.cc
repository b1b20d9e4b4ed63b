// Gives every case of tests/cases/crds to Parse.
#include "tests/support/crds/cases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "crds/base/json_write.h"
#include "tests/support/crds/schema.h"

namespace fairlead::testing {
namespace {

std::string Text(const std::vector<FieldError>& errors) { return Join(errors, 64); }

bool IsMet(const Expectation& e, const std::vector<FieldError>& errors) {
  return std::any_of(errors.begin(), errors.end(), [&](const FieldError& error) {
    return NormalPath(error.path) == e.path && error.message.find(e.part) != std::string::npos;
  });
}

const std::vector<CrdCase>& Cases() {
  static std::string problem;
  static const std::vector<CrdCase> cases = LoadCrdCases(&problem);
  EXPECT_EQ(problem, "");
  return cases;
}

TEST(CrdCasesTest, AreManyAndHaveNamesOfTheirOwn) {
  std::set<std::string> titles;
  for (const CrdCase& c : Cases()) EXPECT_TRUE(titles.insert(c.Title()).second) << c.Title();
  EXPECT_GE(titles.size(), 200u);
}

TEST(CrdCasesTest, ParseSaysWhatTheCaseSays) {
  for (const CrdCase& c : Cases()) {
    const ParseOutcome outcome = ParseAndPrint(c.kind, c.json);
    EXPECT_EQ(outcome.ok, c.parse_ok) << c.Title() << "\n" << c.json << "\n" << Text(outcome.errors);
    if (c.parse_ok) continue;
    EXPECT_EQ(outcome.errors.size(), c.errors.size()) << c.Title() << "\n" << Text(outcome.errors);
    for (const Expectation& e : c.errors) {
      EXPECT_TRUE(IsMet(e, outcome.errors))
          << c.Title() << "\nwanted " << e.path << ": " << e.part << "\nhas " << Text(outcome.errors);
    }
  }
}

TEST(CrdCasesTest, WarnsWhereTheCaseSaysSo) {
  for (const CrdCase& c : Cases()) {
    if (!c.warnings) continue;
    const ParseOutcome outcome = ParseAndPrint(c.kind, c.json);
    if (c.warnings->empty()) {
      EXPECT_EQ(Text(outcome.warnings), "") << c.Title();
    }
    for (const Expectation& e : *c.warnings) {
      EXPECT_TRUE(IsMet(e, outcome.warnings))
          << c.Title() << "\nwanted " << e.path << ": " << e.part << "\nhas " << Text(outcome.warnings);
    }
  }
}

TEST(CrdCasesTest, CanonicalFormReadsBackTheSame) {
  for (const CrdCase& c : Cases()) {
    const ParseOutcome first = ParseAndPrint(c.kind, c.json);
    if (!first.ok) continue;
    const ParseOutcome second = ParseAndPrint(c.kind, WriteJson(first.canonical));
    ASSERT_TRUE(second.ok) << c.Title() << "\n" << WriteYaml(first.canonical) << Text(second.errors);
    EXPECT_EQ(WriteYaml(second.canonical), WriteYaml(first.canonical)) << c.Title();
  }
}

// The defaulted object means the same to Parse, and Parse fills in the very values of the schema.
TEST(CrdCasesTest, SchemaAndParserHaveTheSameDefaults) {
  for (const CrdCase& c : Cases()) {
    const ParseOutcome plain = ParseAndPrint(c.kind, c.json);
    if (!plain.ok) continue;
    const Json::Value defaulted = ApplyDefaults(SchemaOf(c.kind), ParseJsonValue(c.json));
    const ParseOutcome outcome = ParseAndPrint(c.kind, WriteJson(defaulted));
    ASSERT_TRUE(outcome.ok) << c.Title() << Text(outcome.errors);
    EXPECT_EQ(WriteYaml(outcome.canonical), WriteYaml(plain.canonical)) << c.Title();
    for (const std::string& member : defaulted["spec"].getMemberNames()) {
      EXPECT_TRUE(plain.canonical["spec"].isMember(member) || defaulted["spec"][member].empty())
          << c.Title() << ": spec." << member;
    }
  }
}

TEST(CrdCasesTest, CoverEveryPropertyOfEveryKind) {
  std::map<Kind, std::set<std::string>> seen;
  for (const CrdCase& c : Cases()) {
    if (c.parse_ok && c.apiserver_ok) seen[c.kind].merge(PropertiesIn(c.kind, ParseJsonValue(c.json)));
  }
  EXPECT_EQ(seen.size(), 5u);
  for (const auto& [kind, properties] : seen) {
    for (const std::string& property : PropertiesOf(kind)) {
      EXPECT_TRUE(properties.contains(property)) << ToString(kind) << " " << property;
    }
  }
}

}  // namespace
}  // namespace fairlead::testing
