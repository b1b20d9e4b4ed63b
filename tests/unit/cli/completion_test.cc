// The completion scripts, run by the shells that they are for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <sstream>

#include "cli/commands.h"
#include "tests/support/process.h"

namespace fairlead::cli {
namespace {

using fairlead::testing::Process;
using fairlead::testing::ReadFile;
using fairlead::testing::TempDir;
using fairlead::testing::WriteFile;

std::string ScriptFor(const std::string& shell) {
  std::ostringstream out, err;
  EXPECT_EQ(Run({"completion", shell}, {out, err}), 0) << err.str();
  return out.str();
}

// Runs `tries` behind the completion script and `stubs`, in an empty folder but for two files.
std::string Complete(const std::string& program, const std::vector<std::string>& flags,
                     const std::string& stubs, const std::string& tries) {
  TempDir dir;
  const std::string name = program.substr(program.rfind('/') + 1);
  WriteFile(dir / "shop.yaml", "");
  WriteFile(dir / "shelf.yaml", "");
  WriteFile(dir / "script", stubs + ScriptFor(name) + tries);
  std::vector<std::string> argv = {program};
  argv.insert(argv.end(), flags.begin(), flags.end());
  argv.push_back(dir / "script");
  Result<Process> shell = Process::Spawn(
      {.argv = argv, .env = {{"LC_ALL", "C"}}, .log_file = dir / "log", .directory = dir.path()});
  if (!shell) return shell.error().message;
  EXPECT_EQ(shell->Wait(std::chrono::seconds(60)), 0);
  return ReadFile(dir / "log");
}

std::string Which(const std::string& shell) {
  for (const char* folder : {"/bin/", "/usr/bin/", "/usr/local/bin/"}) {
    if (access((folder + shell).c_str(), X_OK) == 0) return folder + shell;
  }
  return "";
}

TEST(CompletionTest, Bash) {
  const std::string bash = Which("bash");
  if (bash.empty()) GTEST_SKIP() << "bash is not installed";
  EXPECT_EQ(Complete(bash, {"--noprofile", "--norc", "-u"}, "", R"(
try() {
  COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fairleadctl
  printf '%s\n' "${COMPREPLY[@]}" | sort | tr '\n' ' '; echo
}
try fairleadctl ''
try fairleadctl le
try fairleadctl l
try fairleadctl explain ''
try fairleadctl explain service --n
try fairleadctl lint --str
try fairleadctl lint -o ''
try fairleadctl render --mode i
try fairleadctl --color never lint --color a
try fairleadctl lint -f sho
try fairleadctl lint --filename sh
try fairleadctl completion ''
complete -p fairleadctl
)"),
            "--color --help --version -h can-i completion diff explain failover graph history lint render "
            "revert version \n"
            " \n"
            "lint \n"
            "--color --help -h route service \n"
            "--namespace \n"
            "--strict \n"
            "json text yaml \n"
            "istio \n"
            "always auto \n"
            "shop.yaml \n"
            "shelf.yaml shop.yaml \n"
            "--color --help -h bash zsh \n"
            "complete -F _fairleadctl fairleadctl\n");
}

TEST(CompletionTest, Zsh) {
  const std::string zsh = Which("zsh");
  if (zsh.empty()) GTEST_SKIP() << "zsh is not installed";
  // compadd and _files work within the line editor only: here they print what they are given.
  EXPECT_EQ(Complete(zsh, {"-f", "-u"}, R"(
compdef() { print "compdef $*" }
compadd() { shift; print -r -- "${(o)@}" }
_files() { print files }
)",
                     R"(
try() { words=("$@"); CURRENT=$#; _fairleadctl }
try fairleadctl ''
try fairleadctl explain ''
try fairleadctl lint -o ''
try fairleadctl render --mode ''
try fairleadctl --color never lint --color ''
try fairleadctl lint -f ''
try fairleadctl completion ''
)"),
            "compdef _fairleadctl fairleadctl kubectl-fairlead\n"
            "--color --help --version -h can-i completion diff explain failover graph history lint render "
            "revert version\n"
            "--color --help -h route service\n"
            "json text yaml\n"
            "built-in istio\n"
            "always auto never\n"
            "files\n"
            "--color --help -h bash zsh\n");
}

}  // namespace
}  // namespace fairlead::cli
