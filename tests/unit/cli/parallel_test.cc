#include "cli/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <vector>

namespace fairlead::cli {
namespace {

TEST(ForEachIndex, DoesEachOnceAndReturnsWhenAllAreDone) {
  for (const size_t count : {0u, 1u, 2u, 1'000u}) {
    std::vector<std::atomic<int>> done(count);
    ForEachIndex(count, [&](size_t i) { ++done[i]; });
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(done[i], 1) << i << " of " << count;
  }
}

}  // namespace
}  // namespace fairlead::cli
