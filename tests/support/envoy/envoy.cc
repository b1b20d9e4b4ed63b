#include "tests/support/envoy/envoy.h"

#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

// Node, admin, the xDS cluster and where the configuration comes from; the rest is told over xDS.
std::string Bootstrap(const EnvoyOptions& o) {
  const std::string ads = R"({"ads": {}, "resource_api_version": "V3"})";
  return R"({"node": {"id": ")" + o.id + R"(", "cluster": ")" + o.cluster + R"(", "locality": {"region": ")" +
         o.region + R"(", "zone": ")" + o.zone + R"("}},
"admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
"dynamic_resources": {
  "ads_config": {"api_type": "DELTA_GRPC", "transport_api_version": "V3",
    "grpc_services": [{"envoy_grpc": {"cluster_name": "xds"}}]},
  "lds_config": )" +
         ads + R"(, "cds_config": )" + ads + R"(},
"layered_runtime": {"layers": [{"name": "static", "static_layer": {}},)" +
         (o.runtime ? R"( {"name": "fairlead", "rtds_layer": {"name": "fairlead", "rtds_config":
    {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "1s"}}},)"
                    : "") +
         R"( {"name": "admin", "admin_layer": {}}]},
"static_resources": {"clusters": [{"name": "xds", "type": "STATIC", "connect_timeout": "1s",
  "typed_extension_protocol_options": {"envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
    "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
    "explicit_http_config": {"http2_protocol_options": {}}}},
  "load_assignment": {"cluster_name": "xds", "endpoints": [{"lb_endpoints": [{"endpoint": {"address":
    {"socket_address": {"address": "127.0.0.1", "port_value": )" +
         std::to_string(o.xds_port) + R"(}}}}]}]}}]}}
)";
}

// "127.0.0.1:40123", as --admin-address-path holds it; 0: not written yet.
int PortOf(const std::string& address) {
  const size_t colon = address.rfind(':');
  return colon == std::string::npos ? 0 : std::atoi(address.c_str() + colon + 1);
}

bool IsReady(Envoy& envoy, int) { return envoy.Admin("/ready").starts_with("LIVE"); }

bool Listens(Envoy& envoy, int port) {
  const std::string needle = "127.0.0.1:" + std::to_string(port);
  const std::string listeners = envoy.Admin("/listeners") + "\n";
  return listeners.find(needle + "\n") != std::string::npos;
}

}  // namespace

std::string Envoy::Program() {
  const char* cache = std::getenv("FAIRLEAD_CACHE");
  if (cache != nullptr && *cache != '\0') return std::string(cache) + "/current/bin/envoy";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.cache/fairlead/current/bin/envoy";
}

std::string Envoy::Missing() {
  if (access(Program().c_str(), X_OK) == 0) return "";
  return "there is no " + Program() + ": run `tools/setup envoy`";
}

Result<std::unique_ptr<Envoy>> Envoy::Start(const EnvoyOptions& options) {
  if (const std::string why = Missing(); !why.empty()) return Unexpected(Error{ErrorClass::kFatal, why});
  std::unique_ptr<Envoy> envoy(new Envoy());
  const TempDir& dir = envoy->dir_;
  WriteFile(dir / "bootstrap.json", Bootstrap(options));
  SpawnOptions spawn{.argv = {Program(), "-c", dir / "bootstrap.json", "--use-dynamic-base-id",
                              "--concurrency", "1", "--admin-address-path", dir / "admin", "--log-level",
                              options.log_level, "--drain-time-s", "1", "--parent-shutdown-time-s", "2"},
                     .env = {{"TMPDIR", dir.path()}},
                     .log_file = dir / "envoy.log"};
  spawn.argv.insert(spawn.argv.end(), options.flags.begin(), options.flags.end());
  Result<Process> process = Process::Spawn(spawn);
  if (!process) return Unexpected(process.error());
  envoy->process_ = std::move(*process);
  const Result<void> up = envoy->Await(
      "start", std::chrono::seconds(30), {},
      [](Envoy& e, int) {
        e.admin_port_ = PortOf(ReadFile(e.dir_ / "admin"));
        return e.admin_port_ != 0 && !e.Admin("/ready").empty();
      },
      0);
  if (!up) return Unexpected(up.error());
  return envoy;
}

std::string Envoy::Admin(const std::string& path, const std::string& method) const {
  HttpClient client("127.0.0.1", admin_port_);
  return client.Call({.method = method, .path = path, .timeout = std::chrono::seconds(5)}).body;
}

long Envoy::Stat(const std::string& name) const {
  const std::string text = "\n" + Admin("/stats");
  const size_t at = text.find("\n" + name + ": ");
  return at == std::string::npos ? -1 : std::atol(text.c_str() + at + name.size() + 3);
}

// The admin interface can only be asked, so this asks again until it holds. The pause ends early on `stop`.
Result<void> Envoy::Await(const std::string& what, std::chrono::milliseconds timeout, std::stop_token stop,
                          bool (*holds)(Envoy&, int), int argument) {
  const auto deadline = SteadyClock::now() + timeout;
  while (!holds(*this, argument)) {
    const std::string tail = " (its log: " + Log() + ")";
    if (stop.stop_requested()) return Unexpected(Error{ErrorClass::kCancelled, "stopped"});
    if (!process_.Running())
      return Unexpected(Error{ErrorClass::kFatal, "Envoy ended before its " + what + tail});
    if (SteadyClock::now() >= deadline) {
      return Unexpected(Error{ErrorClass::kTransient, "no " + what + " of Envoy in time" + tail});
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return {};
}

Result<void> Envoy::AwaitReady(std::chrono::milliseconds timeout, std::stop_token stop) {
  return Await("first configuration", timeout, std::move(stop), &IsReady, 0);
}

Result<void> Envoy::AwaitListener(int port, std::chrono::milliseconds timeout, std::stop_token stop) {
  return Await("listener on port " + std::to_string(port), timeout, std::move(stop), &Listens, port);
}

}  // namespace fairlead::testing
