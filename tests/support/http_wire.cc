#include "tests/support/http_wire.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <sstream>

namespace fairlead::testing {
namespace {

constexpr size_t kMaxMessage = 8u << 20;
using Got = HttpWire::Got;

// True: ready; false: the deadline has passed.
bool Await(int fd, short events, HttpWire::TimePoint deadline) {
  while (true) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    pollfd p{fd, events, 0};
    const int n = poll(&p, 1, static_cast<int>(std::clamp<long long>(left, 0, 1'000'000)));
    if (n > 0) return true;
    if (n == 0) return false;
    if (errno != EINTR) return true;  // the next call says what is wrong
  }
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string Trimmed(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") - begin + 1);
}

bool ParseSize(const std::string& text, int base, size_t* out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *out, base);
  return error == std::errc() && end != text.data() && *out <= kMaxMessage;
}

bool IsRequest(const HttpMessage& message) { return !message.first_line.starts_with("HTTP/"); }

}  // namespace

std::string HttpMessage::Header(const std::string& name) const {
  const auto it = headers.find(name);
  return it == headers.end() ? "" : it->second;
}

std::string HttpMessage::Word(size_t index) const {
  std::istringstream in(first_line);
  std::string word;
  for (size_t i = 0; i <= index; ++i) {
    if (!(in >> word)) return "";
  }
  return word;
}

Got HttpWire::Fill(TimePoint deadline) {
  if (read_ == buffer_.size()) {
    buffer_.clear();
    read_ = 0;
  }
  if (buffer_.size() > 2 * kMaxMessage) return Got::kBroken;
  char bytes[16 * 1024];
  while (true) {
    const ssize_t n = recv(fd_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n > 0) {
      buffer_.append(bytes, static_cast<size_t>(n));
      return Got::kMessage;
    }
    if (n == 0) return Got::kClosed;
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return Got::kBroken;
    if (!Await(fd_, POLLIN, deadline)) return Got::kTimeout;
  }
}

Got HttpWire::ReadLine(TimePoint deadline, std::string* line) {
  while (true) {
    const size_t end = buffer_.find("\r\n", read_);
    if (end != std::string::npos) {
      *line = buffer_.substr(read_, end - read_);
      read_ = end + 2;
      return Got::kMessage;
    }
    if (const Got got = Fill(deadline); got != Got::kMessage) return got;
  }
}

Got HttpWire::ReadBytes(TimePoint deadline, size_t count, std::string* out) {
  while (buffer_.size() - read_ < count) {
    if (const Got got = Fill(deadline); got != Got::kMessage) return got;
  }
  out->append(buffer_, read_, count);
  read_ += count;
  return Got::kMessage;
}

Got HttpWire::ReadHeaders(TimePoint deadline, HttpMessage* message) {
  std::string line;
  while (true) {
    if (const Got got = ReadLine(deadline, &line); got != Got::kMessage) return got;
    if (line.empty()) return Got::kMessage;
    const size_t colon = line.find(':');
    if (colon == std::string::npos) return Got::kBroken;
    message->headers[Lower(line.substr(0, colon))] = Trimmed(line.substr(colon + 1));
  }
}

Got HttpWire::ReadChunks(TimePoint deadline, HttpMessage* message) {
  std::string line;
  while (true) {
    size_t size = 0;
    if (const Got got = ReadLine(deadline, &line); got != Got::kMessage) return got;
    if (!ParseSize(line, 16, &size) || message->body.size() + size > kMaxMessage) return Got::kBroken;
    if (size == 0) return ReadHeaders(deadline, message);  // trailers
    if (const Got got = ReadBytes(deadline, size, &message->body); got != Got::kMessage) return got;
    if (const Got got = ReadLine(deadline, &line); got != Got::kMessage) return got;
  }
}

Got HttpWire::ReadToEnd(TimePoint deadline, HttpMessage* message) {
  while (true) {
    message->body.append(buffer_, read_);
    read_ = buffer_.size();
    if (message->body.size() > kMaxMessage) return Got::kBroken;
    const Got got = Fill(deadline);
    if (got == Got::kClosed) return Got::kMessage;
    if (got != Got::kMessage) return got;
  }
}

Got HttpWire::Read(TimePoint deadline, HttpMessage* message, bool without_body) {
  *message = {};
  const bool fresh = read_ == buffer_.size();
  Got got = ReadLine(deadline, &message->first_line);
  if (got == Got::kClosed && (!fresh || read_ != buffer_.size())) return Got::kBroken;
  if (got != Got::kMessage) return got;
  got = ReadHeaders(deadline, message);
  if (got == Got::kMessage && !without_body) {
    size_t length = 0;
    if (Lower(message->Header("transfer-encoding")) == "chunked") {
      got = ReadChunks(deadline, message);
    } else if (message->headers.contains("content-length")) {
      if (!ParseSize(message->Header("content-length"), 10, &length)) return Got::kBroken;
      got = ReadBytes(deadline, length, &message->body);
    } else if (!IsRequest(*message)) {
      got = ReadToEnd(deadline, message);
    }
  }
  return got == Got::kClosed ? Got::kBroken : got;
}

bool HttpWire::Write(const std::string& bytes, TimePoint deadline) {
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = send(fd_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n > 0) {
      sent += static_cast<size_t>(n);
    } else if (n < 0 && errno != EINTR) {
      if (errno != EAGAIN && errno != EWOULDBLOCK) return false;
      if (!Await(fd_, POLLOUT, deadline)) return false;
    }
  }
  return true;
}

}  // namespace fairlead::testing
