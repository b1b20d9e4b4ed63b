// Every case of tests/cases/admission: the user is told what is written down there, word by word, and what
// was refused is not stored.
#include <gtest/gtest.h>

#include <cstdlib>

#include "crds/base/json_write.h"
#include "tests/integration/verdicts/verdict_bench.h"

namespace fairlead::testing {
namespace {

const std::vector<VerdictCase>& Cases() {
  static const Result<std::vector<VerdictCase>> cases = ReadVerdictCases();
  if (!cases) ADD_FAILURE() << cases.error().message;
  static const std::vector<VerdictCase> none;
  return cases ? *cases : none;
}

bool IsWrittenAnew() { return std::getenv("FAIRLEAD_UPDATE_GOLDEN") != nullptr; }

class VerdictsTest : public ::testing::TestWithParam<std::string> {
 protected:
  static void SetUpTestSuite() {
    if (!VerdictBench::Missing().empty()) return;
    auto bench = VerdictBench::Start(Cases());
    ASSERT_TRUE(bench) << bench.error().message;
    bench_ = std::move(*bench);
  }
  static void TearDownTestSuite() { bench_.reset(); }
  void SetUp() override {
    if (const std::string why = VerdictBench::Missing(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_NE(bench_, nullptr);
  }

  static inline std::unique_ptr<VerdictBench> bench_;
};

TEST_P(VerdictsTest, AreAsWrittenDown) {
  const Json::Value answers = ReadAnswers(GetParam());
  Json::Value said(Json::objectValue);
  for (const VerdictCase& c : Cases()) {
    if (c.file != GetParam()) continue;
    SCOPED_TRACE(c.file + ": " + c.name);
    ASSERT_FALSE(said.isMember(c.name)) << "two cases of one name";
    const bool refused = answers[c.name]["code"].asInt() >= 400;
    const Json::Value before = bench_->Stored(c);
    said[c.name] = bench_->Ask(c, IsWrittenAnew() || !refused);
    if (!IsWrittenAnew()) {
      EXPECT_EQ(WriteYaml(said[c.name]), WriteYaml(answers[c.name]));
      EXPECT_EQ(bench_->Stored(c), before);
    }
  }
  if (IsWrittenAnew()) {
    WriteAnswers(GetParam(), said);
  } else {
    EXPECT_EQ(answers.getMemberNames(), said.getMemberNames()) << "answers to nothing";
  }
  if (HasFailure()) ADD_FAILURE() << bench_->Log();
}

std::vector<std::string> Files() {
  std::vector<std::string> out;
  for (const VerdictCase& c : Cases()) {
    if (out.empty() || out.back() != c.file) out.push_back(c.file);
  }
  return out;
}
INSTANTIATE_TEST_SUITE_P(Files, VerdictsTest, ::testing::ValuesIn(Files()), [](const auto& info) {
  std::string name = info.param;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
});

TEST(VerdictCasesTest, AreMany) { EXPECT_GE(Cases().size(), 200u); }

}  // namespace
}  // namespace fairlead::testing
