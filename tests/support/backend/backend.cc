#include "tests/support/backend/backend.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <list>
#include <mutex>
#include <stop_token>
#include <thread>

#include "tests/support/http_wire.h"

namespace fairlead::testing {
namespace {

constexpr std::chrono::hours kIdle{1};

// Bound to a free port of 127.0.0.1; -1: not.
int BoundSocket(int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    close(fd);
    return -1;
  }
  *port = ntohs(address.sin_port);
  return fd;
}

// Closed with RST: what was sent and not read is thrown away on both sides.
void ResetOnClose(int fd) {
  const linger now{1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

bool IsNth(uint64_t count, int every) { return every > 0 && count % static_cast<uint64_t>(every) == 0; }

std::string Reply(int status, const std::string& body) {
  const std::string reason = status == 200 ? "OK" : status == 503 ? "Service Unavailable" : "As Told";
  return "HTTP/1.1 " + std::to_string(status) + " " + reason +
         "\r\ncontent-type: application/json\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

std::string Echo(const HttpMessage& request) {
  std::string body = request.first_line + "\n";
  for (const auto& [name, value] : request.headers) body += name + ": " + value + "\n";
  return body;
}

struct Verdict {
  int status = 200;  // 0: the connection is reset
  bool echo = false;
};

}  // namespace

struct Backend::Impl {
  struct Connection {
    int fd = -1;
    bool ended = false;  // under the mutex: its thread touches nothing any more
    std::jthread thread;
  };

  std::string name;
  int listener = -1;
  int port = 0;
  std::jthread acceptor;

  mutable std::mutex mutex;
  std::condition_variable_any slow_wake;
  BackendFaults faults;
  uint64_t nth = 0;  // requests that the faults apply to, since Set
  std::map<std::pair<std::string, std::string>, uint64_t> counts;
  std::list<Connection> connections;

  void Accept(std::stop_token stop);
  void Serve(std::stop_token stop, Connection* connection);
  Verdict Take(const HttpMessage& request, std::stop_token stop);
  void Sweep();
};

// Counts the request, waits where it is to be slow, and says how it ends.
Verdict Backend::Impl::Take(const HttpMessage& request, std::stop_token stop) {
  const std::string method = request.Word(0);
  const std::string target = request.Word(1);
  const std::string path = target.substr(0, target.find('?'));
  std::unique_lock lock(mutex);
  ++counts[{method, path}];
  Verdict verdict{200, faults.echo};
  if (faults.only_method.empty() || faults.only_method == method) {
    ++nth;
    if (IsNth(nth, faults.fail_every)) verdict.status = faults.fail_status;
    if (IsNth(nth, faults.reset_every)) verdict.status = 0;
  }
  if (faults.slow.count() > 0 && (faults.slow_path.empty() || faults.slow_path == path)) {
    slow_wake.wait_for(lock, stop, faults.slow, [] { return false; });
  }
  return verdict;
}

void Backend::Impl::Serve(std::stop_token stop, Connection* connection) {
  const int fd = connection->fd;
  HttpWire wire(fd);
  HttpMessage request;
  while (!stop.stop_requested()) {
    const auto deadline = std::chrono::steady_clock::now() + kIdle;
    if (wire.Read(deadline, &request) != HttpWire::Got::kMessage) break;
    const Verdict verdict = Take(request, stop);
    if (verdict.status == 0) {
      ResetOnClose(fd);
      break;
    }
    std::string body = R"({"service":")" + name + R"(","method":")" + request.Word(0) + "\"}\n";
    if (verdict.status == 200 && verdict.echo) body = Echo(request);
    if (request.Word(0) == "HEAD") body.clear();
    if (!wire.Write(Reply(verdict.status, body), deadline) || !request.keeps_alive()) break;
  }
  const std::lock_guard lock(mutex);
  close(fd);
  connection->fd = -1;
  connection->ended = true;
}

// Joins the threads that have ended.
void Backend::Impl::Sweep() {
  std::list<Connection> ended;
  {
    const std::lock_guard lock(mutex);
    for (auto it = connections.begin(); it != connections.end();) {
      const auto next = std::next(it);
      if (it->ended) ended.splice(ended.end(), connections, it);
      it = next;
    }
  }
}

void Backend::Impl::Accept(std::stop_token stop) {
  while (!stop.stop_requested()) {
    const int fd = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      return;  // shut down
    }
    Sweep();
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(mutex);
    Connection* connection = &connections.emplace_back();
    connection->fd = fd;
    connection->thread = std::jthread([this, connection](std::stop_token s) { Serve(s, connection); });
  }
}

Result<std::unique_ptr<Backend>> Backend::Start(const std::string& name) {
  auto impl = std::make_unique<Impl>();
  impl->name = name;
  impl->listener = BoundSocket(&impl->port);
  if (impl->listener < 0 || listen(impl->listener, 1024) != 0) {
    return Unexpected(
        Error{ErrorClass::kFatal, "backend " + name + " cannot listen: " + std::strerror(errno)});
  }
  impl->acceptor = std::jthread([raw = impl.get()](std::stop_token stop) { raw->Accept(stop); });
  return std::unique_ptr<Backend>(new Backend(std::move(impl)));
}

Backend::Backend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Backend::~Backend() {
  impl_->acceptor.request_stop();
  shutdown(impl_->listener, SHUT_RDWR);  // wakes accept
  impl_->acceptor.join();
  close(impl_->listener);
  {
    const std::lock_guard lock(impl_->mutex);
    for (Impl::Connection& connection : impl_->connections) {
      connection.thread.request_stop();
      if (connection.fd >= 0) shutdown(connection.fd, SHUT_RDWR);
    }
  }
  for (Impl::Connection& connection : impl_->connections) connection.thread.join();
}

int Backend::port() const { return impl_->port; }
const std::string& Backend::name() const { return impl_->name; }

void Backend::Set(const BackendFaults& faults) {
  const std::lock_guard lock(impl_->mutex);
  impl_->faults = faults;
  impl_->nth = 0;
}

uint64_t Backend::Count(const std::string& method, const std::string& path) const {
  uint64_t out = 0;
  for (const auto& [key, count] : Counts()) {
    if ((method.empty() || key.first == method) && (path.empty() || key.second == path)) out += count;
  }
  return out;
}

std::map<std::pair<std::string, std::string>, uint64_t> Backend::Counts() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->counts;
}

void Backend::Forget() {
  const std::lock_guard lock(impl_->mutex);
  impl_->counts.clear();
}

DeadPort::DeadPort() { fd_ = BoundSocket(&port_); }
DeadPort::~DeadPort() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace fairlead::testing
