#include "cli/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/process.h"

namespace fairlead::cli {
namespace {

using fairlead::testing::TempDir;
using fairlead::testing::WriteFile;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr char kService[] =
    "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: 80}]}\n";

Loaded LoadOne(const std::string& text, LoadOptions options = {}) {
  Loaded loaded;
  LoadText("f.yaml", text, options, &loaded);
  return loaded;
}

std::vector<std::string> Keys(const Loaded& loaded) {
  std::vector<std::string> keys;
  for (const LoadedObject& object : loaded.objects) keys.push_back(KeyOf(object.object).ToString());
  return keys;
}

std::vector<std::string> Problems(const Loaded& loaded) {
  std::vector<std::string> lines;
  for (const Problem& problem : loaded.problems) lines.push_back(problem.ToString());
  return lines;
}

TEST(LoadTest, GivesTheDefaultNamespaceToWhatHasNone) {
  LoadOptions options;
  options.default_namespace = "shop";
  EXPECT_THAT(Keys(LoadOne(std::string(kService) +
                               "---\napiVersion: v1\nkind: Namespace\nmetadata: {name: team}\n"
                               "---\napiVersion: v1\nkind: Service\nmetadata: {name: b, namespace: own}\n",
                           options)),
              ElementsAre("Service shop/a", "Namespace team", "Service own/b"));
}

TEST(LoadTest, ReadsJsonAndListsOfIt) {
  const Loaded loaded = LoadOne(R"({"apiVersion": "v1", "kind": "List",
 "metadata": {"items": [1]},
 "items": [
  {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {}},
  {"apiVersion": "v1", "kind": "Service",
   "metadata": {"name": "b"},
   "spec": {"ports": [
     {"port": 0}]}}
 ]}
)");
  EXPECT_THAT(Keys(loaded), ElementsAre("Service default/a", "Service default/b"));
  EXPECT_THAT(Problems(loaded), ElementsAre("f.yaml:8: error FL001: Service default/b: spec.ports[0].port: "
                                            "must be between 1 and 65535, is 0"));
}

TEST(LoadTest, ItemsOfAYamlListHaveTheirLines) {
  const Loaded loaded = LoadOne(
      "apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Service\n  metadata:\n    name: a\n"
      "- apiVersion: v1\n  kind: Service\n  metadata:\n    name: b\nkind: List\n");
  ASSERT_EQ(loaded.objects.size(), 2u);
  EXPECT_EQ(loaded.objects[0].document.LineOf("metadata.name"), 6u);
  EXPECT_EQ(loaded.objects[1].document.LineOf("metadata.name"), 10u);
}

TEST(LoadTest, CountsKindsOfOthers) {
  const Loaded loaded = LoadOne(
      "{apiVersion: apps/v1, kind: Deployment}\n---\n{apiVersion: apps/v1, kind: Deployment}\n"
      "---\n{apiVersion: networking.istio.io/v9, kind: ServiceEntry}\n");
  EXPECT_THAT(loaded.ignored,
              ElementsAre(Pair("apps/v1 Deployment", 2u), Pair("networking.istio.io/v9 ServiceEntry", 1u)));
  EXPECT_THAT(loaded.problems, IsEmpty());
}

TEST(LoadTest, TheLastOfOneNameCounts) {
  TempDir dir;
  WriteFile(dir / "1.yaml", kService);
  WriteFile(dir / "2.yaml", std::string("# later\n") + kService);
  WriteFile(dir / "3.yaml", std::string("# latest\n\n") + kService);
  const Loaded loaded = Load({dir.path()}, {});
  EXPECT_EQ(loaded.Find({Kind::kService, "default", "a"})->file, dir / "3.yaml");
  EXPECT_FALSE(loaded.HasErrors());
  EXPECT_THAT(
      Problems(loaded),
      ElementsAre(dir / "2.yaml:4: warning FL029: Service default/a: metadata.name: this replaces the same "
                        "object of " +
                      (dir / "1.yaml:1") + ": of one name the last counts",
                  dir / "3.yaml:5: warning FL029: Service default/a: metadata.name: this replaces the same "
                        "object of " +
                      (dir / "2.yaml:2") + ": of one name the last counts"));
}

TEST(LoadTest, NothingAtAllIsAnError) {
  TempDir dir;
  WriteFile(dir / "empty.yaml", "");
  WriteFile(dir / "comments.yaml", "# nothing\n---\n");
  const Loaded loaded = Load({dir.path()}, {});
  EXPECT_TRUE(loaded.HasErrors());
  EXPECT_THAT(Problems(loaded),
              ElementsAre(dir.path() + ": error FL028: there is no object in it: it is empty, or "
                                       "holds comments alone"));
  WriteFile(dir / "object.yaml", kService);
  EXPECT_THAT(Load({dir.path()}, {}).problems, IsEmpty()) << "an empty file among others is no matter";
}

TEST(LoadTest, TellsEachFileThatIsNamedAndEmpty) {
  TempDir dir;
  WriteFile(dir / "object.yaml", kService);
  WriteFile(dir / "empty.yaml", "");
  WriteFile(dir / "comments.yaml", "# nothing\n");
  const auto told = [&dir](const std::string& name) {
    return dir / name + ": error FL028: there is no object in it: it is empty, or holds comments alone";
  };
  EXPECT_THAT(
      Problems(Load({dir / "object.yaml", dir / "empty.yaml", dir / "comments.yaml", dir.path()}, {})),
      ElementsAre(told("comments.yaml"), told("empty.yaml")));
}

TEST(LoadTest, AnEmptyListIsNoEmptyFile) {
  TempDir dir;
  WriteFile(dir / "object.yaml", kService);
  WriteFile(dir / "list.yaml", "apiVersion: v1\nkind: List\nitems: []\n");
  EXPECT_THAT(Load({dir / "object.yaml", dir / "list.yaml"}, {}).problems, IsEmpty());
  EXPECT_THAT(Problems(Load({dir / "list.yaml"}, {})),
              ElementsAre(dir / "list.yaml: error FL028: there is no object in it: its Lists are empty"));
}

TEST(LoadTest, RecordsAloneAreAnInput) {
  TempDir dir;
  const std::string record =
      R"({"apiVersion": "fairlead.dev/v1alpha1", "kind": "PolicyChange", "metadata": {"name": "a"}})";
  WriteFile(dir / "record.yaml", record);
  WriteFile(dir / "list.json", R"({"apiVersion": "v1", "kind": "List", "items": [)" + record + "]}");
  for (const char* name : {"record.yaml", "list.json"}) {
    const Loaded loaded = Load({dir / name}, {});
    EXPECT_THAT(loaded.problems, IsEmpty()) << name;
    EXPECT_EQ(loaded.records.size(), 1u) << name;
  }
}

TEST(LoadTest, EachBadFileIsToldAndTheOthersAreRead) {
  TempDir dir;
  WriteFile(dir / "bad.yaml", "a: {\n");
  WriteFile(dir / "good.yaml", kService);
  const Loaded loaded = Load({dir / "absent", dir.path()}, {});
  EXPECT_THAT(Keys(loaded), ElementsAre("Service default/a"));
  ASSERT_EQ(loaded.problems.size(), 2u);
  EXPECT_EQ(loaded.problems[0].Place(), dir / "absent");
  EXPECT_EQ(loaded.problems[1].Place(), dir / "bad.yaml:2:1");
}

TEST(LoadTest, BombsOfAnchorsAreStopped) {
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += (i == 0 ? "" : ",") + before;
    bomb += "]\n";
  }
  const Loaded loaded = LoadOne(bomb + "---\n" + kService);
  EXPECT_THAT(Keys(loaded), ElementsAre("Service default/a"));
  ASSERT_EQ(loaded.problems.size(), 1u);
  EXPECT_EQ(loaded.problems[0].error.message, "anchors and aliases hold too much");
}

TEST(LoadTest, FilesAreBounded) {
  TempDir dir;
  WriteFile(dir / "f.yaml", kService);
  LoadOptions options;
  options.max_file_bytes = 10;
  EXPECT_THAT(
      Problems(Load({dir / "f.yaml"}, options)),
      ElementsAre(dir /
                  "f.yaml: error FL028: is larger than 10 bytes; split it, or name the files that matter"));
}

}  // namespace
}  // namespace fairlead::cli
