// FakeClock: time that moves only when a test moves it. Thread-safe.
#pragma once

#include <mutex>

#include "crds/base/clock.h"

namespace fairlead::testing {

class FakeClock final : public Clock {
 public:
  TimePoint Now() const override {
    std::lock_guard lock(mutex_);
    return TimePoint(elapsed_) + std::chrono::hours(1);
  }
  Timestamp WallNow() const override {
    std::lock_guard lock(mutex_);
    return {1'800'000'000 + std::chrono::duration_cast<std::chrono::seconds>(elapsed_).count()};
  }
  void Advance(std::chrono::milliseconds by) {
    std::lock_guard lock(mutex_);
    elapsed_ += by;
  }

 private:
  mutable std::mutex mutex_;
  std::chrono::milliseconds elapsed_{0};
};

}  // namespace fairlead::testing
