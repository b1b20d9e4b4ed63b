#include "tests/support/backend/odd_peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <vector>

namespace fairlead::testing {
namespace {

// RFC 9113.
constexpr size_t kPrefaceBytes = 24;
constexpr size_t kFrameHeaderBytes = 9;
enum FrameType : unsigned char { kHeaders = 1, kResetStream = 3, kSettings = 4, kPing = 6 };
enum FrameFlag : unsigned char { kNone = 0, kAck = 1, kEndOfStreamAndHeaders = 5 };
constexpr unsigned char kRefusedStream = 7;

int Listen(int backlog, int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  bind(fd, reinterpret_cast<sockaddr*>(&address), size);
  listen(fd, backlog);
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  *port = ntohs(address.sin_port);
  return fd;
}

bool ReadAll(int fd, unsigned char* to, size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, to, size);
    if (got <= 0) return false;
    to += got;
    size -= static_cast<size_t>(got);
  }
  return true;
}

void WriteFrame(int fd, unsigned char type, unsigned char flags, const unsigned char* stream_id,
                const std::string& payload) {
  std::string frame = {static_cast<char>(payload.size() >> 16), static_cast<char>(payload.size() >> 8),
                       static_cast<char>(payload.size()), static_cast<char>(type), static_cast<char>(flags)};
  frame.append(reinterpret_cast<const char*>(stream_id), 4);
  frame += payload;
  [[maybe_unused]] const ssize_t sent = send(fd, frame.data(), frame.size(), MSG_NOSIGNAL);
}

// HPACK, literal without indexing: RFC 7541 section 6.2.2. Both shorter than 127 bytes.
std::string Literal(const std::string& name, const std::string& value) {
  std::string out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  return out + value;
}
const std::string kStatus200 = "\x88";

}  // namespace

SilentPort::SilentPort() {
  listener_ = Listen(0, &port_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(static_cast<uint16_t>(port_));
  // The queue holds one more than the backlog says; the others keep knocking.
  for (int i = 0; i < 3; ++i) {
    fillers_.push_back(socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    connect(fillers_.back(), reinterpret_cast<sockaddr*>(&address), sizeof address);
  }
}

SilentPort::~SilentPort() {
  for (int fd : fillers_) close(fd);
  close(listener_);
}

Http2Peer::Http2Peer(Http2PeerOptions options) : options_(options) {
  listener_ = Listen(64, &port_);
  acceptor_ = std::jthread([this] { Accept(); });
}

Http2Peer::~Http2Peer() {
  shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  close(listener_);
  for (Connection& connection : connections_) {
    shutdown(connection.fd, SHUT_RDWR);
    connection.thread.join();
    close(connection.fd);
  }
}

void Http2Peer::Accept() {
  for (int fd; (fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)) >= 0;) {
    const std::lock_guard lock(mutex_);
    connections_.push_back({fd, std::jthread([this, fd] { Serve(fd); })});
  }
}

void Http2Peer::Serve(int fd) {
  std::array<unsigned char, kPrefaceBytes> preface;
  if (!ReadAll(fd, preface.data(), preface.size())) return;
  constexpr unsigned char kConnection[4] = {0, 0, 0, 0};
  WriteFrame(fd, kSettings, kNone, kConnection, "");
  std::array<unsigned char, kFrameHeaderBytes> header;
  std::vector<unsigned char> payload;
  while (ReadAll(fd, header.data(), header.size())) {
    payload.resize(static_cast<size_t>(header[0]) << 16 | static_cast<size_t>(header[1]) << 8 | header[2]);
    if (!ReadAll(fd, payload.data(), payload.size())) return;
    const bool is_ack = (header[4] & kAck) != 0;
    if (header[3] == kSettings && !is_ack) WriteFrame(fd, kSettings, kAck, kConnection, "");
    if (header[3] == kPing && !is_ack) {
      WriteFrame(fd, kPing, kAck, kConnection, std::string(payload.begin(), payload.end()));
    }
    if (header[3] == kHeaders) Answer(fd, header.data() + 5);
  }
}

void Http2Peer::Answer(int fd, const unsigned char* stream_id) {
  const int nth = ++streams_;
  if (nth <= options_.refuse_first) {
    WriteFrame(fd, kResetStream, kNone, stream_id, std::string({0, 0, 0, static_cast<char>(kRefusedStream)}));
    return;
  }
  std::string headers = kStatus200;
  if (options_.grpc_status >= 0) {
    const int status = nth <= options_.grpc_ok_after ? options_.grpc_status : 0;
    headers += Literal("content-type", "application/grpc") + Literal("grpc-status", std::to_string(status));
  }
  WriteFrame(fd, kHeaders, kEndOfStreamAndHeaders, stream_id, headers);
}

}  // namespace fairlead::testing
