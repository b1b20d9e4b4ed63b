#include "tests/support/kube/egress.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>

#include "tests/support/tls_client.h"

namespace fairlead::testing {
namespace {

bool SendAll(int socket, const char* data, size_t size) {
  while (size > 0) {
    const ssize_t sent = send(socket, data, size, MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<size_t>(sent);
  }
  return true;
}

bool Forward(int from, int to) {
  std::array<char, 16384> bytes;
  const ssize_t got = recv(from, bytes.data(), bytes.size(), 0);
  if (got < 0 && errno == EINTR) return true;
  return got > 0 && SendAll(to, bytes.data(), static_cast<size_t>(got));
}

// Until one side ends; both are ended then, as a broken connection is.
void Pump(int a, int b) {
  std::array<pollfd, 2> wait = {pollfd{a, POLLIN, 0}, pollfd{b, POLLIN, 0}};
  while (poll(wait.data(), wait.size(), -1) >= 0 || errno == EINTR) {
    if (wait[1].revents != 0 && !Forward(b, a)) return;
    if (wait[0].revents != 0 && !Forward(a, b)) return;
  }
}

bool ReadHead(int socket) {
  std::string head;
  char c = 0;
  while (head.size() < 8192 && !head.ends_with("\r\n\r\n")) {
    if (recv(socket, &c, 1, 0) != 1) return false;
    head.push_back(c);
  }
  return head.starts_with("CONNECT ");
}

void AtOnce(int socket) {
  const int one = 1;
  setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

}  // namespace

Egress::Egress() {
  listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = dir_ / "egress.sock";
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener_, 128) != 0) {
    std::abort();  // no folder for temporary files
  }
  acceptor_ = std::thread([this] { Accept(); });
}

Egress::~Egress() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    for (const int socket : open_) shutdown(socket, SHUT_RDWR);
  }
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  close(listener_);
}

std::string Egress::Flag() const {
  WriteFile(dir_ / "egress.yaml",
            "apiVersion: apiserver.k8s.io/v1beta1\nkind: EgressSelectorConfiguration\negressSelections:\n"
            "- name: cluster\n  connection:\n    proxyProtocol: HTTPConnect\n    transport:\n      uds: "
            "{udsName: " +
                (dir_ / "egress.sock") + "}\n");
  return "--egress-selector-config-file=" + (dir_ / "egress.yaml");
}

void Egress::Set(std::vector<int> ports) {
  const std::lock_guard lock(mutex_);
  ports_ = std::move(ports);
}

int Egress::connections() const {
  const std::lock_guard lock(mutex_);
  return led_;
}

void Egress::Accept() {
  while (true) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (ending_ || (client < 0 && errno != EINTR && errno != ECONNABORTED)) {
      if (client >= 0) close(client);
      return;
    }
    if (client < 0) continue;
    open_.push_back(client);
    threads_.emplace_back([this, client] { Serve(client); });
  }
}

void Egress::Serve(int client) {
  if (ReadHead(client)) {
    const int replica = Dial();
    const std::string reply =
        replica < 0 ? "HTTP/1.1 503 Service Unavailable\r\n\r\n" : "HTTP/1.1 200 OK\r\n\r\n";
    if (SendAll(client, reply.data(), reply.size()) && replica >= 0) Pump(client, replica);
    if (replica >= 0) close(replica);
  }
  const std::lock_guard lock(mutex_);
  open_.remove(client);
  close(client);
}

int Egress::Dial() {
  std::vector<int> order;
  {
    const std::lock_guard lock(mutex_);
    order = ports_;
    if (!order.empty())
      std::rotate(order.begin(), order.begin() + static_cast<int>(next_++ % order.size()), order.end());
  }
  for (const int port : order) {
    const int replica = ConnectLoopback(port);
    if (replica < 0) continue;
    AtOnce(replica);
    const std::lock_guard lock(mutex_);
    ++led_;
    return replica;
  }
  return -1;
}

}  // namespace fairlead::testing
