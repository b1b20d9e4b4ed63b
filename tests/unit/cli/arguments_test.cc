#include "cli/arguments/arguments.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "crds/base/names.h"

namespace fairlead::cli {
namespace {

// A program with two levels of commands.
std::string Parse(const std::vector<std::string>& arguments) {
  CLI::App app("what it does");
  app.name("tool");
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "tool 1");
  std::string color, format, ns, name;
  std::vector<std::string> files;
  bool strict = false;
  int weight = 0;
  OneOf(app.add_option("--color", color), {"auto", "never"});
  CLI::App* check = app.add_subcommand("check", "");
  check->add_option("-f,--filename", files)->required()->allow_extra_args(false);
  OneOf(check->add_option("-o,--output", format), {"text", "json"});
  MustBe(check->add_option("-n,--namespace", ns), CheckDnsLabel);
  check->add_flag("--strict", strict);
  check->add_option("--kubeconfig", name);
  check->add_option("--weight", weight)->check(CLI::Range(0, 99));
  check->add_option("--limit", weight)->excludes("--weight");
  CLI::App* lay = app.add_subcommand("lay", "");
  lay->add_option("-f,--filename", files)->allow_extra_args(false);
  lay->add_option("--base", files)->allow_extra_args(false);
  lay->add_option("--context", name);
  CLI::App* show = app.add_subcommand("show", "");
  show->require_subcommand(1);
  show->add_subcommand("route", "")->add_option("name", name)->required();
  const Result<std::string> shown = ParseArguments(&app, arguments);
  if (!shown) return shown.error().message;
  return shown->empty() ? "runs" : shown->substr(0, shown->find('\n'));
}

TEST(ArgumentsTest, TakesWhatIsRight) {
  EXPECT_EQ(Parse({"check", "-f", "a"}), "runs");
  EXPECT_EQ(Parse({"check", "-f", "a", "-f", "b", "--output=json", "--strict", "--color", "never"}), "runs");
  EXPECT_EQ(Parse({"show", "route", "shop/x"}), "runs");
  EXPECT_EQ(Parse({"--help"}), "what it does");
  EXPECT_EQ(Parse({"--version"}), "tool 1");
}

TEST(ArgumentsTest, HelpIsAWordToo) {
  EXPECT_EQ(Parse({"help"}), "what it does");
  EXPECT_EQ(Parse({"help", "check"}), Parse({"check", "--help"}));
  EXPECT_EQ(Parse({"help", "show", "route"}), Parse({"show", "route", "--help"}));
  EXPECT_EQ(Parse({"help", "chekc"}),
            "unknown command \"chekc\"; did you mean check?\nRun 'tool --help' for what it takes.");
}

TEST(ArgumentsTest, WhichClusterIsNoMatterOfFiles) {
  EXPECT_EQ(Parse({"check", "-f", "a", "--kubeconfig", "k"}),
            "--kubeconfig says which cluster, and with -f no cluster is read: leave one of them away\n"
            "Run 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"lay", "-f", "a", "--context", "c"}), "runs") << "over the cluster";
  EXPECT_EQ(Parse({"lay", "-f", "a", "--base", "b"}), "runs");
  EXPECT_EQ(Parse({"lay", "-f", "a", "--base", "b", "--context", "c"}),
            "--context says which cluster, and with --base no cluster is read: leave one of them away\n"
            "Run 'tool lay --help' for what it takes.");
}

TEST(ArgumentsTest, NamesTheUnknownWordAndWhatWasMeant) {
  EXPECT_EQ(Parse({"chekc"}),
            "unknown command \"chekc\"; did you mean check?\nRun 'tool --help' for what it takes.");
  EXPECT_EQ(Parse({"zzz"}),
            "unknown command \"zzz\"; there are check, lay, show\nRun 'tool --help' for what it takes.");
  EXPECT_EQ(Parse({"show", "rout"}),
            "unknown command \"rout\"; did you mean route?\nRun 'tool show --help' for what it takes.");
  EXPECT_EQ(Parse({"check", "--flename", "a"}),
            "unknown flag --flename; did you mean --filename?\nRun 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"check", "--colour=never", "-f", "a"}),
            "unknown flag --colour; did you mean --color?\nRun 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"check", "-x", "-f", "a"}), "unknown flag -x\nRun 'tool check --help' for what it takes.");
}

TEST(ArgumentsTest, SaysWhatIsMissing) {
  EXPECT_EQ(Parse({}), "a command is needed: check, lay, show\nRun 'tool --help' for what it takes.");
  EXPECT_EQ(Parse({"show"}), "a command is needed: route\nRun 'tool show --help' for what it takes.");
  EXPECT_EQ(Parse({"-f", "a", "check"}),
            "a command is needed before -f: check, lay, show\nRun 'tool --help' for what it takes.");
  EXPECT_EQ(Parse({"check"}), "--filename is required\nRun 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"check", "-f"}),
            "--filename: a value is missing\nRun 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"show", "route"}), "name is required\nRun 'tool show route --help' for what it takes.");
}

TEST(ArgumentsTest, RefusesValuesAndWordsThatHaveNoPlace) {
  EXPECT_EQ(Parse({"check", "-f", "a", "-o", "jsn"}),
            "--output: \"jsn\" is not one of text, json; did you mean json?\n"
            "Run 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"check", "-f", "a", "-n", "Shop"}), "--namespace: \"Shop\" " + CheckDnsLabel("Shop") +
                                                           "\nRun 'tool check --help' for what it takes.");
  const std::string run = "\nRun 'tool check --help' for what it takes.";
  EXPECT_EQ(Parse({"check", "-f", "a", "--weight", "150"}),
            "--weight: \"150\" is not a number from 0 to 99" + run);
  EXPECT_EQ(Parse({"check", "-f", "a", "--weight", "much"}),
            "--weight: \"much\" is not a number from 0 to 99" + run);
  EXPECT_EQ(Parse({"check", "-f", "a", "--limit", "much"}), "--limit: \"much\" is not a number" + run);
  EXPECT_EQ(Parse({"check", "-f", "a", "--strict=maybe"}), "--strict: \"maybe\" is not true or false" + run);
  EXPECT_EQ(Parse({"check", "-f", "a", "-n", "a", "-n", "b"}), "--namespace: may be given once only" + run);
  EXPECT_EQ(Parse({"check", "-f", "a", "--limit", "1", "--weight", "1"}),
            "--weight cannot be given together with --limit" + run);
  EXPECT_EQ(
      Parse({"check", "-f", "a", "b"}),
      "unexpected word \"b\"; each file needs a -f of its own\nRun 'tool check --help' for what it takes.");
  EXPECT_EQ(Parse({"check", "--strict", "b", "-f", "a"}),
            "unexpected word \"b\"; each file needs a -f of its own" + run);
  EXPECT_EQ(Parse({"show", "route", "x", "y"}),
            "unexpected word \"y\"\nRun 'tool show route --help' for what it takes.");
}

}  // namespace
}  // namespace fairlead::cli
