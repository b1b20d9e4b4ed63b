#include "tests/support/kube/real_cluster.h"

#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "crds/base/json.h"
#include "crds/base/yaml.h"

namespace fairlead::testing {
namespace {

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string CacheDir() {
  return Env("FAIRLEAD_CACHE").empty() ? Env("HOME") + "/.cache/fairlead" : Env("FAIRLEAD_CACHE");
}

// The folder that holds the programs; "" when there is none.
std::string AssetDir() {
  std::vector<std::string> candidates;
  if (!Env("KUBEBUILDER_ASSETS").empty()) candidates.push_back(Env("KUBEBUILDER_ASSETS"));
  candidates.push_back(CacheDir() + "/current/bin");
  for (const std::string& dir : candidates) {
    if (access((dir + "/etcd").c_str(), X_OK) == 0 && access((dir + "/kube-apiserver").c_str(), X_OK) == 0) {
      return dir;
    }
  }
  return "";
}

bool IsEstablished(const std::string& crd) {
  Result<JsonDocument> doc = JsonDocument::Parse(crd, 16u << 20);
  const std::optional<JsonNode> conditions =
      doc ? doc->root().FindPath({"status", "conditions"}) : std::nullopt;
  if (!conditions) return false;
  for (JsonNode condition : conditions->Items()) {
    if (condition.StringAt("type") == "Established") return condition.StringAt("status") == "True";
  }
  return false;
}

std::string Cluster(const std::string& server, const std::string& ca_file) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: test\nclusters:\n- name: test\n  cluster:\n    "
         "server: " +
         server + "\n    certificate-authority: " + ca_file +
         "\ncontexts:\n- name: test\n  context: {cluster: test, user: test}\nusers:\n- name: test\n  user:\n";
}

// The program, from AssetDir or the cache (KUBEBUILDER_ASSETS has but the usual ones); "" where neither has
// it.
std::string FindProgram(const std::string& name) {
  for (const std::string& dir : {AssetDir(), CacheDir() + "/current/bin"}) {
    if (access((dir + "/" + name).c_str(), X_OK) == 0) return dir + "/" + name;
  }
  return "";
}

// Memory is there, and what is collected less leaves tests more of the CPU.
std::map<std::string, std::string> GoEnvironment(std::map<std::string, std::string> more = {}) {
  more.emplace("GOGC", "400");
  return more;
}

}  // namespace

std::string CrdFile(const std::string& name) { return CacheDir() + "/current/crds/" + name; }
std::string OpenApiDir() { return CacheDir() + "/current/openapi/v3"; }

std::string RealCluster::Missing(const RealClusterOptions& options) {
  if (AssetDir().empty()) {
    return "etcd and kube-apiserver are neither in KUBEBUILDER_ASSETS nor in the cache: run tools/setup";
  }
  for (const auto& [wanted, program] :
       {std::pair(options.controller_manager, "kube-controller-manager"),
        std::pair(options.scheduler, "kube-scheduler"), std::pair(options.kwok, "kwok")}) {
    if (wanted && FindProgram(program).empty()) return std::string(program) + " is missing: run tools/setup";
  }
  return "";
}

RealCluster::RealCluster(const RealClusterOptions& options) : options_(options), ca_("fairlead-test-ca") {}

RealCluster::~RealCluster() {
  kwok_.Kill();
  scheduler_.Kill();
  controller_manager_.Kill();
  apiserver_.Kill();
  etcd_.Kill();
}

Result<std::unique_ptr<RealCluster>> RealCluster::Start(const RealClusterOptions& options) {
  if (std::string why = Missing(options); !why.empty()) return Unexpected(Error{ErrorClass::kFatal, why});
  std::unique_ptr<RealCluster> cluster(new RealCluster(options));
  cluster->WriteCredentials();
  if (Result<void> r = cluster->StartEtcd(); !r) return Unexpected(r.error());
  cluster->port_ = FreePort();
  if (Result<void> r = cluster->StartApiServer(); !r) return Unexpected(r.error());
  WriteFile(cluster->kubeconfig_path(), Cluster(cluster->server(), cluster->ca_file()) +
                                            "    client-certificate: " + (cluster->dir_ / "admin.crt") +
                                            "\n    client-key: " + (cluster->dir_ / "admin.key") + "\n");
  if (options.controller_manager) {
    if (Result<void> r = cluster->StartController(
            "kube-controller-manager",
            {"--service-account-private-key-file=" + (cluster->dir_ / "sa.key"),
             "--root-ca-file=" + cluster->ca_file(),
             // Each controller by its own name, as installed clusters have it.
             "--use-service-account-credentials=true",
             // On a loaded machine kwok's heartbeats are late, and pods once called unready stay so.
             "--node-monitor-grace-period=1h"},
            &cluster->controller_manager_);
        !r) {
      return Unexpected(r.error());
    }
  }
  if (options.scheduler) {
    if (Result<void> r = cluster->StartController("kube-scheduler", {}, &cluster->scheduler_); !r) {
      return Unexpected(r.error());
    }
  }
  if (options.kwok) {
    if (Result<void> r = cluster->StartKwok(); !r) return Unexpected(r.error());
  }
  return cluster;
}

