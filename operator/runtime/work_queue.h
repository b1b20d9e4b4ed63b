// WorkQueue: keys that wait for a worker, each at most once.
//
// Who calls: event handlers add, workers take and give back. A key that is added while a worker holds it is
// taken again afterwards, never at once by two. A failed key waits longer each time; an event does not wait
// for that. Time comes from a Clock: with a fake one, Poll says what a worker would get. Thread-safe.
//
//   queue.Add("shop/ratings");
//   while (auto key = queue.Take(stop)) {
//     Result<void> r = Reconcile(*key);
//     queue.Done(*key, r ? Outcome::Ok() : Outcome::Retry());
//   }
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "crds/base/clock.h"
#include "crds/base/result.h"

namespace fairlead::runtime {

struct QueueOptions {
  std::chrono::milliseconds backoff_base{5};
  std::chrono::milliseconds backoff_max{60'000};
  // Called by the worker that finishes the last of many keys: that many since the queue was empty last.
  std::function<void()> after_burst;
  uint64_t burst = 256;
};

struct QueueStats {
  size_t ready = 0, waiting = 0, running = 0;
  uint64_t added = 0, taken = 0, retried = 0;
};

// What became of a key, and so when it is looked at again.
struct Outcome {
  enum class Type : unsigned char { kOk, kRetry, kAfter };
  Type type = Type::kOk;
  std::chrono::milliseconds after{0};

  static Outcome Ok() { return {}; }
  static Outcome Retry() { return {Type::kRetry}; }  // back-off of this key
  static Outcome After(std::chrono::milliseconds d) { return {Type::kAfter, d}; }
  // The class of an error decides: nothing more for kInvalid and kNotFound, at once for a first kConflict.
  static Outcome Of(const Result<void>& result);
};

class WorkQueue {
 public:
  using Key = std::string;
  explicit WorkQueue(QueueOptions options = {}, const Clock* clock = &Clock::System())
      : options_(std::move(options)), clock_(clock) {}

  void Add(const Key& key);
  void AddAfter(const Key& key, std::chrono::milliseconds delay);

  // Blocks. nullopt: stop was asked, or the queue was shut down and is drained.
  std::optional<Key> Take(const std::stop_token& stop);
  std::optional<Key> Poll();  // does not block; nullopt: nothing is due now
  void Done(const Key& key, Outcome outcome);

  // No further Add; keys that are ready are still given out, those that wait for a time are dropped.
  void ShutDown();
  QueueStats stats() const;

 private:
  struct Entry {
    bool ready = false;    // in ready_
    bool running = false;  // held by a worker
    bool again = false;    // added while running
    int failures = 0;
    std::optional<Clock::TimePoint> due;  // in waiting_
  };

  void MakeReady(const Key& key, Entry& entry);
  void Schedule(const Key& key, Entry& entry, Clock::TimePoint due);
  void Unschedule(const Key& key, Entry& entry);
  void PromoteDue();
  std::optional<Key> Pop();
  void Forget(const Key& key);
  bool EndsBurst();

  const QueueOptions options_;
  const Clock* const clock_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any changed_;
  std::map<Key, Entry> entries_;  // only keys that are ready, running, waiting or have failed
  std::deque<Key> ready_;
  std::set<std::pair<Clock::TimePoint, Key>> waiting_;
  size_t running_ = 0;
  uint64_t added_ = 0, taken_ = 0, retried_ = 0;
  uint64_t empty_at_ = 0;  // taken_ when nothing was ready or running last
  bool shut_ = false;
};

}  // namespace fairlead::runtime
