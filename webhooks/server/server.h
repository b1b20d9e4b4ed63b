// Server: the HTTPS server of the webhooks (HTTP/1.1 over TLS, kept connections), fit to face a network.
//
// Who calls: the composition root. One thread carries all connections, `workers` threads run the handlers;
// what is answered without any wait need not go to them and back.
// Every wait of a peer's has its limit and costs one of `max_connections` slots; when all are taken, the one
// that has been idle for longest makes room, those first that were never served. A handler that throws is a
// 500 and a metric.
//
//   auto server = Server::Listen({.port = 9443}, {{"/validate", {judge}}}, &metrics);
//   (*server)->SetTls(material);  // new handshakes use it; connections go on
//   (*server)->Drain({.serve = std::chrono::seconds(10), .finish = std::chrono::seconds(10)});
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crds/base/result.h"
#include "webhooks/server/tls_context.h"
#include "webhooks/verdict/gate.h"

namespace fairlead::webhooks {

struct ServerOptions {
  std::string host;   // an IP address; empty: all
  uint16_t port = 0;  // 0: any
  int workers = 2;
  size_t max_connections = 256;
  size_t max_requests = 128;  // being judged, or waiting for a worker
  size_t max_large = 16;      // requests whose body is longer than `small_body`, or of unknown length
  size_t max_header = 16u << 10;
  size_t small_body = 64u << 10;
  size_t max_body = 8u << 20;
  std::chrono::milliseconds handshake_timeout{10'000};
  std::chrono::milliseconds header_timeout{10'000};  // from the first byte
  std::chrono::milliseconds body_timeout{20'000};
  std::chrono::milliseconds write_timeout{10'000};
  // Until what is no review is answered: no API server sends that, and whoever floods us waits, not others.
  std::chrono::milliseconds malformed_pause{10};
  std::chrono::milliseconds idle_timeout{
      120'000};  // the API server gives its own up after 90 s, so that it is first
};

struct DrainTimes {
  std::chrono::milliseconds serve{0};
  std::chrono::milliseconds finish{0};
};

// What ended without a verdict, for metrics.
enum class Refusal : unsigned char {
  kHandshake,  // no TLS, an old version, no certificate of ours yet, none of a client where one is asked for
  kSlow,       // the peer used up the time for a handshake, headers, a body or a reply
  kMalformed,  // no HTTP, or broken off
  kTooLarge,   // headers or body over the limit
  kNotFound,   // path, method or content type
  kBusy,       // more requests than there may be at once
  kEvicted,    // an idle connection that made room
  kException,  // a handler threw
};
inline constexpr size_t kRefusalCount = static_cast<size_t>(Refusal::kException) + 1;
std::string_view ToString(Refusal refusal);  // "too_large"

// Called on threads of the server's. Thread-safe.
class ServerMetrics {
 public:
  virtual ~ServerMetrics() = default;
  virtual void OnConnections(size_t open) = 0;
  virtual void OnRefused(Refusal refusal) = 0;
  // `latency`: from the whole request until its reply is ready to be written.
  virtual void OnAnswer(const Answer& answer, std::chrono::nanoseconds latency) = 0;
};

class Server {
 public:
  using Handler = std::function<Answer(std::string_view body)>;  // of POSTs of application/json; any worker
  // On the thread of all connections, for bodies up to `small_body`: an answer that needs some tens of
  // microseconds and no wait, or nullopt, and the Handler is asked.
  using QuickHandler = std::function<std::optional<Answer>(std::string_view body)>;
  struct Endpoint {
    Handler handler;
    QuickHandler quick = nullptr;
  };

  // Takes no connection until SetTls has brought a certificate: each is refused as a handshake that failed.
  static Result<std::unique_ptr<Server>> Listen(const ServerOptions& options,
                                                std::map<std::string, Endpoint> endpoints,
                                                ServerMetrics* metrics);
  // The same with a certificate.
  static Result<std::unique_ptr<Server>> Start(const ServerOptions& options, const TlsMaterial& tls,
                                               std::map<std::string, Endpoint> endpoints,
                                               ServerMetrics* metrics);
  ~Server();  // Drain({})

  int port() const;
  // An error: it cannot be used, and the one before it stays. Any thread.
  Result<void> SetTls(const TlsMaterial& tls);
  // Serves on for `drain.serve`, so that whoever has not heard of our end yet is answered, but ends each
  // connection with its next reply: a caller that is told so sends nothing into a connection that is closing.
  // Then takes no further connection, closes those that are idle, answers what is under way and closes then.
  // Returns when all are closed, or after `drain.finish`, when the rest is cut.
  void Drain(const DrainTimes& drain);
  void Hurry();  // a Drain that serves on does so no longer, be it under way or to come. Any thread.

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::webhooks
