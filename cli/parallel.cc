#include "cli/parallel.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace fairlead::cli {

void ForEachIndex(size_t count, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  const auto run = [&] {
    for (size_t i = next++; i < count; i = next++) work(i);
  };
  const size_t others = std::min<size_t>(std::max(1u, std::thread::hardware_concurrency()), count);
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < others; ++i) threads.emplace_back(run);
  run();
}

}  // namespace fairlead::cli
