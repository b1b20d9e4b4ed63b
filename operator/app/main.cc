#include <malloc.h>

#include <iostream>

#include "operator/app/app.h"
#include "operator/runtime/log.h"
#include "operator/runtime/signals.h"

namespace {

constexpr int kExitUsage = 2;

// Most threads of the libraries wait most of the time; an arena for each would hold what they once freed.
// Buffers of whole lists are mapped, so that they are gone with their last reader.
void BeFrugal() {
  mallopt(M_ARENA_MAX, 2);
  mallopt(M_MMAP_THRESHOLD, 256 << 10);
}

int Run(const fairlead::app::Options& options) {
  using namespace fairlead;
  runtime::Log::Configure({.level = *runtime::ParseLogLevel(options.log_level),
                           .format = *runtime::ParseLogFormat(options.log_format)});
  runtime::Signals signals;
  kube::ConfigSources sources;
  sources.kubeconfig = options.kubeconfig;
  Result<kube::ClusterConfig> cluster = kube::LoadConfig(sources);
  if (!cluster) {
    std::cerr << "fairlead-operator: " << cluster.error().message << "\n";
    return 1;
  }
  app::App app(options, *cluster);
  if (const Result<void> started = app.Start(); !started) {
    std::cerr << "fairlead-operator: " << started.error().message << "\n";
    return 1;
  }
  const int signal = signals.Wait({});
  runtime::Log::Default().Info("shutting down", {{"signal", signal}});
  app.Stop();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  BeFrugal();
  fairlead::Result<fairlead::app::ParsedOptions> parsed =
      fairlead::app::ParseOptions(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed) {
    const std::string& what = parsed.error().message;
    std::cerr << "fairlead-operator: " << what << "\n";
    if (what.find('\n') == std::string::npos)
      std::cerr << "Run 'fairlead-operator --help' for what it takes.\n";
    return kExitUsage;
  }
  if (!parsed->help.empty()) {
    std::cout << parsed->help;
    return 0;
  }
  return Run(parsed->options);
}
