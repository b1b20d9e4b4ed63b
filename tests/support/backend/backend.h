// Backend: a sample HTTP/1.1 service on a port of 127.0.0.1, whose faults can be switched while it runs.
//
// Who calls: the demo and traffic tests. Any number live in one process, each with threads of its own. It
// answers 200 with JSON that names itself, and counts every request that it has read, whatever became of it:
// what a proxy sent is seen here, not guessed. Faults and counters may be touched from any thread.
//
//   auto backend = *Backend::Start("ratings-1");
//   backend->Set({.fail_every = 3});
//   … requests to backend->port() …
//   EXPECT_EQ(backend->Count("POST"), 20);
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "crds/base/result.h"

namespace fairlead::testing {

struct BackendFaults {
  int fail_every = 0;  // each n-th request is answered `fail_status`; 1: all; 0: none
  int fail_status = 503;
  int reset_every = 0;    // at each n-th request, once it is read, the connection is reset; 1: all; 0: none
  std::string slow_path;  // slow: requests of this path (without its query); empty: all
  std::chrono::milliseconds slow{0};  // how long they wait for their answer
  std::string only_method;            // failing and resetting: this method alone; empty: any
  bool echo = false;                  // a 200 carries the request's first line and headers, a line each
};

class Backend {
 public:
  static Result<std::unique_ptr<Backend>> Start(const std::string& name);
  ~Backend();  // closes all connections

  int port() const;
  const std::string& name() const;

  void Set(const BackendFaults& faults);  // n-th counts start anew

  // Requests read since the start or the last Forget(). Empty: any.
  uint64_t Count(const std::string& method = "", const std::string& path = "") const;
  std::map<std::pair<std::string, std::string>, uint64_t> Counts() const;  // by method and path
  void Forget();

 private:
  struct Impl;
  explicit Backend(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A port that is taken, though nothing listens there: connections are refused.
class DeadPort {
 public:
  DeadPort();
  DeadPort(const DeadPort&) = delete;
  DeadPort& operator=(const DeadPort&) = delete;
  ~DeadPort();
  int port() const { return port_; }

 private:
  int fd_ = -1;
  int port_ = 0;
};

}  // namespace fairlead::testing
