#include <filesystem>

#include "crds/base/yaml.h"
#include "tests/bench/groups.h"

namespace fairlead::bench {
namespace {

double TimeOfParsing(const std::vector<StateFile>& files) {
  const Time start = std::chrono::steady_clock::now();
  for (const StateFile& file : files) {
    if (!ParseYaml(file.text)) return 0;
  }
  return Duration(std::chrono::steady_clock::now() - start).count();
}

// Exit code 1: something would change.
Result<double> TimeOf(const std::vector<std::string>& command, int expected, const std::string& out) {
  const Time start = std::chrono::steady_clock::now();
  Result<testing::Process> process = testing::Process::Spawn({.argv = command, .log_file = out});
  if (!process) return Unexpected(process.error());
  const std::optional<int> code = process->Wait(std::chrono::minutes(2));
  if (code != expected) return Unexpected(Failure(command[1] + " failed: " + process->Log(1000)));
  return Duration(std::chrono::steady_clock::now() - start).count();
}

Result<double> MedianOf(const std::vector<std::string>& command, int expected, int times,
                        const std::string& out) {
  std::vector<double> found;
  for (int i = 0; i < times; ++i) {
    std::filesystem::remove(out);  // else the next is added to it
    const Result<double> time = TimeOf(command, expected, out);
    if (!time) return Unexpected(time.error());
    found.push_back(*time);
  }
  return Median(found);
}

// A rule of access for every pod of the mesh, and every policy with another timeout.
std::vector<StateFile> EverythingChanged(const StateSize& size) {
  std::vector<StateFile> files = MakeState(size);
  std::erase_if(files, [](const StateFile& file) { return file.name.find("policies") == std::string::npos; });
  for (StateFile& file : files) {
    const std::string from = "perTryTimeout: 500ms", to = "perTryTimeout: 400ms";
    for (size_t at = file.text.find(from); at != std::string::npos; at = file.text.find(from, at))
      file.text.replace(at, from.size(), to);
  }
  files.push_back(
      {"99-mesh.yaml",
       "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: no-plain-text\n"
       "  namespace: istio-system\nspec:\n  action: DENY\n  rules:\n  - from:\n    - source: "
       "{notPrincipals: [\"*\"]}\n"});
  return files;
}

void Write(const std::vector<StateFile>& files, const std::string& folder) {
  std::filesystem::create_directory(folder);
  for (const StateFile& file : files) testing::WriteFile(folder + "/" + file.name, file.text);
}

}  // namespace

Result<void> MeasurePreview(const BenchOptions& options, Table* table) {
  const StateSize& size = options.preview;
  table->Begin("preview", "fairleadctl diff and graph over " + std::to_string(size.services) +
                              " services in " + std::to_string(size.workspaces) + " workspaces, " +
                              std::to_string(ObjectsIn(size)) + " objects");
  testing::TempDir dir;
  const std::string base = dir / "base", one = dir / "one", all = dir / "all", out = dir / "out";
  const std::vector<StateFile> state = MakeState(size);
  Write(state, base);
  Write({{"workspace.yaml", WorkspaceText(size, 0, 1)}}, one);
  Write(EverythingChanged(size), all);
  std::vector<double> floors;
  for (int i = 0; i < options.renders; ++i) floors.push_back(TimeOfParsing(state));
  const struct {
    std::string number;
    std::vector<std::string> command;
    int expected;
  } rows[] = {
      {"diff, a workspace gives up a namespace",
       {options.programs.cli, "diff", "--base", base, "-f", one},
       1},
      {"diff, every policy and every pod's access change",
       {options.programs.cli, "diff", "--base", base, "-f", all},
       1},
      {"graph -o svg", {options.programs.cli, "graph", "-f", base}, 0},
  };
  for (const auto& row : rows) {
    const Result<double> time = MedianOf(row.command, row.expected, options.renders, out);
    if (!time) return Unexpected(time.error());
    table->Add({.number = row.number + ", median of " + std::to_string(options.renders),
                .unit = "s",
                .measured = *time / 1000,
                .floor = Median(floors) / 1000,
                .floor_is = "parsing the YAML of the base, on one thread",
                .target = 2});
  }
  return {};
}

}  // namespace fairlead::bench
