#include "tests/integration/operator/operator_process.h"

#include <unistd.h>

#include <algorithm>
#include <sstream>

#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

HttpAnswer Ask(int port, const std::string& path) {
  HttpClient client("127.0.0.1", port);
  return client.Call({.path = path, .timeout = std::chrono::seconds(20)});
}

}  // namespace

Result<void> OperatorProcess::Start(const OperatorOptions& options) {
  xds_port_ = FreePort();
  health_port_ = FreePort();
  metrics_port_ = FreePort();
  std::vector<std::string> argv = {FAIRLEAD_BINARY_DIR "/bin/fairlead-operator",
                                   "--kubeconfig=" + options.kubeconfig,
                                   "--leader-elect-identity=" + options.identity,
                                   "--xds-plaintext-bind-address=" + Local(xds_port_),
                                   "--health-probe-bind-address=" + Local(health_port_),
                                   "--metrics-bind-address=" + Local(metrics_port_)};
  argv.insert(argv.end(), options.flags.begin(), options.flags.end());
  Result<Process> process =
      Process::Spawn({.argv = argv, .env = options.env, .log_file = dir_ / "operator.log"});
  if (!process) return Unexpected(process.error());
  process_ = std::move(*process);
  return {};
}

bool OperatorProcess::Ready() const { return Ask(health_port_, "/readyz").status == 200; }

std::string OperatorProcess::ReadyText() const { return Ask(health_port_, "/readyz").body; }

std::string OperatorProcess::Get(const std::string& path) const {
  const HttpAnswer answer = Ask(metrics_port_, path);
  return answer.status == 200 ? answer.body : "";
}

double OperatorProcess::Metric(const std::string& name) const {
  std::istringstream lines(Get("/metrics"));
  double sum = 0;
  for (std::string line; std::getline(lines, line);) {
    const bool ours = line.starts_with(name) && line.size() > name.size() &&
                      (line[name.size()] == ' ' || line[name.size()] == '{');
    if (ours) sum += std::stod(line.substr(line.rfind(' ')));
  }
  return sum;
}

size_t OperatorProcess::ResidentBytes() const {
  std::istringstream statm(ReadFile("/proc/" + std::to_string(process_.pid()) + "/statm"));
  size_t total = 0, resident = 0;
  statm >> total >> resident;
  return resident * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

size_t OperatorProcess::LogLines() const {
  const std::string log = Log(SIZE_MAX);
  return static_cast<size_t>(std::count(log.begin(), log.end(), '\n'));
}

}  // namespace fairlead::testing
