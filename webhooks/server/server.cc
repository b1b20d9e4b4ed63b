#include "webhooks/server/server.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "webhooks/server/session.h"

namespace fairlead::webhooks {
namespace {

constexpr int kBacklog = 256;
constexpr std::chrono::milliseconds kAcceptPause{100};

Unexpected<Error> Fatal(std::string message) {
  return Unexpected(Error{ErrorClass::kFatal, std::move(message)});
}

}  // namespace

std::string_view ToString(Refusal refusal) {
  constexpr std::array<std::string_view, kRefusalCount> kNames = {
      "handshake", "slow", "malformed", "too_large", "not_found", "busy", "evicted", "exception"};
  return kNames[static_cast<size_t>(refusal)];
}

struct Server::Impl {
  Impl(const ServerOptions& options, std::map<std::string, Endpoint> endpoints, ServerMetrics* metrics)
      : pool(static_cast<size_t>(options.workers)) {
    context.options = options;
    context.endpoints = std::move(endpoints);
    context.metrics = metrics;
    context.io = &io;
    context.workers = &pool;
    context.on_ended = [this] {
      std::lock_guard lock(mutex);
      sessions = context.sessions.size();
      ended.notify_all();
    };
  }
  ~Impl() { Drain({}); }

  Result<void> Listen();
  void Accept();
  void Take(tcp::socket socket);
  bool MakeRoom();
  void Drain(const DrainTimes& drain);

  std::mutex mutex;  // guards tls, sessions and hurried
  std::condition_variable ended;
  TlsContext tls;
  size_t sessions = 0;
  bool hurried = false;
  int port = 0;
  SessionContext context;  // outlives io, whose end is the end of what is left of sessions
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  tcp::acceptor acceptor{io};
  asio::steady_timer pause{io};
  asio::thread_pool pool;
  std::thread thread;
};

Result<void> Server::Impl::Listen() {
  const ServerOptions& o = context.options;
  boost::system::error_code error;
  // An address of every interface takes IPv4 as well.
  const asio::ip::address ip =
      o.host.empty() ? asio::ip::address(asio::ip::address_v6::any())
                     : asio::ip::make_address(o.host == "localhost" ? "127.0.0.1" : o.host, error);
  if (error) return Fatal("\"" + o.host + "\" is no IP address");
  const tcp::endpoint endpoint(ip, o.port);
  try {
    acceptor.open(endpoint.protocol());
    acceptor.set_option(tcp::acceptor::reuse_address(true));
    if (endpoint.protocol() == tcp::v6()) acceptor.set_option(asio::ip::v6_only(false));
    acceptor.bind(endpoint);
    acceptor.listen(kBacklog);
    port = acceptor.local_endpoint().port();
  } catch (const std::exception& e) {
    return Fatal("cannot listen at " + o.host + ":" + std::to_string(o.port) + ": " + e.what());
  }
  return {};
}

void Server::Impl::Accept() {
  acceptor.async_accept([this](beast::error_code error, tcp::socket socket) {
    if (error == asio::error::operation_aborted || !acceptor.is_open()) return;
    if (error) {  // out of descriptors, most likely: the same would come at once again
      pause.expires_after(kAcceptPause);
      return pause.async_wait([this](beast::error_code cancelled) {
        if (!cancelled) Accept();
      });
    }
    if (context.sessions.size() < context.options.max_connections || MakeRoom()) {
      Take(std::move(socket));
    } else {
      context.metrics->OnRefused(Refusal::kBusy);
    }
    Accept();
  });
}

void Server::Impl::Take(tcp::socket socket) {
  beast::error_code ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  TlsContext current;
  {
    std::lock_guard lock(mutex);
    current = tls;
  }
  if (current == nullptr) return context.metrics->OnRefused(Refusal::kHandshake);
  const auto session = std::make_shared<Session>(std::move(socket), std::move(current), &context);
  {
    std::lock_guard lock(mutex);
    sessions = context.sessions.size();
  }
  session->Start();
}

// Whoever was never served, and else whoever has been idle for longest.
bool Server::Impl::MakeRoom() {
  Session* victim = nullptr;
  for (Session* session : context.sessions) {
    if (!session->idle()) continue;
    if (victim == nullptr || (victim->served() && !session->served())) victim = session;
    if (!victim->served()) break;
  }
  if (victim == nullptr) return false;
  victim->Evict();
  return true;
}

void Server::Impl::Drain(const DrainTimes& drain) {
  if (!thread.joinable()) return;
  asio::post(io, [this] { context.draining = true; });
  {
    // A connection may come at any time: that there is none now ends nothing.
    std::unique_lock lock(mutex);
    ended.wait_for(lock, drain.serve, [this] { return hurried; });
  }
  asio::post(io, [this] {
    context.closing = true;
    beast::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (Session* session : context.sessions) session->EndWhenIdle();
  });
  {
    std::unique_lock lock(mutex);
    ended.wait_for(lock, drain.finish, [this] { return sessions == 0; });
  }
  asio::post(io, [this] {
    for (Session* session : context.sessions) session->Cut();
  });
  pool.join();  // handlers end by themselves
  work.reset();
  asio::post(io, [this] { io.stop(); });
  thread.join();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::Start(const ServerOptions& options, const TlsMaterial& tls,
                                              std::map<std::string, Endpoint> endpoints,
                                              ServerMetrics* metrics) {
  if (Result<TlsContext> usable = MakeTlsContext(tls); !usable) return Unexpected(usable.error());
  Result<std::unique_ptr<Server>> server = Listen(options, std::move(endpoints), metrics);
  if (!server) return server;
  if (Result<void> used = (*server)->SetTls(tls); !used) return Unexpected(used.error());
  return server;
}

Result<std::unique_ptr<Server>> Server::Listen(const ServerOptions& options,
                                               std::map<std::string, Endpoint> endpoints,
                                               ServerMetrics* metrics) {
  auto impl = std::make_unique<Impl>(options, std::move(endpoints), metrics);
  if (Result<void> listening = impl->Listen(); !listening) return Unexpected(listening.error());
  impl->Accept();
  impl->thread = std::thread([io = &impl->io] { io->run(); });
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

int Server::port() const { return impl_->port; }

Result<void> Server::SetTls(const TlsMaterial& tls) {
  Result<TlsContext> made = MakeTlsContext(tls);
  if (!made) return Unexpected(made.error());
  std::lock_guard lock(impl_->mutex);
  impl_->tls = std::move(*made);
  return {};
}

void Server::Hurry() {
  std::lock_guard lock(impl_->mutex);
  impl_->hurried = true;
  impl_->ended.notify_all();
}

void Server::Drain(const DrainTimes& drain) { impl_->Drain(drain); }

}  // namespace fairlead::webhooks
