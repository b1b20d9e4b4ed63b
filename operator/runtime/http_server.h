// HttpServer: a small HTTP/1.1 server for health, metrics and dumps, over Boost.Beast.
//
// Who calls: the composition root. Handlers are registered before Start and run on the server's one thread,
// so they must be quick and thread-safe with the rest. Bounded: connections, header, body, time a request.
//
//   HttpServer server;
//   server.Handle("/healthz", [](const ServerRequest&) { return ServerReply{.body = "ok\n"}; });
//   if (Result<int> port = server.Start("127.0.0.1:8081"); !port) …
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "crds/base/result.h"

namespace fairlead::runtime {

struct ServerRequest {
  std::string method, path;  // path without its query
  std::map<std::string, std::string> query;
};

struct ServerReply {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

struct HttpServerOptions {
  size_t max_connections = 64;
  int idle_seconds = 10;
};

class HttpServer {
 public:
  using Handler = std::function<ServerReply(const ServerRequest&)>;
  explicit HttpServer(HttpServerOptions options = {});
  ~HttpServer();  // Stop

  void Handle(const std::string& path, Handler handler);  // GET and HEAD of exactly this path
  // "127.0.0.1:8081", "[::1]:8081", ":8080" (every address), port 0: any. The port that it listens on.
  Result<int> Start(const std::string& address);
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fairlead::runtime
