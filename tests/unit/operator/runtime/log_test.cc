#include "operator/runtime/log.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace fairlead::runtime {
namespace {

class LogTest : public ::testing::Test {
 protected:
  Log Make(LogOptions options) {
    return Log(
        options, [this](const std::string& line) { lines.push_back(line); }, &clock);
  }
  testing::FakeClock clock;
  std::vector<std::string> lines;
};

TEST_F(LogTest, Text) {
  Log log = Make({});
  log.Info("listed",
           {{"kind", "Pod"}, {"objects", 8000}, {"took", 0.25}, {"first", true}, {"note", "two words"}});
  log.Debug("not at this level");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_EQ(lines[0],
            "2027-01-15T08:00:00Z info listed kind=Pod objects=8000 took=0.25 first=true note=\"two words\"");
}

TEST_F(LogTest, Json) {
  Log log = Make({.format = LogFormat::kJson});
  log.Warn("a \"quoted\"\nmessage", {{"n", 1}, {"text", "\x1b[31mred"}});
  EXPECT_EQ(
      lines[0],
      R"({"time":"2027-01-15T08:00:00Z","level":"warn","msg":"a \"quoted\"\nmessage","n":1,"text":"\u001b[31mred"})");
}

TEST_F(LogTest, SecretsAreRedacted) {
  Log log = Make({});
  log.Error("refused", {{"token", Secret("hunter2")}});
  EXPECT_EQ(lines[0], "2027-01-15T08:00:00Z error refused token=[redacted]");
}

TEST_F(LogTest, ARepeatedMessageIsCountedInsteadOfWritten) {
  Log log = Make({});
  for (int i = 0; i < 1000; ++i) log.Warn("watch failed", {{"n", i}});
  log.Warn("something else");
  EXPECT_EQ(lines.size(), 11u);
  clock.Advance(std::chrono::seconds(60));
  log.Warn("watch failed");
  EXPECT_EQ(lines.back(), "2027-01-15T08:01:00Z warn watch failed suppressed=990");
}

TEST_F(LogTest, LongValuesAreCut) {
  Log log = Make({.max_value = 10});
  log.Info("x", {{"v", std::string(100, 'a')}});
  EXPECT_EQ(lines[0], "2027-01-15T08:00:00Z info x v=aaaaaaaaaa…");
}

TEST(LogOptionsTest, AreRead) {
  EXPECT_EQ(*ParseLogLevel("debug"), LogLevel::kDebug);
  EXPECT_EQ(*ParseLogFormat("json"), LogFormat::kJson);
  EXPECT_EQ(ParseLogLevel("loud").error().message, "must be one of debug, info, warn, error");
}

}  // namespace
}  // namespace fairlead::runtime
