// Faults: how the server misbehaves, at a chosen request, in a chosen way.
//
// Who calls: tests and the demo add rules (in process, or over POST /faults); Api asks at each request.
// Thread-safe.
//
//   server->faults().Add({.verb = "watch", .resource = "services", .kind = FaultKind::kStatus, .code = 410});
//   server->faults().AfterWrite(3, [&] { operator_process.Kill(); }, "fairlead-operator");
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/apiserver/request.h"

namespace fairlead::apiserver {

enum class FaultKind {
  kStatus,             // an error: `code`, with Retry-After for 429 and 503
  kDropBeforeHeaders,  // the connection is reset before a byte of the response
  kDropAfterHeaders,
  kDropInBody,  // … after half of the body
  kStall,       // the request is read, nothing is ever said
  // Of a watch, once `after_events` events were sent:
  kWatchExpire,  // an ERROR event with 410
  kWatchDrop,
  kWatchStall,
  kTruncatedFrame,  // half an event, then the connection is cut
  kOversizedFrame,  // an event of `bytes` bytes
  kDuplicateEvent,  // the event is sent twice
  kLoseEvent,       // the event is not sent
  kDelayEvent,      // the event is sent after the one that follows it
};

// Around each write (dry runs left out), on the server's thread and without locks.
enum class WritePoint { kBefore, kStored };  // kStored: it changed something and is not answered yet
enum class WriteFate { kGoOn, kCut };        // kCut: kBefore: it is not carried out; the connection is reset
using WriteHook = std::function<WriteFate(WritePoint, const RequestInfo&, const Request&)>;

struct FaultRule {
  // Which requests; "" is any.
  std::string verb;      // "get", "list", "watch", "create", "update", "patch", "delete", …
  std::string resource;  // plural
  std::string subresource;
  std::string ns;
  std::string name;
  std::string user_agent;  // its beginning
  int skip = 0;            // this many matching requests pass first
  int times = 1;           // then so many are hit; -1: all
  bool after = false;      // the request is carried out first, and only then its answer is spoilt
  FaultKind kind = FaultKind::kStatus;
  int code = 500;
  std::string message;
  int retry_after_seconds = 1;
  int after_events = 0;
  size_t bytes = 8u << 20;
};

class Faults {
 public:
  void Add(FaultRule rule);
  void Clear();
  size_t hits() const;  // requests that were hit so far

  // Calls `then` once the n-th write (from now, counting from 1) that changed something is stored and before
  // it is answered; only of clients whose user agent begins so. Called without locks, on the server's thread.
  void AfterWrite(int n, std::function<void()> then, std::string user_agent = "");

  // The one that decides at every write; an empty one ends it. Must not call the server.
  void OnWrite(WriteHook hook);

  // For Api.
  std::optional<FaultRule> Match(const RequestInfo& info, const Request& request);
  WriteFate Decide(WritePoint point, const RequestInfo& info, const Request& request);
  void Wrote(const Request& request);
  Value Describe() const;
  static Outcome<FaultRule> FromJson(const Value& json);

 private:
  struct Armed {
    FaultRule rule;
    int seen = 0;
  };
  struct CrashPoint {
    int left = 0;
    std::function<void()> then;
    std::string user_agent;
  };
  mutable std::mutex mutex_;
  std::vector<Armed> rules_;
  std::vector<CrashPoint> points_;
  WriteHook on_write_;
  size_t hits_ = 0;
};

Failure FaultStatus(const FaultRule& rule);
// Spoils a watch as the rule says.
std::shared_ptr<EventStream> WithFault(std::shared_ptr<EventStream> stream, const FaultRule& rule);

}  // namespace fairlead::apiserver
