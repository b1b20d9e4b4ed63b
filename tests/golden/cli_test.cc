// Every case of tests/golden/cli: manifests in; what fairleadctl prints about them, and its exit code, out.
//
// A case's first lines are directives in comments, each a command line that is run with -f and the case's
// file:
//   # run: explain service shop/ratings -o json
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "cli/commands.h"
#include "reconcilers/lint.h"
#include "tests/golden/golden_files.h"
#include "tests/golden/golden_world.h"
#include "tests/support/process.h"

namespace fairlead::golden {
namespace {

using ::testing::HasSubstr;

const std::string kFolder = std::string(FAIRLEAD_SOURCE_DIR) + "/tests/golden/cli";

std::string Section(const std::string& name, const std::string& text) {
  return text.empty() ? "" : "--- " + name + "\n" + text + (text.ends_with('\n') ? "" : "\n");
}

std::string RunAll(const std::string& name, const std::string& input) {
  std::string all;
  const auto directives = DirectivesOf(input);
  for (auto [at, end] = directives.equal_range("run"); at != end; ++at) {
    std::istringstream line(at->second);
    std::vector<std::string> words{std::istream_iterator<std::string>(line), {}};
    words.insert(words.end(), {"-f", name + ".in.yaml"});
    std::ostringstream out, err;
    const int code = cli::Run(words, {out, err}, cli::ColorMode::kNever);
    all += "$ fairleadctl " + at->second + " -f " + name + ".in.yaml\n" + Section("stdout", out.str()) +
           Section("stderr", err.str()) + "--- exit code " + std::to_string(code) + "\n\n";
  }
  EXPECT_FALSE(all.empty()) << "no directive `# run: …`";
  return all;
}

class CliGolden : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::filesystem::current_path(kFolder);
  }  // so that no path of the machine is printed
};

TEST_P(CliGolden, Matches) {
  Check(
      kFolder, GetParam(), [](const std::string& input) { return RunAll(GetParam(), input); }, ".out.txt");
}

INSTANTIATE_TEST_SUITE_P(Cases, CliGolden, ::testing::ValuesIn(CasesIn(kFolder)),
                         [](const auto& info) { return TestName(info.param); });

// The case lint-fl003-… makes lint say FL003, with file and line.
class LintCodes : public ::testing::TestWithParam<std::string> {};

TEST_P(LintCodes, HaveACaseThatTriggersThem) {
  std::string prefix = "lint-" + GetParam() + "-";
  for (char& c : prefix) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (const std::string& name : CasesIn(kFolder)) {
    if (!name.starts_with(prefix)) continue;
    std::ifstream file(kFolder + "/" + name + ".out.txt");
    std::string found;
    for (std::string line; std::getline(file, line);) {
      if (line.find(" " + GetParam() + ": ") != std::string::npos) found = line;
    }
    ASSERT_THAT(found, HasSubstr(name + ".in.yaml:"));
    EXPECT_TRUE(
        std::isdigit(static_cast<unsigned char>(found[name.size() + std::string(".in.yaml:").size()])))
        << found;
    return;
  }
  ADD_FAILURE() << "tests/golden/cli has no case " << prefix << "*.in.yaml";
}

std::vector<std::string> Codes() {
  std::vector<std::string> codes;
  for (const reconcilers::LintRule& rule : reconcilers::LintRules())
    codes.push_back(reconcilers::ToString(rule.code));
  return codes;
}

INSTANTIATE_TEST_SUITE_P(All, LintCodes, ::testing::ValuesIn(Codes()),
                         [](const auto& info) { return info.param; });

// What `fairleadctl … --help` prints; of the operator, by running it.
std::string HelpOf(const std::string& command) {
  std::istringstream line(command);
  std::vector<std::string> words{std::istream_iterator<std::string>(line), {}};
  words.push_back("--help");
  if (words.front() == "fairleadctl") {
    std::ostringstream out, err;
    EXPECT_EQ(cli::Run({words.begin() + 1, words.end()}, {out, err}, cli::ColorMode::kNever), 0) << err.str();
    return out.str();
  }
  fairlead::testing::TempDir dir;
  words.front() = FAIRLEAD_BINARY_DIR "/bin/" + words.front();
  auto program = fairlead::testing::Process::Spawn({.argv = words, .log_file = dir / "log"});
  if (!program) return program.error().message;
  EXPECT_EQ(program->Wait(std::chrono::seconds(60)), 0);
  return fairlead::testing::ReadFile(dir / "log");
}

// Each block of docs/cli.md that begins with "$ COMMAND --help" holds what that prints.
TEST(CliDocs, AreWhatHelpPrints) {
  const std::string file = FAIRLEAD_SOURCE_DIR "/docs/cli.md";
  const std::string before = fairlead::testing::ReadFile(file), fence = "```text\n$ ", help = " --help\n";
  std::string after = before;
  std::set<std::string> commands;
  for (size_t at = after.find(fence); at != after.npos; at = after.find(fence, at)) {
    at += fence.size();
    const size_t end = after.find(help, at);
    commands.insert(after.substr(at, end - at));
    const size_t begin = end + help.size();
    std::string text = HelpOf(after.substr(at, end - at));
    text.erase(text.find_last_not_of('\n') + 1);
    after.replace(begin, after.find("```", begin) - begin, text + "\n");
  }
  EXPECT_THAT(commands,
              ::testing::ElementsAre(
                  "fairlead-operator", "fairleadctl", "fairleadctl can-i", "fairleadctl completion",
                  "fairleadctl diff", "fairleadctl explain", "fairleadctl explain route",
                  "fairleadctl explain service", "fairleadctl failover drill start",
                  "fairleadctl failover drill status", "fairleadctl failover drill stop",
                  "fairleadctl failover simulate", "fairleadctl failover status", "fairleadctl graph",
                  "fairleadctl history", "fairleadctl history policy", "fairleadctl history service",
                  "fairleadctl lint", "fairleadctl render", "fairleadctl revert", "fairleadctl version"));
  Compare(file, before, after);
}

}  // namespace
}  // namespace fairlead::golden
