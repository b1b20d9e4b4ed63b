// Reflector: drives one Watcher over an HttpTransport on a thread of its own.
//
// Who calls: the composition root, one for each kind. Start begins, Stop (or the destructor) ends the thread
// within one reply. Wake may be called from any thread.
//
//   Reflector r(&transport, ObjectStream::TargetOf(Kind::kPod), std::make_unique<ObjectStream>(Kind::kPod,
//   &store)); r.Start();
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "operator/kube/watcher.h"

namespace fairlead::kube {

class Reflector {
 public:
  Reflector(HttpTransport* transport, WatchTarget target, std::unique_ptr<WatchHandler> handler,
            WatcherOptions options = {}, const Clock* clock = &Clock::System());
  ~Reflector();

  void Start();
  void Stop();
  void Wake();  // the kind may be served or allowed now, or the API server be there again
  WatchStatus status() const;

 private:
  void Run(const std::stop_token& stop);
  void List(const std::stop_token& stop);
  void Watch(const std::stop_token& stop);
  void Pause(const std::stop_token& stop);
  void Feed(StreamEvent event);
  void Publish();

  HttpTransport* const transport_;
  const std::unique_ptr<WatchHandler> handler_;
  const Clock* const clock_;
  std::mt19937 random_;
  Watcher watcher_;  // of the thread

  mutable std::mutex mutex_;  // guards the two below
  bool woken_ = false;
  WatchStatus published_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

}  // namespace fairlead::kube
