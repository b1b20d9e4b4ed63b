// HTTP client of tests and demo: single calls over kept connections, and load of many workers at once.
//
// Who calls: the demo, traffic tests against a real Envoy, benches. A HttpClient belongs to one thread;
// RunLoad starts threads of its own and returns when all have ended. Nothing is ever sent twice: a call whose
// connection broke is reported with status 0, so that counts on both sides can be compared; only a connection
// that the peer had closed before anything was sent is opened anew.
//
//   HttpClient client("127.0.0.1", port);
//   HttpAnswer a = client.Call({.method = "POST", .path = "/charge", .host = "charge.payments"});
//   LoadResult r = RunLoad("127.0.0.1", port, {.host = "ratings.shop:8080"}, {.workers = 8, .requests =
//   400}); EXPECT_EQ(r.Count(200), 400);
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::testing {

struct HttpQuestion {
  std::string method = "GET";
  std::string path = "/";
  std::string host = "localhost";  // the Host header
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::chrono::milliseconds timeout{30'000};
};

struct HttpAnswer {
  int status = 0;                              // 0: none came, and `error` says why
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string error;
  std::chrono::microseconds latency{0};
};

class HttpClient {
 public:
  HttpClient(std::string address, int port);
  HttpClient(HttpClient&&) noexcept;
  ~HttpClient();

  HttpAnswer Call(const HttpQuestion& question);
  void Close();  // the kept connection

 private:
  struct Connection;
  bool Open(std::chrono::steady_clock::time_point deadline, std::string* error);

  std::string address_;
  int port_;
  std::unique_ptr<Connection> connection_;
};

struct LoadPlan {
  int workers = 1;                                 // each with a connection of its own
  int requests = 1;                                // in all; 0: no limit, then `duration` must be set
  std::chrono::milliseconds duration{0};           // 0: no limit; no request is begun after it
  std::function<HttpQuestion(int)> question = {};  // of the n-th request; default: the one given to RunLoad
};

struct LoadResult {
  std::vector<HttpAnswer> answers;  // in the order of their numbers; bodies are kept
  std::map<int, int> by_status;

  int sent() const { return static_cast<int>(answers.size()); }
  int Count(int status) const;
  int failures() const;  // no answer, or a status of 500 and more
  std::chrono::microseconds Slowest() const;
  std::chrono::microseconds Quantile(double q) const;  // of latency: Quantile(0.5) is the median
  std::string Summary() const;                         // "200: 397, 503: 3"
};

LoadResult RunLoad(const std::string& address, int port, const HttpQuestion& question, const LoadPlan& plan);

}  // namespace fairlead::testing
