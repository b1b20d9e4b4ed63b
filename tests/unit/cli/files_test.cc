#include "cli/files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>

#include "tests/support/process.h"

namespace fairlead::cli {
namespace {

using fairlead::testing::TempDir;
using fairlead::testing::WriteFile;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

TEST(FindManifestsTest, FoldersInOrderOfNamesAndEachFileOnce) {
  TempDir dir;
  std::filesystem::create_directories(dir / "b/deep");
  for (const char* name : {"z.yaml", "a.json", "b/c.yml", "b/deep/d.yaml", "README.md"})
    WriteFile(dir / name, "");
  const FileList list = FindManifests({dir / "z.yaml", dir.path(), dir / "b", "-"});
  EXPECT_THAT(list.files,
              ElementsAre(dir / "z.yaml", dir / "a.json", dir / "b/c.yml", dir / "b/deep/d.yaml", "-"));
  EXPECT_THAT(list.problems, IsEmpty());
}

TEST(FindManifestsTest, TellsEachPathThatIsNone) {
  TempDir dir;
  std::filesystem::create_directories(dir / "empty");
  std::filesystem::create_symlink(dir / "loop", dir / "loop");
  const FileList list = FindManifests({dir / "absent", dir / "empty", dir / "loop", ""});
  EXPECT_THAT(list.files, IsEmpty());
  EXPECT_THAT(list.problems, ElementsAre(Pair(dir / "absent", "no such file or folder"),
                                         Pair(dir / "empty", "the folder holds no .yaml, .yml or .json file"),
                                         Pair(dir / "loop", StartsWith("cannot be read: Too many levels")),
                                         Pair("-f", "the name of the file is empty")));
}

TEST(FindManifestsTest, ALoopOfFoldersEnds) {
  TempDir dir;
  std::filesystem::create_directories(dir / "a");
  std::filesystem::create_directory_symlink(dir.path(), dir / "a/again");
  WriteFile(dir / "a/x.yaml", "");
  EXPECT_THAT(FindManifests({dir.path()}).files, ElementsAre(dir / "a/x.yaml"));
}

TEST(ReadFileTest, GivesTheReasonWhereItCannot) {
  TempDir dir;
  EXPECT_EQ(ReadFile(dir / "absent", 100).error().message, "cannot be opened: No such file or directory");
  EXPECT_EQ(ReadFile(dir.path(), 100).error().message, "cannot be read: Is a directory");
}

TEST(ReadFileTest, TellsThatAFileIsLocked) {
  TempDir dir;
  WriteFile(dir / "locked", "x");
  std::filesystem::permissions(dir / "locked", std::filesystem::perms::none);
  const int root = setfsuid(65534);  // root may read every file: on this thread it is nobody meanwhile
  EXPECT_EQ(ReadFile(dir / "locked", 100).error().message, "cannot be opened: Permission denied");
  setfsuid(static_cast<uid_t>(root));
}

TEST(ReadFileTest, IsBounded) {
  TempDir dir;
  WriteFile(dir / "f", "12345");
  EXPECT_EQ(*ReadFile(dir / "f", 5), "12345");
  EXPECT_THAT(ReadFile(dir / "f", 4).error().message, StartsWith("is larger than 4 bytes"));
  EXPECT_THAT(ReadFile("/dev/zero", 1000).error().message, StartsWith("is larger than 1000 bytes"));
  std::istringstream in("12345"), more("123456");
  EXPECT_EQ(*ReadStream(in, 5), "12345");
  EXPECT_THAT(ReadStream(more, 5).error().message, StartsWith("is larger than 5 bytes"));
}

}  // namespace
}  // namespace fairlead::cli
