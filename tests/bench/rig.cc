#include "tests/bench/rig.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <sstream>
#include <thread>

#include "crds/base/json.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::bench {
namespace {

constexpr char kUserAgent[] = "fairlead-bench";
constexpr char kOperatorAgent[] = "fairlead-operator";
constexpr std::chrono::milliseconds kQuiet{300};

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

bool Accepts(int port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const bool connected = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return connected;
}

}  // namespace

bool Await(const std::function<bool()>& holds, std::chrono::milliseconds limit) {
  const Time end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

ProcessFigures FiguresOf(pid_t pid) {
  ProcessFigures out;
  const std::string proc = "/proc/" + std::to_string(pid);
  std::istringstream status(testing::ReadFile(proc + "/status"));
  for (std::string line; std::getline(status, line);) {
    const auto megabytes = [&line] { return std::stod(line.substr(line.find(':') + 1)) / 1024; };
    if (line.starts_with("VmRSS:")) out.resident_mb = megabytes();
    if (line.starts_with("VmHWM:")) out.peak_mb = megabytes();
  }
  const std::string stat = testing::ReadFile(proc + "/stat");
  std::istringstream fields(stat.substr(std::min(stat.size(), stat.rfind(')') + 2)));
  std::string field;
  double ticks = 0;
  for (int i = 3; fields >> field; ++i) {
    if (i == 14 || i == 15) ticks += std::stod(field);  // utime, stime
  }
  out.cpu_seconds = ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
  return out;
}

Result<std::unique_ptr<Rig>> Rig::Start(const Programs& programs, const StateSize& size) {
  std::unique_ptr<Rig> rig(new Rig);
  rig->size_ = size;
  rig->operator_program_ = programs.controller;
  rig->xds_port_ = testing::FreePort();
  if (Result<void> r = rig->StartApiServer(programs); !r) return Unexpected(r.error());
  kube::ConfigSources sources;
  sources.kubeconfig = rig->dir_ / "kubeconfig";
  Result<kube::ClusterConfig> config = kube::LoadConfig(sources);
  if (!config) return Unexpected(config.error());
  Result<std::unique_ptr<kube::HttpTransport>> transport =
      kube::MakeTransport(*config, {.user_agent = kUserAgent});
  if (!transport) return Unexpected(transport.error());
  rig->transport_ = std::move(*transport);
  rig->client_ = std::make_unique<kube::Client>(rig->transport_.get());
  return rig;
}

Result<void> Rig::StartApiServer(const Programs& programs) {
  const std::string state = dir_ / "state";
  std::filesystem::create_directory(state);
  for (const StateFile& file : MakeState(size_)) testing::WriteFile(state + "/" + file.name, file.text);
  Result<testing::Process> process =
      testing::Process::Spawn({.argv = {programs.api_server, "--kubeconfig-out", dir_ / "kubeconfig",
                                        "--openapi", "", "--crds", testing::CrdFile("gateway-standard.yaml"),
                                        "--crds", FAIRLEAD_SOURCE_DIR "/crds/schema", "--crds", state},
                               .log_file = dir_ / "apiserver.log"});
  if (!process) return Unexpected(process.error());
  api_ = std::move(*process);
  const bool listening =
      Await([this] { return !api_.Running() || api_.Log().find("listening on") != std::string::npos; },
            std::chrono::minutes(5));
  if (!listening || !api_.Running())
    return Unexpected(Error{ErrorClass::kFatal, "no API server: " + api_.Log()});
  return {};
}

Result<void> Rig::StartOperator(const std::vector<std::string>& flags) {
  std::vector<std::string> argv = {operator_program_,
                                   "--kubeconfig",
                                   dir_ / "kubeconfig",
                                   "--xds-plaintext-bind-address",
                                   Local(xds_port_),
                                   "--log-level",
                                   "warn",
                                   "--health-probe-bind-address",
                                   "0"};
  if (std::find(flags.begin(), flags.end(), "--metrics-bind-address") == flags.end())
    argv.insert(argv.end(), {"--metrics-bind-address", "0"});
  argv.insert(argv.end(), flags.begin(), flags.end());
  Result<testing::Process> process =
      testing::Process::Spawn({.argv = std::move(argv), .log_file = dir_ / "operator.log"});
  if (!process) return Unexpected(process.error());
  operator_ = std::move(*process);
  if (!Await([this] { return !operator_.Running() || Accepts(xds_port_); }) || !operator_.Running()) {
    return Unexpected(Error{ErrorClass::kFatal, "no operator: " + operator_.Log()});
  }
  return {};
}

std::string Rig::Kubeconfig() const { return testing::ReadFile(dir_ / "kubeconfig"); }

std::string Rig::Ask(const std::string& method, const std::string& path, const std::string& body) {
  const Result<kube::HttpResponse> response =
      transport_->Call({.method = method, .path = path, .content_type = "application/json", .body = body});
  return response ? response->body : "";
}

Asked Rig::Audit() {
  Asked out;
  const Result<JsonDocument> counts =
      JsonDocument::Parse(Ask("GET", std::string("/audit?userAgent=") + kOperatorAgent));
  if (!counts) return out;
  for (const auto& [what, count] : counts->root().Members()) {
    const int n = static_cast<int>(JsonNode(count).AsInt().value_or(0));
    if (what.starts_with("list ")) out.lists += n;
    if (what.starts_with("get ") || what.starts_with("list ") || what.starts_with("watch ") || what.empty())
      continue;
    out.writes += n;
    out.writes_in_words +=
        (out.writes_in_words.empty() ? "" : ", ") + std::string(what) + " " + std::to_string(n);
  }
  return out;
}

Asked Rig::AwaitQuiet() {
  Asked last = Audit();
  Time since = std::chrono::steady_clock::now();
  Await([&] {
    Asked now = Audit();
    if (now.writes != last.writes) since = std::chrono::steady_clock::now();
    last = std::move(now);
    return std::chrono::steady_clock::now() - since > kQuiet;
  });
  return last;
}

void Rig::ExpireWatches(int watches) {
  Ask("POST", "/faults",
      R"({"verb":"watch","userAgent":")" + std::string(kOperatorAgent) +
          R"(","kind":"WatchExpire","times":)" + std::to_string(watches) + "}");
}

}  // namespace fairlead::bench
