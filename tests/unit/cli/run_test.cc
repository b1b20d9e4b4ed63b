// The command line as a whole: exit codes, streams, colour.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <sstream>

#include "cli/commands.h"
#include "crds/base/version.h"
#include "tests/support/process.h"

namespace fairlead::cli {
namespace {

using fairlead::testing::TempDir;
using fairlead::testing::WriteFile;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct Ran {
  int code = 0;
  std::string out, err;
};

Ran RunWith(const std::vector<std::string>& arguments, std::optional<ColorMode> color = ColorMode::kNever) {
  std::ostringstream out, err;
  const int code = Run(arguments, {out, err}, color);
  return {code, out.str(), err.str()};
}

constexpr char kBad[] = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 0}]}\n";

TEST(RunTest, Usage) {
  for (const std::vector<std::string>& wrong : {std::vector<std::string>{},
                                                {"rendr"},
                                                {"lint", "--strct", "-f", "x"},
                                                {"completion", "fish"},
                                                {"explain", "service", "a/b/c", "-f", "x"},
                                                {"explain", "service", "A", "-f", "x"},
                                                {"version", "-o", "xml"}}) {
    const Ran ran = RunWith(wrong);
    EXPECT_EQ(ran.code, 2) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_THAT(ran.err, StartsWith("fairleadctl: "));
  }
}

TEST(RunTest, HelpAndVersion) {
  const Ran help = RunWith({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.out, AllOf(HasSubstr("render"), HasSubstr("Exit code: 0 good; 1 errors"),
                              HasSubstr("2 wrong usage")));
  EXPECT_EQ(help.err, "");
  EXPECT_THAT(RunWith({"explain", "service", "--help"}).out, HasSubstr("A Service or ServiceEntry"));
  EXPECT_EQ(RunWith({"help"}).out, help.out);
  EXPECT_EQ(RunWith({"help", "failover", "drill"}).out, RunWith({"failover", "drill", "--help"}).out);
  const std::string version(Version());
  EXPECT_EQ(RunWith({"--version"}).out, "fairleadctl " + version + "\n");
  EXPECT_EQ(RunWith({"version"}).out, "fairleadctl " + version + "\n");
  EXPECT_EQ(RunWith({"version", "-o", "json"}).out, "{\n  \"version\": \"" + version + "\"\n}\n");
  EXPECT_EQ(RunWith({"version", "-o", "yaml"}).out, "version: " + version + "\n");
}

TEST(RunTest, WrongInputIsExitCodeOneForEveryCommand) {
  TempDir dir;
  WriteFile(dir / "bad.yaml", kBad);
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"render"}, {"lint"}, {"explain", "service", "a"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"-f", dir / "bad.yaml"});
    const Ran ran = RunWith(arguments);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, HasSubstr(dir / "bad.yaml:4: error FL001: Service default/a: spec.ports[0].port: "));
  }
}

TEST(RunTest, ReadsStandardInput) {
  std::istringstream in(kBad);
  std::streambuf* const before = std::cin.rdbuf(in.rdbuf());
  const Ran ran = RunWith({"lint", "-f", "-"});
  std::cin.rdbuf(before);
  std::cin.clear();
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("<stdin>:4: error FL001"));
}

// Nothing listens at the port.
TEST(RunTest, AServerThatCannotBeReachedIsNamed) {
  TempDir dir;
  WriteFile(dir / "config",
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{name: c, context: {cluster: "
            "k}}]\nclusters: [{name: k, cluster: {server: \"http://127.0.0.1:1\"}}]\n");
  for (const std::vector<std::string>& command : {std::vector<std::string>{"failover", "drill", "stop", "a"},
                                                  {"failover", "drill", "status"},
                                                  {"revert", "rtp/a"},
                                                  {"history", "policy", "a"}}) {
    std::vector<std::string> arguments = command;
    arguments.insert(arguments.end(), {"--kubeconfig", dir / "config"});
    const Ran ran = RunWith(arguments);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(ran.err, StartsWith("fairleadctl: http://127.0.0.1:1: ")) << command[0];
  }
}

TEST(RunTest, ColourOnlyWhereItIsWanted) {
  TempDir dir;
  WriteFile(dir / "bad.yaml", kBad);
  const std::vector<std::string> lint = {"lint", "-f", dir / "bad.yaml"};
  EXPECT_THAT(RunWith(lint, ColorMode::kAlways).err, HasSubstr("\x1b[31merror\x1b[0m FL001"));
  EXPECT_THAT(RunWith(lint, ColorMode::kNever).err, Not(HasSubstr("\x1b")));
  const Ran always = RunWith({"lint", "--color", "always", "-f", dir / "bad.yaml"}, std::nullopt);
  EXPECT_THAT(always.err, HasSubstr("\x1b[31m"));
  const Ran never = RunWith({"--color=never", "lint", "-f", dir / "bad.yaml"}, std::nullopt);
  EXPECT_THAT(never.err, Not(HasSubstr("\x1b")));
}

TEST(WantsColorTest, NeedsATerminalAndNoNoColor) {
  EXPECT_TRUE(WantsColor(ColorMode::kAlways, -1));
  EXPECT_FALSE(WantsColor(ColorMode::kNever, 1));
  EXPECT_FALSE(WantsColor(ColorMode::kAuto, -1)) << "no terminal";
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY);
  if (terminal < 0) GTEST_SKIP() << "no pseudo-terminal here";
  setenv("TERM", "xterm", 1);
  unsetenv("NO_COLOR");
  EXPECT_TRUE(WantsColor(ColorMode::kAuto, terminal));
  setenv("NO_COLOR", "", 1);
  EXPECT_TRUE(WantsColor(ColorMode::kAuto, terminal)) << "empty means unset";
  setenv("NO_COLOR", "1", 1);
  EXPECT_FALSE(WantsColor(ColorMode::kAuto, terminal));
  unsetenv("NO_COLOR");
  setenv("TERM", "dumb", 1);
  EXPECT_FALSE(WantsColor(ColorMode::kAuto, terminal));
  close(terminal);
}

}  // namespace
}  // namespace fairlead::cli
