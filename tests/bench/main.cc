// fairlead-bench: the numbers, each beside its floor, all in one run. docs/benchmarks.md says how they are
// measured.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "crds/base/json_write.h"
#include "operator/runtime/log.h"
#include "tests/bench/groups.h"

namespace fairlead::bench {

double Quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<size_t>(std::ceil(q * static_cast<double>(values.size())));
  return values[std::min(values.size() - 1, rank == 0 ? 0 : rank - 1)];
}

double Median(std::vector<double> values) { return Quantile(std::move(values), 0.5); }

Error Failure(const std::string& what, const Rig* rig) {
  return {ErrorClass::kFatal,
          rig == nullptr ? what : what + "\n--- end of the operator's log\n" + rig->OperatorLog()};
}

namespace {

constexpr int kExitUsage = 2;
constexpr char kUsage[] =
    "fairlead-bench: the operator's numbers, each beside its floor.\n"
    "  --only GROUP    one of changes, writes, scale, failover, clusters, admission, tenancy, "
    "render, preview (repeat)\n"
    "  --quick         fewer repetitions\n"
    "  --tiny          a state so small that the numbers say nothing: shows that the benchmark works\n"
    "  --json FILE     the table for machines\n"
    "  --strict        exit status 1 where a target is missed; else only where a count is, or a group fails\n"
    "  --programs DIR  where fairlead-operator, fairleadctl and fairlead-apiserver are (beside this one)\n"
    "  --no-envoy      without the real Envoy\n";

struct Group {
  const char* name;
  Result<void> (*measure)(const BenchOptions&, Table*);
};
constexpr Group kGroups[] = {
    {"changes", MeasureChanges},   {"writes", MeasureWrites},     {"scale", MeasureScale},
    {"failover", MeasureFailover}, {"clusters", MeasureClusters}, {"admission", MeasureAdmission},
    {"tenancy", MeasureTenancy},   {"render", MeasureRender},     {"preview", MeasurePreview}};

struct Flags {
  BenchOptions bench;
  std::set<std::string> only;
  std::string json;
  std::string programs;
  bool strict = false, help = false;
};

void BeQuick(BenchOptions* options) {
  options->changes = 30;
  options->starts = 1;
  options->renders = 1;
  options->idle = std::chrono::seconds(5);
  options->creates = 100;
  options->reviews = 4'000;
  options->drain = std::chrono::seconds(3);
}

void BeTiny(BenchOptions* options) {
  BeQuick(options);
  options->changes = 6;
  options->idle = std::chrono::seconds(1);
  options->small = StateOfRoutes(20);
  options->wide = StateOfRoutes(40);
  options->creates = 6;
  options->reviews = 60;
  options->tenants = {.services = 1, .namespaces = 20, .workspaces = 4};
  options->held = {.services = 1, .namespaces = 20, .workspaces = 4};
  options->tenancy = {.routes = 20, .policies = 40, .services = 20, .namespaces = 20, .workspaces = 4};
  options->preview = {
      .routes = 20, .policies = 12, .services = 8, .namespaces = 4, .waypoints = 1, .workspaces = 2};
  options->joined = {.services = 8, .namespaces = 2, .waypoints = 2, .endpoints = 2, .joined = true};
  options->large = {.routes = 40, .policies = 12, .services = 8, .namespaces = 4, .waypoints = 2};
}

bool Parse(const std::vector<std::string>& arguments, Flags* out) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& flag = arguments[i];
    const bool has_value = i + 1 < arguments.size();
    if (flag == "--help" || flag == "-h") {
      out->help = true;
    } else if (flag == "--quick") {
      BeQuick(&out->bench);
    } else if (flag == "--tiny") {
      BeTiny(&out->bench);
    } else if (flag == "--strict") {
      out->strict = true;
    } else if (flag == "--no-envoy") {
      out->bench.envoy = false;
    } else if (flag == "--only" && has_value) {
      const std::string name = arguments[++i];
      if (std::none_of(std::begin(kGroups), std::end(kGroups),
                       [&](const Group& g) { return g.name == name; }))
        return false;
      out->only.insert(name);
    } else if (flag == "--json" && has_value) {
      out->json = arguments[++i];
    } else if (flag == "--programs" && has_value) {
      out->programs = arguments[++i];
    } else {
      return false;
    }
  }
  std::error_code ignored;
  if (out->programs.empty())
    out->programs = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  out->bench.programs = {out->programs + "/fairlead-apiserver", out->programs + "/fairlead-operator",
                         out->programs + "/fairleadctl"};
  return true;
}

// What the machine is and what else it does: a number without it says little.
void PrintMachine(std::ostream& out) {
  std::ifstream cpu("/proc/cpuinfo");
  std::string model = "unknown CPU";
  int cores = 0;
  for (std::string line; std::getline(cpu, line);) {
    if (line.starts_with("model name")) model = line.substr(line.find(':') + 2);
    if (line.starts_with("processor")) ++cores;
  }
  std::string load;
  std::ifstream("/proc/loadavg") >> load;
  out << cores << " x " << model << ", load before: " << load << "\n" << std::flush;
}

int Run(const Flags& flags) {
  runtime::Log::Configure({.level = runtime::LogLevel::kError});  // of the client in this process
  PrintMachine(std::cout);
  Table table(std::cout);
  bool failed = false;
  for (const Group& group : kGroups) {
    if (!flags.only.empty() && !flags.only.contains(group.name)) continue;
    if (const Result<void> measured = group.measure(flags.bench, &table); !measured) {
      std::cerr << "fairlead-bench: " << group.name << ": " << measured.error().message << "\n";
      failed = true;
    }
  }
  table.Print();
  if (!flags.json.empty()) std::ofstream(flags.json) << WritePrettyJson(table.ToJson());
  if (!table.all_hold()) std::cout << "\nNot every target holds.\n";
  return failed || !table.counts_hold() || (flags.strict && !table.all_hold()) ? 1 : 0;
}

}  // namespace
}  // namespace fairlead::bench

int main(int argc, char** argv) {
  fairlead::bench::Flags flags;
  if (!fairlead::bench::Parse(std::vector<std::string>(argv + 1, argv + argc), &flags)) {
    std::cerr << fairlead::bench::kUsage;
    return fairlead::bench::kExitUsage;
  }
  if (flags.help) {
    std::cout << fairlead::bench::kUsage;
    return 0;
  }
  return fairlead::bench::Run(flags);
}
