// Patience: waiting for something that another process does, bounded, and ended early by Ctrl-C.
//
// Who calls: everything in the demo that waits. What is waited for lives in other processes and can only be
// asked, so it is asked again after a short pause. Thread-safe.
//
//   Result<void> r = patience.Await("the operator to be ready", [&] { return Ready(); });
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "crds/base/result.h"

namespace fairlead::demo {

class Patience {
 public:
  explicit Patience(std::stop_token stop) : stop_(std::move(stop)) {}

  Result<void> Await(const std::string& what, const std::function<bool()>& holds,
                     std::chrono::seconds timeout = std::chrono::seconds(30)) const;
  void UntilStopped() const;
  bool stopped() const { return stop_.stop_requested(); }
  std::stop_token token() const { return stop_; }

 private:
  std::stop_token stop_;
};

}  // namespace fairlead::demo
