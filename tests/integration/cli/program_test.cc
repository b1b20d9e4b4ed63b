// fairleadctl as a program: what only its exit code tells.
#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace fairlead::testing {
namespace {

// What a script takes for whole has been written.
TEST(FairleadctlProgram, OutputThatCannotBeWrittenIsAnError) {
  const TempDir dir;
  WriteFile(dir / "run", "exec \"$1\" --help >\"$2\" 2>\"$3\"");
  const auto run = [&](const std::string& to) {
    Result<Process> ran = Process::Spawn(
        {.argv = {"/bin/sh", dir / "run", FAIRLEAD_BINARY_DIR "/bin/fairleadctl", to, dir / "err"}});
    return ran ? ran->Wait(std::chrono::seconds(60)).value_or(-1) : -1;
  };
  EXPECT_EQ(run(dir / "out"), 0) << ReadFile(dir / "err");
  EXPECT_EQ(run("/dev/full"), 1);
  EXPECT_EQ(ReadFile(dir / "err"),
            "fairleadctl: the output could not be written whole: is the disk full, or the reader gone?\n");
}

}  // namespace
}  // namespace fairlead::testing
