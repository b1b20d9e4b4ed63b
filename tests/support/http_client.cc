#include "tests/support/http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <thread>

#include "tests/support/http_wire.h"

namespace fairlead::testing {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::string Encode(const HttpQuestion& q) {
  std::string out = q.method + " " + q.path + " HTTP/1.1\r\nHost: " + q.host + "\r\n";
  for (const auto& [name, value] : q.headers) out += name + ": " + value + "\r\n";
  if (!q.body.empty() || q.method == "POST" || q.method == "PUT" || q.method == "PATCH") {
    out += "Content-Length: " + std::to_string(q.body.size()) + "\r\n";
  }
  return out + "\r\n" + q.body;
}

bool HasNoBody(const HttpQuestion& q) { return q.method == "HEAD"; }

// Something to read where nothing was asked for: the peer has closed.
bool ClosedByPeer(int fd) {
  pollfd p{fd, POLLIN, 0};
  return poll(&p, 1, 0) != 0;
}

std::string TextOf(HttpWire::Got got) {
  switch (got) {
    case HttpWire::Got::kMessage:
      return "";
    case HttpWire::Got::kClosed:
      return "connection closed before the answer";
    case HttpWire::Got::kTimeout:
      return "no answer in time";
    case HttpWire::Got::kBroken:
      return "connection broke within the answer";
  }
  return "";
}

}  // namespace

struct HttpClient::Connection {
  explicit Connection(int fd_in) : fd(fd_in), wire(fd_in) {}
  ~Connection() { close(fd); }
  const int fd;
  HttpWire wire;
};

HttpClient::HttpClient(std::string address, int port) : address_(std::move(address)), port_(port) {}
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient::~HttpClient() = default;

void HttpClient::Close() { connection_.reset(); }

bool HttpClient::Open(SteadyClock::time_point deadline, std::string* error) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) {
    *error = std::strerror(errno);
    return false;
  }
  auto connection = std::make_unique<Connection>(fd);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port_));
  inet_pton(AF_INET, address_.c_str(), &to.sin_addr);
  int failed = connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0 ? 0 : errno;
  if (failed == EINPROGRESS) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now()).count();
    pollfd p{fd, POLLOUT, 0};
    socklen_t size = sizeof failed;
    if (poll(&p, 1, static_cast<int>(std::max<long long>(left, 0))) <= 0) {
      failed = ETIMEDOUT;
    } else {
      getsockopt(fd, SOL_SOCKET, SO_ERROR, &failed, &size);
    }
  }
  if (failed != 0) {
    *error = std::string("cannot connect: ") + std::strerror(failed);
    return false;
  }
  connection_ = std::move(connection);
  return true;
}

HttpAnswer HttpClient::Call(const HttpQuestion& question) {
  HttpAnswer answer;
  const auto begin = SteadyClock::now();
  const auto deadline = begin + question.timeout;
  if (connection_ != nullptr && ClosedByPeer(connection_->fd)) connection_.reset();
  if (connection_ == nullptr && !Open(deadline, &answer.error)) return answer;
  HttpMessage message;
  HttpWire::Got got = HttpWire::Got::kBroken;
  if (connection_->wire.Write(Encode(question), deadline)) {
    got = connection_->wire.Read(deadline, &message, HasNoBody(question));
  }
  answer.latency = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - begin);
  answer.error = TextOf(got);
  if (got == HttpWire::Got::kMessage) {
    answer.status = std::atoi(message.Word(1).c_str());
    answer.headers = std::move(message.headers);
    answer.body = std::move(message.body);
  }
  const auto connection = answer.headers.find("connection");
  const bool keep = connection == answer.headers.end() || connection->second != "close";
  if (answer.status == 0 || !keep) connection_.reset();
  return answer;
}

int LoadResult::Count(int status) const {
  const auto it = by_status.find(status);
  return it == by_status.end() ? 0 : it->second;
}

int LoadResult::failures() const {
  int out = 0;
  for (const auto& [status, count] : by_status) out += status == 0 || status >= 500 ? count : 0;
  return out;
}

std::chrono::microseconds LoadResult::Slowest() const { return Quantile(1); }

std::chrono::microseconds LoadResult::Quantile(double q) const {
  if (answers.empty()) return std::chrono::microseconds(0);
  std::vector<std::chrono::microseconds> sorted;
  for (const HttpAnswer& answer : answers) sorted.push_back(answer.latency);
  std::sort(sorted.begin(), sorted.end());
  return sorted[std::min(sorted.size() - 1, static_cast<size_t>(q * static_cast<double>(sorted.size())))];
}

std::string LoadResult::Summary() const {
  std::string out;
  for (const auto& [status, count] : by_status) {
    if (!out.empty()) out += ", ";
    out += (status == 0 ? std::string("no answer") : std::to_string(status)) + ": " + std::to_string(count);
  }
  return out.empty() ? "nothing sent" : out;
}

LoadResult RunLoad(const std::string& address, int port, const HttpQuestion& question, const LoadPlan& plan) {
  const auto end = SteadyClock::now() + plan.duration;
  std::atomic<int> next{0};
  std::mutex mutex;
  std::map<int, HttpAnswer> answers;
  const auto work = [&] {
    HttpClient client(address, port);
    while (plan.duration.count() == 0 || SteadyClock::now() < end) {
      const int number = next++;
      if (plan.requests > 0 && number >= plan.requests) return;
      HttpAnswer answer = client.Call(plan.question ? plan.question(number) : question);
      const std::lock_guard lock(mutex);
      answers.emplace(number, std::move(answer));
    }
  };
  {
    std::vector<std::jthread> workers;
    for (int i = 0; i < plan.workers; ++i) workers.emplace_back(work);
  }
  LoadResult out;
  for (auto& [number, answer] : answers) {
    ++out.by_status[answer.status];
    out.answers.push_back(std::move(answer));
  }
  return out;
}

}  // namespace fairlead::testing
