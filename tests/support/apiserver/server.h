// ApiServer: an in-memory Kubernetes API server on a port of 127.0.0.1, for the demo and the fast tests.
//
// Who calls: tests, the demo, and the program fairlead-apiserver. Nothing of it is in the operator's own
// path. It speaks what kubectl 1.3x and the operator ask for; the rest it answers with 501 and a sentence.
// Serves on one thread of its own from Start() to Stop(); all methods are thread-safe.
//
//   auto server = ApiServer::Start({}).value();
//   WriteFile("kubeconfig", server->kubeconfig());
//   server->Apply(ParseJson(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})").value());
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "crds/base/result.h"
#include "tests/support/apiserver/api.h"

namespace fairlead::apiserver {

class HttpServer;

struct TlsFiles {
  std::string certificate;  // PEM files; empty: plain HTTP
  std::string key;
  std::string ca;  // what the kubeconfig names as the authority
};

struct ServerOptions {
  ApiOptions api;
  std::string host = "127.0.0.1";
  uint16_t port = 0;  // 0: any that is free
  TlsFiles tls;
  size_t max_connections = 1024;
  std::chrono::seconds bookmark_interval{60};
};

// Kubernetes' OpenAPI documents where tools/setup puts them ($FAIRLEAD_CACHE/current/openapi/v3); "" if they
// are not there.
std::string DefaultOpenapiDir();

class ApiServer {
 public:
  static Result<std::unique_ptr<ApiServer>> Start(ServerOptions options = {});
  ~ApiServer();

  uint16_t port() const;
  std::string url() const;  // "http://127.0.0.1:40123"
  // Text of a kubeconfig that kubectl and the operator can use; the token is one of ApiOptions::tokens.
  std::string kubeconfig(const std::string& token = "") const;

  Api& api() { return *api_; }
  Store& store() { return api_->store(); }
  Faults& faults() { return api_->faults(); }
  Audit& audit() { return api_->audit(); }

  // In process, past the faults and the audit; see Api.
  Outcome<Value> Apply(const Value& object, const std::string& manager = "test") {
    return api_->Apply(object, manager);
  }
  Outcome<Value> Read(const std::string& api_version, const std::string& kind, const std::string& ns,
                      const std::string& name) {
    return api_->ReadObject(api_version, kind, ns, name);
  }
  // Manifests (YAML or JSON, a file or all of a folder), definitions first.
  Result<void> ApplyFiles(const std::string& path);

  // Cuts every open connection; the server goes on.
  void DropConnections();
  void Stop();

 private:
  ApiServer(ServerOptions options);
  ServerOptions options_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> http_;
};

}  // namespace fairlead::apiserver
