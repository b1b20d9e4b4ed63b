// RealCluster: a real etcd and kube-apiserver on loopback, with the rest of a control plane where asked for,
// and kwok for nodes and pods that are none.
//
// Who calls: integration tests and benches. The programs come from KUBEBUILDER_ASSETS or
// $FAIRLEAD_CACHE/current/bin (made by tools/setup). Everything lives in a temporary directory on free ports
// and ends with the object, or with the test. RBAC is on; service-account tokens are signed; all is TLS.
// One thread at a time.
//
//   if (std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
//   auto cluster = RealCluster::Start();
//   ASSERT_TRUE(cluster) << cluster.error().message;
//   (*cluster)->Call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"shop"}})");
//   UseKubeconfig((*cluster)->kubeconfig_path());
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "tests/support/certificates.h"
#include "tests/support/kube/http_call.h"
#include "tests/support/process.h"

namespace fairlead::testing {

// A file of third-party definitions that tools/setup brought in: "gateway-standard.yaml",
// "gateway-experimental.yaml", "istio.yaml".
std::string CrdFile(const std::string& name);
std::string OpenApiDir();  // of the built-in kinds

struct RealClusterOptions {
  bool controller_manager = false;  // garbage collection, service accounts, endpoint slices
  bool scheduler = false;           // group scheduler of tools/setup
  bool kwok = false;                // group kwok: pods on nodes of AddNode become Ready by themselves
  std::vector<std::string> apiserver_flags;  // added last, so they win
  std::map<std::string, std::string> apiserver_env;
  std::chrono::seconds ready_timeout{90};
};

class RealCluster {
 public:
  static std::string Missing(const RealClusterOptions& options = {});  // why it cannot run; "" when it can
  static Result<std::unique_ptr<RealCluster>> Start(const RealClusterOptions& options = {});
  ~RealCluster();

  const std::string& dir() const { return dir_.path(); }
  int port() const { return port_; }
  std::string server() const { return "https://127.0.0.1:" + std::to_string(port_); }
  const std::string& ca_pem() const { return ca_.certificate_pem(); }
  std::string ca_file() const { return dir_ / "ca.crt"; }
  std::string kubeconfig_path() const { return dir_ / "admin.kubeconfig"; }  // client certificate of an admin

  // Tokens known to the API server: "admin" (system:masters), and without any right until a role is bound:
  // user "operator" (token "operator") and user "guest" (token "guest").
  std::string KubeconfigForToken(const std::string& token) const;  // text
  KeyPair IssueClient(const std::string& user, const std::string& group) const;

  // As an admin, over a connection of its own. Patches: pass their content type.
  HttpReply Call(const std::string& method, const std::string& path, const std::string& body = "",
                 const std::string& content_type = "application/json") const;

  // As whoever the client certificate says; `headers` as in HttpCallOptions.
  HttpReply CallAs(const KeyPair& user, const std::string& method, const std::string& path,
                   const std::string& body = "", const std::vector<std::string>& headers = {}) const;

  // Applies every CRD of a YAML file (others of its documents are passed over) and waits until all are
  // served.
  Result<void> ApplyCrds(const std::string& file) const;

  // A node that kwok plays. Needs options.kwok.
  Result<void> AddNode(const std::string& name, const std::string& zone) const;

  // Faults. Data and ports are kept.
  void PauseApiServer();          // SIGSTOP: connections stay open and silent
  void ResumeApiServer();         // SIGCONT
  void KillApiServer();           // SIGKILL
  Result<void> StartApiServer();  // and waits until it is ready
  bool ApiServerRunning() { return apiserver_.Running(); }

  std::string Logs() const;  // the ends of the logs, for a failing test's message

 private:
  RealCluster(const RealClusterOptions& options);
  void WriteCredentials();
  Result<void> StartEtcd();
  Result<void> StartController(const std::string& program, const std::vector<std::string>& flags,
                               Process* out);
  Result<void> StartKwok();
  Result<void> AwaitReady(Process& process, int port, const std::string& path, bool tls);

  RealClusterOptions options_;
  TempDir dir_;
  TestCa ca_;
  KeyPair admin_;
  int etcd_port_ = 0, etcd_peer_port_ = 0, port_ = 0;
  Process etcd_, apiserver_, controller_manager_, scheduler_, kwok_;
};

}  // namespace fairlead::testing
