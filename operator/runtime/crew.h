// Crew: some threads that wait for many replies at once, for one caller that needs them all.
//
// Who calls: a loop's worker, with requests that do not depend on each other. The caller takes its part; the
// threads are started when there is more than one thing to do for the first time, and end with the crew.
// Do() is for one caller at a time; the tasks must not throw.
//
//   std::vector<Result<void>> done(writes.size());
//   crew.Do(writes.size(), [&](size_t i) { done[i] = Carry(writes[i]); });
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace fairlead::runtime {

class Crew {
 public:
  explicit Crew(size_t threads) : size_(threads) {}  // beside the caller's
  // Calls task(0) to task(count - 1), each once, in that order but some at once. Returns when all are done.
  void Do(size_t count, const std::function<void(size_t)>& task);

 private:
  void Work(const std::stop_token& stop);
  void TakeAll(std::unique_lock<std::mutex>* lock);

  const size_t size_;
  std::mutex mutex_;  // guards all below but the threads
  std::condition_variable_any wake_;
  std::condition_variable done_;
  const std::function<void(size_t)>* task_ = nullptr;
  size_t next_ = 0, count_ = 0, busy_ = 0;
  std::vector<std::jthread> threads_;  // the caller's alone; they end before what they use
};

}  // namespace fairlead::runtime
