// AdsServer: the aggregated discovery service (delta xDS over gRPC) on one or two listening sockets.
//
// Started by the composition root once the Catalog exists; every replica serves, leader or not. Thread-safe.
//
//   Result<std::unique_ptr<AdsServer>> server = AdsServer::Start({.plaintext_address = "127.0.0.1:15010"},
//   &catalog);
//   ...
//   (*server)->Shutdown(std::chrono::seconds(5));
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "crds/base/clock.h"
#include "crds/base/result.h"
#include "dataplane/xds/catalog.h"

namespace fairlead::xds {

// What the server counts. Called from its threads, without locks.
class AdsMetrics {
 public:
  virtual ~AdsMetrics() = default;
  virtual void OnStream(int change) = 0;  // +1: opened, -1: gone
  virtual void OnRefused() = 0;           // a stream or request beyond a limit, or malformed
  virtual void OnPush(Type type, size_t resources, size_t removed, size_t bytes) = 0;
  // The transport took the response; `since` the oldest change in it was published.
  virtual void OnWritten(Type type, std::chrono::nanoseconds since) = 0;
  virtual void OnAnswer(Type type, bool accepted) = 0;
};

struct AdsServerOptions {
  std::string plaintext_address;  // "127.0.0.1:15010"; loopback only; port 0: any. Empty: none
  std::string tls_address;        // client certificates are required. Empty: none
  std::string
      tls_certificate;  // PEM files, watched: a replacement serves new connections within two seconds.
  std::string tls_key;  // The pair is to be swapped in one step (a directory's symbolic link)
  std::string tls_client_ca;

  PeerBook* peers = nullptr;  // takes what other replicas report; null: they are refused. Outlives the server

  size_t max_streams = 4096;                    // open at once
  size_t max_request_bytes = 4u << 20;          // gRPC's default, what Envoy reckons with
  double new_streams_per_second_of_peer = 200;  // by the peer's IP address
  double new_streams_burst_of_peer = 1000;
  size_t max_requests_unanswered = 10'000;  // requests of a stream since its last response
};

class AdsServer {
 public:
  // An error: an address that cannot be bound, is not loopback, or files that cannot be read. `metrics` may
  // be null; all pointers outlive the server.
  static Result<std::unique_ptr<AdsServer>> Start(AdsServerOptions options, Catalog* catalog,
                                                  AdsMetrics* metrics = nullptr,
                                                  const Clock& clock = Clock::System());
  ~AdsServer();  // Shutdown(0 s)

  int plaintext_port() const;  // 0: not bound
  int tls_port() const;
  size_t streams() const;

  // No new streams; open ones are closed with UNAVAILABLE, so that their proxies try another replica; what
  // has not ended after `patience` is cut.
  void Shutdown(std::chrono::milliseconds patience);

 private:
  struct Impl;
  explicit AdsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::xds
