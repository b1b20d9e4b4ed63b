// Events (events.k8s.io/v1) for users: what happened to an object of theirs.
//
// Who calls: reconcilers' rims, from any thread. None fails: what is too much, or cannot be written, is
// dropped and counted. EventBook decides (repeats become a series, each object has a budget); EventRecorder
// sends through the client's gate, so only the leader speaks. The name of an Event follows from what it says,
// so that whoever says it again after a crash finds it there. Record sends on a thread of its own; RecordNow
// in the caller's, for what must be said before the change that it tells of is marked as seen.
//
//   events.Record({.regarding = {...}, .reason = "PolicyConflict", .note = "…", .warning = true});
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "operator/kube/client.h"

namespace fairlead::runtime {

struct ObjectReference {
  std::string api_version, kind, ns, name, uid;
  friend auto operator<=>(const ObjectReference&, const ObjectReference&) = default;
};

struct EventNote {
  ObjectReference regarding;
  std::string reason;  // "PolicyConflict": a word, at most 128 characters
  std::string action;  // "Lower", "Program": what we were doing
  std::string note;    // at most 1024 bytes are kept
  bool warning = false;
  friend auto operator<=>(const EventNote&, const EventNote&) = default;
};

struct EventOptions {
  size_t burst = 25;                         // a single object's
  std::chrono::seconds refill{300};          // one more each
  std::chrono::seconds series_interval{60};  // a repeated event is written again at most so often
  std::chrono::seconds forget{3600};
  size_t max_events = 4096;  // remembered
};

// One write to be made.
struct EventWrite {
  EventNote note;
  std::string name;  // of the Event object: of what it says, so the same for a whole series
  Timestamp first, last;
  int count = 1;  // 1: create, else update the series
};

// Pure but for the clock; one thread.
class EventBook {
 public:
  EventBook(EventOptions options, const Clock* clock) : options_(options), clock_(clock) {}
  std::optional<EventWrite> Add(const EventNote& note);
  void Forget(const EventWrite& write) { seen_.erase(write.note); }  // it could not be written
  uint64_t dropped() const { return dropped_; }

 private:
  struct Seen {
    std::string name;
    Timestamp first;
    Clock::TimePoint written, last;
    int count = 0;
  };
  struct Budget {
    double tokens = 0;
    Clock::TimePoint at;
  };
  bool Spend(const ObjectReference& object);
  void Trim();

  const EventOptions options_;
  const Clock* const clock_;
  std::map<EventNote, Seen> seen_;
  std::map<ObjectReference, Budget> budgets_;
  uint64_t dropped_ = 0;
};

class EventRecorder {
 public:
  EventRecorder(kube::Client* client, std::string controller, std::string instance, EventOptions options = {},
                const Clock* clock = &Clock::System());
  ~EventRecorder();  // what is queued is dropped

  void Start();
  void Stop();
  void Record(EventNote note);
  void RecordNow(EventNote note);  // blocks for a few calls at most
  uint64_t dropped() const;
  uint64_t written() const;

 private:
  static constexpr size_t kQueue = 1024;
  void Run(const std::stop_token& stop);
  void SendAndCount(const EventWrite& write);
  Result<kube::Written> Send(const EventWrite& write);
  Result<kube::Written> GoOn(const EventWrite& write, const kube::ObjectName& name);

  kube::Client* const client_;
  const std::string controller_, instance_;
  mutable std::mutex mutex_;  // guards all below
  EventBook book_;
  std::deque<EventWrite> queue_;
  uint64_t overflow_ = 0, written_ = 0;
  std::condition_variable_any changed_;
  std::jthread thread_;
};

}  // namespace fairlead::runtime
