// HttpTransport: one HTTP request to the API server, its reply taken piece by piece.
//
// Who calls: Client (whole replies) and Reflector (watches), each from threads of its own; never from a
// callback of the HTTP library. The transport is thread-safe, a stream belongs to one thread. Tests put a
// scripted transport in its place. What is promised: nothing is sent twice that could be carried out twice;
// no redirect is followed; a reply is bounded; a slow reader slows the server and fills no memory.
//
//   auto stream = transport.Open({.path = "/api/v1/pods?watch=true", .streaming = true});
//   while (true) { StreamEvent e = (*stream)->Next(deadline, stop); … }
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "crds/base/clock.h"
#include "crds/base/result.h"

namespace fairlead::kube {

struct HttpRequest {
  std::string method = "GET";
  std::string path;  // percent-encoded, with its query; starts with '/'
  std::string accept = "application/json";
  std::string content_type;  // of the body
  std::string body;
  bool streaming = false;                     // a watch: may be silent for long
  std::chrono::milliseconds timeout{30'000};  // of Call, in all
  size_t max_response_bytes = 256u << 20;     // of Call
};

struct HttpHeaders {
  std::map<std::string, std::string> values;       // names in lower case
  std::string Get(const std::string& name) const;  // "" where absent
  int RetryAfterSeconds() const;                   // 0 where absent or a date; at most an hour
};

struct HttpResponse {
  int status = 0;
  HttpHeaders headers;
  std::string body;
};

struct StreamEvent {
  enum class Type : unsigned char {
    kHeaders,  // first, once
    kChunk,
    kEnd,      // the whole body has come, or error is set
    kTimeout,  // nothing until the deadline; the stream goes on
    kStopped,  // the stop token asked
  };
  Type type = Type::kTimeout;
  int status = 0;
  HttpHeaders headers;
  std::string bytes;
  Result<void> error;  // of kEnd
};

class HttpStream {
 public:
  virtual ~HttpStream() = default;  // cancels
  virtual StreamEvent Next(Clock::TimePoint deadline, std::stop_token stop) = 0;
};

class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  // Does not wait for the reply. An error: credentials or certificates could not be read.
  virtual Result<std::unique_ptr<HttpStream>> Open(const HttpRequest& request) = 0;

  // The whole reply, whatever its status. An error: there was none.
  Result<HttpResponse> Call(const HttpRequest& request, std::stop_token stop = {},
                            const Clock& clock = Clock::System());
};

// What every request says about itself: "fairlead-operator/0.1.0".
std::string DefaultUserAgent();

}  // namespace fairlead::kube
