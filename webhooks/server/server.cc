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
  Impl(const ServerOptions& options, std::map<std::string, Handler> handlers, ServerMetrics* metrics)
      : pool(static_cast<size_t>(options.workers)) {
    context.options = options;
    context.handlers = std::move(handlers);
    context.metrics = metrics;
    context.io = &io;
    context.workers = &pool;
    context.on_ended = [this] {
      std::lock_guard lock(mutex);
      sessions = context.sessions.size();
      ended.notify_all();
    };
  }
  ~Impl() { Drain(std::chrono::milliseconds(0)); }

  Result<void> Listen();
  void Accept();
  void Take(tcp::socket socket);
  bool MakeRoom();
  void Drain(std::chrono::milliseconds patience);

  std::mutex mutex;  // guards tls and sessions
  std::condition_variable ended;
  TlsContext tls;
  size_t sessions = 0;
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

void Server::Impl::Drain(std::chrono::milliseconds patience) {
  if (!thread.joinable()) return;
  asio::post(io, [this] {
    context.draining = true;
    beast::error_code ignored;
    acceptor.close(ignored);
    pause.cancel();
    for (Session* session : context.sessions) session->EndWhenIdle();
  });
  {
    std::unique_lock lock(mutex);
    ended.wait_for(lock, patience, [this] { return sessions == 0; });
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
                                              std::map<std::string, Handler> handlers,
                                              ServerMetrics* metrics) {
  Result<TlsContext> made = MakeTlsContext(tls);
  if (!made) return Unexpected(made.error());
  auto impl = std::make_unique<Impl>(options, std::move(handlers), metrics);
  impl->tls = std::move(*made);
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

void Server::Drain(std::chrono::milliseconds patience) { impl_->Drain(patience); }

}  // namespace fairlead::webhooks