void RealCluster::WriteCredentials() {
  WriteFile(ca_file(), ca_.certificate_pem());
  const KeyPair serving = ca_.Issue(
      {.common_name = "kube-apiserver", .dns = {"localhost", "kubernetes.default.svc"}, .ip = {"127.0.0.1"}});
  WriteFile(dir_ / "apiserver.crt", serving.certificate_pem);
  WriteFile(dir_ / "apiserver.key", serving.key_pem);
  admin_ = IssueClient("admin", "system:masters");
  WriteFile(dir_ / "admin.crt", admin_.certificate_pem);
  WriteFile(dir_ / "admin.key", admin_.key_pem);
  const SigningKey key = MakeSigningKey();
  WriteFile(dir_ / "sa.key", key.private_pem);
  WriteFile(dir_ / "sa.pub", key.public_pem);
  WriteFile(dir_ / "tokens.csv",
            "admin,token-admin,token-admin,system:masters\noperator,operator,operator\nguest,guest,guest\n");
}

KeyPair RealCluster::IssueClient(const std::string& user, const std::string& group) const {
  return ca_.Issue({.common_name = user, .organizations = {group}});
}

std::string RealCluster::KubeconfigForToken(const std::string& token) const {
  return Cluster(server(), ca_file()) + "    token: " + token + "\n";
}

Result<void> RealCluster::StartEtcd() {
  etcd_port_ = FreePort();
  etcd_peer_port_ = FreePort();
  const std::string client = "http://127.0.0.1:" + std::to_string(etcd_port_);
  const std::string peer = "http://127.0.0.1:" + std::to_string(etcd_peer_port_);
  Result<Process> process =
      Process::Spawn({.argv = {AssetDir() + "/etcd", "--data-dir=" + (dir_ / "etcd"), "--unsafe-no-fsync",
                               "--log-level=warn", "--listen-client-urls=" + client,
                               "--advertise-client-urls=" + client, "--listen-peer-urls=" + peer,
                               "--initial-advertise-peer-urls=" + peer, "--initial-cluster=default=" + peer},
                      .env = GoEnvironment(),
                      .log_file = dir_ / "etcd.log"});
  if (!process) return Unexpected(process.error());
  etcd_ = std::move(*process);
  return AwaitReady(etcd_, etcd_port_, "/health", false);
}

Result<void> RealCluster::StartApiServer() {
  const std::string d = dir_.path() + "/";
  std::vector<std::string> argv = {
      AssetDir() + "/kube-apiserver",
      "--etcd-servers=http://127.0.0.1:" + std::to_string(etcd_port_),
      "--bind-address=127.0.0.1",
      "--secure-port=" + std::to_string(port_),
      "--tls-cert-file=" + d + "apiserver.crt",
      "--tls-private-key-file=" + d + "apiserver.key",
      "--client-ca-file=" + d + "ca.crt",
      "--token-auth-file=" + d + "tokens.csv",
      "--authorization-mode=RBAC",
      "--service-account-issuer=https://kubernetes.default.svc",
      "--service-account-key-file=" + d + "sa.pub",
      "--service-account-signing-key-file=" + d + "sa.key",
      "--service-cluster-ip-range=10.96.0.0/16",
      "--endpoint-reconciler-type=none",
      "--allow-privileged=true",
      "--shutdown-delay-duration=0s",
  };
  // Without its controller there are no service accounts, and their admission would refuse every pod.
  if (!options_.controller_manager) argv.push_back("--disable-admission-plugins=ServiceAccount");
  argv.insert(argv.end(), options_.apiserver_flags.begin(), options_.apiserver_flags.end());
  Result<Process> process = Process::Spawn(
      {.argv = argv, .env = GoEnvironment(options_.apiserver_env), .log_file = dir_ / "kube-apiserver.log"});
  if (!process) return Unexpected(process.error());
  apiserver_ = std::move(*process);
  return AwaitReady(apiserver_, port_, "/readyz", true);
}

// kube-controller-manager and kube-scheduler take the same flags.
Result<void> RealCluster::StartController(const std::string& program, const std::vector<std::string>& flags,
                                          Process* out) {
  const int port = FreePort();
  std::vector<std::string> argv = {FindProgram(program),
                                   "--kubeconfig=" + kubeconfig_path(),
                                   "--authentication-kubeconfig=" + kubeconfig_path(),
                                   "--authorization-kubeconfig=" + kubeconfig_path(),
                                   "--bind-address=127.0.0.1",
                                   "--secure-port=" + std::to_string(port),
                                   "--tls-cert-file=" + (dir_ / "apiserver.crt"),
                                   "--tls-private-key-file=" + (dir_ / "apiserver.key"),
                                   "--leader-elect=false",
                                   "--authorization-always-allow-paths=/healthz"};
  argv.insert(argv.end(), flags.begin(), flags.end());
  Result<Process> process =
      Process::Spawn({.argv = argv, .env = GoEnvironment(), .log_file = dir_ / (program + ".log")});
  if (!process) return Unexpected(process.error());
  *out = std::move(*process);
  return AwaitReady(*out, port, "/healthz", true);
}

