// Clock: the only source of time. State machines and queues take one; tests hand in a fake that they move.
//
// Thread-safe. No code of ours reads std::chrono clocks directly.
#pragma once

#include <chrono>

#include "crds/base/meta.h"

namespace fairlead {

class Clock {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;
  virtual ~Clock() = default;
  virtual TimePoint Now() const = 0;      // monotonic
  virtual Timestamp WallNow() const = 0;  // for what is written into objects

  static const Clock& System();
};

}  // namespace fairlead
