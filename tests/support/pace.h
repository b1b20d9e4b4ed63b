// Pace: turns at a steady rate, for any number of threads that do something at a schedule and not as fast as
// they can.
//
// The n-th turn is due n / rate after the start. A machine that is too slow gives turns late, and then at
// once until the schedule is met again; so what is counted in turns is the same on every machine, and how far
// it was behind can be told. Thread-safe.
//
//   Pace pace(200);                               // a second
//   for (size_t turn; (turn = pace.Take()) < 1000;) Call(turn);
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <thread>

namespace fairlead::testing {

class Pace {
 public:
  explicit Pace(int per_second) : between_(std::chrono::nanoseconds(std::chrono::seconds(1)) / per_second) {}

  // Waits until the next turn is due; which one it is, from 0 on.
  size_t Take() {
    const size_t turn = next_++;
    std::this_thread::sleep_until(start_ + between_ * turn);
    return turn;
  }
  // Turns by the schedule until now, had the machine kept it.
  size_t due() const {
    return 1 + static_cast<size_t>((std::chrono::steady_clock::now() - start_) / between_);
  }

 private:
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const std::chrono::nanoseconds between_;
  std::atomic<size_t> next_{0};
};

}  // namespace fairlead::testing
