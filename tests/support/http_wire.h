// HttpWire: HTTP/1.1 messages over a blocking socket, for the tests' own client and backends.
//
// Who calls: tests/support/http_client.cc and tests/support/backend. One message at a time; bodies by length,
// in chunks, or until the peer closes. Every wait has a deadline; a message is at most 8 MiB. One thread a
// connection.
//
//   HttpWire wire(fd);
//   if (wire.Read(deadline, &message) == HttpWire::Got::kMessage && message.Header("connection") == "close")
//   …
#pragma once

#include <chrono>
#include <map>
#include <string>

namespace fairlead::testing {

struct HttpMessage {
  std::string first_line;                      // "GET / HTTP/1.1", "HTTP/1.1 200 OK"
  std::map<std::string, std::string> headers;  // names in lower case; the last of a name counts
  std::string body;

  std::string Header(const std::string& name) const;  // "" where absent
  std::string Word(size_t index) const;               // of the first line
  bool keeps_alive() const { return Header("connection") != "close"; }
};

class HttpWire {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  enum class Got : unsigned char { kMessage, kClosed, kTimeout, kBroken };

  explicit HttpWire(int fd) : fd_(fd) {}  // non-blocking; not owned

  // `without_body`: a reply to HEAD, or one of status 204 or 304. kClosed: the peer ended before a first
  // byte.
  Got Read(TimePoint deadline, HttpMessage* message, bool without_body = false);
  bool Write(const std::string& bytes, TimePoint deadline);

 private:
  Got Fill(TimePoint deadline);  // more bytes into buffer_
  Got ReadLine(TimePoint deadline, std::string* line);
  Got ReadBytes(TimePoint deadline, size_t count, std::string* out);
  Got ReadHeaders(TimePoint deadline, HttpMessage* message);
  Got ReadChunks(TimePoint deadline, HttpMessage* message);
  Got ReadToEnd(TimePoint deadline, HttpMessage* message);

  const int fd_;
  std::string buffer_;
  size_t read_ = 0;  // of buffer_
};

}  // namespace fairlead::testing