Result<void> RealCluster::StartKwok() {
  const int port = FreePort();
  Result<Process> process = Process::Spawn(
      {.argv = {FindProgram("kwok"), "--kubeconfig=" + kubeconfig_path(),
                "--config=" + CacheDir() + "/current/kwok-stages.yaml", "--manage-all-nodes=true",
                "--cidr=10.244.0.0/16", "--server-address=127.0.0.1:" + std::to_string(port)},
       .env = GoEnvironment({{"HOME", dir_.path()}}),
       .log_file = dir_ / "kwok.log"});
  if (!process) return Unexpected(process.error());
  kwok_ = std::move(*process);
  return AwaitReady(kwok_, port, "/healthz", false);
}

Result<void> RealCluster::AddNode(const std::string& name, const std::string& zone) const {
  const HttpReply reply =
      Call("POST", "/api/v1/nodes",
           R"({"metadata":{"name":")" + name + R"(","labels":{"kubernetes.io/hostname":")" + name +
               R"(","topology.kubernetes.io/zone":")" + zone +
               R"("}},"status":{"allocatable":{"cpu":"8","memory":"16Gi","pods":"100"},)"
               R"("capacity":{"cpu":"8","memory":"16Gi","pods":"100"}}})");
  if (!reply.ok()) return Unexpected(Error{ErrorClass::kFatal, name + ": " + reply.body});
  return {};
}

Result<void> RealCluster::AwaitReady(Process& process, int port, const std::string& path, bool tls) {
  const auto deadline = std::chrono::steady_clock::now() + options_.ready_timeout;
  HttpReply reply;
  while (std::chrono::steady_clock::now() < deadline) {
    reply = HttpCall({.port = port,
                      .ca_pem = tls ? ca_pem() : "",
                      .path = path,
                      .token = tls ? "admin" : "",
                      .timeout_seconds = 5});
    if (reply.ok()) return {};
    // The programs offer no event for readiness: look again soon, or at once when they have ended.
    if (process.Wait(std::chrono::milliseconds(50))) break;
  }
  return Unexpected(
      Error{ErrorClass::kFatal, "not ready at " + path + ": " + reply.body + "\n" + process.Log()});
}

HttpReply RealCluster::Call(const std::string& method, const std::string& path, const std::string& body,
                            const std::string& content_type) const {
  return HttpCall({.port = port_,
                   .ca_pem = ca_pem(),
                   .certificate_pem = admin_.certificate_pem,
                   .key_pem = admin_.key_pem,
                   .method = method,
                   .path = path,
                   .content_type = content_type,
                   .body = body});
}

HttpReply RealCluster::CallAs(const KeyPair& user, const std::string& method, const std::string& path,
                              const std::string& body, const std::vector<std::string>& headers) const {
  return HttpCall({.port = port_,
                   .ca_pem = ca_pem(),
                   .certificate_pem = user.certificate_pem,
                   .key_pem = user.key_pem,
                   .method = method,
                   .path = path,
                   .headers = headers,
                   .body = body});
}

Result<void> RealCluster::ApplyCrds(const std::string& file) const {
  const auto failed = [&](const std::string& what) {
    return Unexpected(Error{ErrorClass::kFatal, file + ": " + what});
  };
  Result<std::vector<YamlDocument>> docs = ParseYaml(ReadFile(file));
  if (!docs) return failed(docs.error().message);
  std::vector<std::string> paths;
  for (const YamlDocument& document : *docs) {
    Result<JsonDocument> doc = JsonDocument::Parse(document.json, 16u << 20);
    if (!doc) return failed(doc.error().message);
    if (doc->root().StringAt("kind") != "CustomResourceDefinition") continue;
    paths.push_back("/apis/apiextensions.k8s.io/v1/customresourcedefinitions/" +
                    std::string(doc->root().Find("metadata")->StringAt("name")));
    const HttpReply reply = Call("PATCH", paths.back() + "?fieldManager=tests&force=true", document.json,
                                 "application/apply-patch+yaml");
    if (!reply.ok()) return failed(paths.back() + ": " + reply.body);
  }
  if (paths.empty()) return failed("holds no CRD");
  const auto deadline = std::chrono::steady_clock::now() + options_.ready_timeout;
  for (const std::string& path : paths) {
    while (!IsEstablished(Call("GET", path).body)) {
      if (std::chrono::steady_clock::now() > deadline) return failed(path + " is not established");
    }
  }
  return {};
}

void RealCluster::PauseApiServer() { apiserver_.Signal(SIGSTOP); }
void RealCluster::ResumeApiServer() { apiserver_.Signal(SIGCONT); }
void RealCluster::KillApiServer() { apiserver_.Kill(); }

std::string RealCluster::Logs() const {
  return "--- etcd\n" + etcd_.Log(2048) + "\n--- kube-apiserver\n" + apiserver_.Log(8192) +
         "\n--- kube-controller-manager\n" + controller_manager_.Log(2048) + "\n--- kube-scheduler\n" +
         scheduler_.Log(2048) + "\n--- kwok\n" + kwok_.Log(2048);
}

}  // namespace fairlead::testing
