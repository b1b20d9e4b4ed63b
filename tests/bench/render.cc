#include <sys/resource.h>

#include <filesystem>

#include "crds/base/yaml.h"
#include "tests/bench/groups.h"

namespace fairlead::bench {
namespace {

double TimeOfParsing(const std::vector<std::string>& files) {
  const Time start = std::chrono::steady_clock::now();
  for (const std::string& file : files) {
    if (!ParseYaml(testing::ReadFile(file))) return 0;
  }
  return Duration(std::chrono::steady_clock::now() - start).count();
}

// Of the children that have ended.
double CpuOfChildren() {
  rusage usage{};
  getrusage(RUSAGE_CHILDREN, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Result<double> TimeOfRender(const std::string& cli, const std::string& folder, const std::string& out) {
  const Time start = std::chrono::steady_clock::now();
  Result<testing::Process> process =
      testing::Process::Spawn({.argv = {cli, "render", "-f", folder}, .log_file = out});
  if (!process) return Unexpected(process.error());
  const std::optional<int> code = process->Wait(std::chrono::minutes(2));
  if (code != 0) return Unexpected(Failure("fairleadctl render failed: " + process->Log(1000)));
  return Duration(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Result<void> MeasureRender(const BenchOptions& options, Table* table) {
  const StateSize& size = options.large;
  table->Begin("render",
               "fairleadctl render of a folder with " + std::to_string(ObjectsIn(size)) + " objects");
  testing::TempDir dir;
  const std::string state = dir / "state";
  std::filesystem::create_directory(state);
  std::vector<std::string> files;
  size_t bytes = 0;
  for (const StateFile& file : MakeState(size)) {
    files.push_back(state + "/" + file.name);
    bytes += file.text.size();
    testing::WriteFile(files.back(), file.text);
  }
  table->Note(std::to_string(files.size()) + " files, " + std::to_string(bytes / 1024) + " KiB");
  std::vector<double> times, floors, cpu;
  for (int i = 0; i < options.renders; ++i) {
    std::filesystem::remove(dir / "out.yaml");  // else the next is added to it
    const double before = CpuOfChildren();
    const Result<double> time = TimeOfRender(options.programs.cli, state, dir / "out.yaml");
    if (!time) return Unexpected(time.error());
    times.push_back(*time);
    cpu.push_back(CpuOfChildren() - before);
    floors.push_back(TimeOfParsing(files));
  }
  const uintmax_t printed = std::filesystem::file_size(dir / "out.yaml");
  if (printed < bytes / 4)
    return Unexpected(Failure("fairleadctl render printed only " + std::to_string(printed) + " bytes"));
  table->Note("prints " + std::to_string(printed / 1024) + " KiB");
  table->Add({.number = "fairleadctl render, median of " + std::to_string(options.renders),
              .unit = "s",
              .measured = Median(times) / 1000,
              .floor = Median(floors) / 1000,
              .floor_is = "reading the files and parsing their YAML, on one thread",
              .target = 1});
  table->Add({.number = "CPU time of it, all threads", .unit = "s", .measured = Median(cpu)});
  return {};
}

}  // namespace fairlead::bench
