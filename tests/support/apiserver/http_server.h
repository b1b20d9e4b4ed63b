// HttpServer: the sockets of the embedded API server. HTTP/1.1, plain or TLS, one thread.
//
// Who calls: ApiServer. The handler is called on the server's thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "crds/base/result.h"
#include "tests/support/apiserver/request.h"

namespace fairlead::apiserver {

struct HttpOptions {
  std::string host = "127.0.0.1";
  uint16_t port = 0;
  std::string certificate;  // PEM files; empty: plain
  std::string key;
  size_t max_connections = 1024;
  size_t max_body_bytes = 3u << 20;
  std::chrono::seconds bookmark_interval{60};
};

class HttpServer {
 public:
  using Handler = std::function<Response(const Request&)>;
  static Result<std::unique_ptr<HttpServer>> Start(HttpOptions options, Handler handler);
  ~HttpServer();

  uint16_t port() const;
  void DropConnections();
  void Stop();

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::apiserver
