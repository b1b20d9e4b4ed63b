// StreamBuffer: the pipe between the HTTP library's threads, which write a reply into it, and the thread that
// reads it with Next.
//
// The reader gets the headers first, then the bytes, then the end, in whichever order the library's threads
// came: it announces the headers by a task of its own, which may run after the first bytes were written.
//
// Bounded: a writer that is ahead by more than the limit gets a task that completes when the reader has
// caught up, so the socket is not read meanwhile. Private to the transport. Thread-safe.
#pragma once

#include <pplx/pplxtasks.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

#include "operator/kube/transport.h"

namespace fairlead::kube {

class StreamBuffer {
 public:
  static constexpr size_t kHighWater = 1u << 20;

  // The library's side.
  void Headers(int status, HttpHeaders headers);
  pplx::task<size_t> Write(const char* bytes, size_t count);
  void End(Result<void> result);

  // The reader's side.
  StreamEvent Next(Clock::TimePoint deadline, std::stop_token stop);
  void Abandon();  // nobody reads on: writers fail at once

 private:
  std::optional<StreamEvent> Take(
      std::optional<std::pair<pplx::task_completion_event<size_t>, size_t>>* writer);
  bool Ready() const;

  std::mutex mutex_;
  std::condition_variable_any changed_;
  std::optional<StreamEvent> headers_;
  bool headers_taken_ = false;
  std::deque<std::string> chunks_;
  size_t buffered_ = 0;
  std::optional<Result<void>> end_;
  bool abandoned_ = false;
  // The writer that waits for room, and how much it has written. There is at most one.
  std::optional<std::pair<pplx::task_completion_event<size_t>, size_t>> writer_;
};

}  // namespace fairlead::kube
