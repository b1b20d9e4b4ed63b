#include "tests/demo/patience.h"

#include <condition_variable>
#include <mutex>

namespace fairlead::demo {
namespace {

constexpr std::chrono::milliseconds kPause{20};

// Ends early on `stop`.
void Pause(std::stop_token stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  wake.wait_for(lock, std::move(stop), time, [] { return false; });
}

}  // namespace

Result<void> Patience::Await(const std::string& what, const std::function<bool()>& holds,
                             std::chrono::seconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!holds()) {
    if (stopped()) return Unexpected(Error{ErrorClass::kCancelled, "stopped while waiting for " + what});
    if (std::chrono::steady_clock::now() >= deadline) {
      return Unexpected(Error{ErrorClass::kTransient,
                              "waited " + std::to_string(timeout.count()) + " s in vain for " + what});
    }
    Pause(stop_, kPause);
  }
  return {};
}

void Patience::UntilStopped() const {
  while (!stopped()) Pause(stop_, std::chrono::hours(1));
}

}  // namespace fairlead::demo
