// HttpCall: one HTTP request over a connection of its own, by OpenSSL alone.
//
// The tests' own way to an API server, independent of the client under test. HTTP/1.0, so that the reply is
// neither chunked nor kept open. Blocking; any thread.
//
//   HttpReply reply = HttpCall({.port = 6443, .ca_pem = ca, .path = "/readyz", .token = "admin"});
#pragma once

#include <string>
#include <vector>

namespace fairlead::testing {

struct HttpCallOptions {
  std::string host = "127.0.0.1";
  int port = 0;
  std::string ca_pem;                    // empty: plain HTTP
  std::string server_name;               // that its certificate is for; empty: `host`, an IP address
  std::string certificate_pem, key_pem;  // client certificate; empty: none
  std::string method = "GET";
  std::string path = "/";
  std::string token;  // bearer
  std::string content_type = "application/json";
  std::string accept = "application/json";
  std::vector<std::string> headers;  // more of them, "Impersonate-User: dave"
  std::string body;
  int timeout_seconds = 30;
};

struct HttpReply {
  int status = 0;  // 0: no reply, and body says why
  std::string headers;
  std::string body;
  bool ok() const { return status >= 200 && status < 300; }
};

HttpReply HttpCall(const HttpCallOptions& options);

}  // namespace fairlead::testing
