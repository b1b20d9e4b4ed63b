// Signals: SIGTERM and SIGINT become a value that the main thread waits for; SIGPIPE is ignored.
//
// Who calls: main, first of all, before any thread is started (threads inherit the mask). A second signal
// while the process shuts down ends it at once.
//
//   Signals signals;
//   …start everything…
//   signals.Wait({});   // then shut down in order, within the grace period
#pragma once

#include <stop_token>

namespace fairlead::runtime {

class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // The signal that came, or 0 when stop was asked. After it the next signal has its default effect.
  int Wait(std::stop_token stop);

 private:
  int signals_ = -1, wake_ = -1;
};

}  // namespace fairlead::runtime
