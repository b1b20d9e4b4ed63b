// Session: one connection of the webhook server: handshake, then requests one after the other.
//
// Who calls: server.cc and session.cc only (it includes Boost.Beast). All of it runs on the server's one
// thread but for a handler that is not quick: it runs on a worker while the session waits.
#pragma once

// clang-format off
#include <utility>  // before asio, whose awaitable.hpp wants std::exchange
// clang-format on

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "crds/base/clock.h"
#include "webhooks/server/server.h"

namespace fairlead::webhooks {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

class Session;

// What sessions share. The server's thread only, but for `endpoints` and `metrics`.
struct SessionContext {
  ServerOptions options;
  std::map<std::string, Server::Endpoint> endpoints;
  ServerMetrics* metrics = nullptr;
  asio::io_context* io = nullptr;
  asio::thread_pool* workers = nullptr;
  std::list<Session*> sessions;    // the one that became idle last is the last
  size_t requests = 0;             // with the workers
  size_t large = 0;                // bodies that are held or read
  bool draining = false;           // each connection ends with its next reply
  bool closing = false;            // and those without a request at once
  std::function<void()> on_ended;  // a session has gone
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, TlsContext tls, SessionContext* context);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void Start();
  // Waits for the peer's first byte, of the handshake or of a request.
  bool idle() const { return phase_ == Phase::kIdle || phase_ == Phase::kHandshake; }
  bool served() const { return served_; }
  void EndWhenIdle();  // now, if it is idle
  void Evict();
  void Cut();  // at once, whatever it does

 private:
  enum class Phase : unsigned char { kHandshake, kIdle, kReading, kJudging, kWriting, kEnding };
  using Parser = http::request_parser<http::string_body>;

  void Await();
  void ReadHeader();
  void OnHeader(beast::error_code error);
  void ReadBody();
  void OnBody(beast::error_code error);
  bool ParseRead(bool body, beast::error_code* error);
  void Run(const Server::Endpoint& endpoint);
  template <class H>
  std::optional<Answer> Ask(const H& handler, Clock::TimePoint begun) const;
  void OnAnswer(Answer answer);
  void Pause(Answer answer);  // and then Send
  void Send(Answer answer);
  void Reply(http::status status, std::string_view type, std::string body, bool keep);
  void Refuse(Refusal refusal, http::status status, std::string text);
  void Linger();  // reads on for a moment, so that a peer that still writes sees the reply
  void End();
  void Fail(beast::error_code error);
  void Expire(std::chrono::milliseconds after) { beast::get_lowest_layer(stream_).expires_after(after); }
  void ReleaseLarge();

  SessionContext* const context_;
  const TlsContext tls_;
  asio::ssl::context ssl_;
  beast::ssl_stream<beast::tcp_stream> stream_;
  std::list<Session*>::iterator place_;
  Phase phase_ = Phase::kHandshake;
  bool served_ = false;
  bool large_ = false;
  bool evicted_ = false;
  size_t lingered_ = 0;
  beast::flat_buffer buffer_;
  std::optional<Parser> parser_;
  http::response<http::string_body> reply_;
  asio::steady_timer pause_;
};

}  // namespace fairlead::webhooks
