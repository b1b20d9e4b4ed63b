// Eventually: asks again and again until something holds that no event of ours tells: it happens in another
// process.
//
//   ASSERT_TRUE(Eventually([&] { return op.Ready(); })) << op.Log();
#pragma once

#include <chrono>
#include <functional>
#include <thread>

namespace fairlead::testing {

// False: not within the time, which is there for a machine that is slow, and no measure of anything.
inline bool Eventually(const std::function<bool()>& holds,
                       std::chrono::milliseconds patience = std::chrono::seconds(60),
                       std::chrono::milliseconds pause = std::chrono::milliseconds(20)) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    std::this_thread::sleep_for(pause);
  }
  return true;
}

}  // namespace fairlead::testing
