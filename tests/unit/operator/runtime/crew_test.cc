#include "operator/runtime/crew.h"

#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <thread>
#include <vector>

namespace fairlead::runtime {
namespace {

TEST(Crew, DoesEachOnceAndReturnsWhenAllAreDone) {
  Crew crew(3);
  for (const size_t count : {0, 1, 2, 3, 4, 5, 64, 1}) {
    std::vector<int> done(count);
    crew.Do(count, [&](size_t i) { ++done[i]; });
    EXPECT_EQ(done, std::vector<int>(count, 1));
  }
}

TEST(Crew, WaitsForSomeAtOnce) {
  Crew crew(3);
  for (int round = 0; round < 100; ++round) {
    std::latch all(4);  // nobody goes on before all have come
    crew.Do(4, [&](size_t) { all.arrive_and_wait(); });
  }
}

TEST(Crew, OneThingIsDoneByTheCallerItself) {
  Crew crew(3);
  std::thread::id who;
  crew.Do(1, [&](size_t) { who = std::this_thread::get_id(); });
  EXPECT_EQ(who, std::this_thread::get_id());
}

TEST(Crew, WithoutThreadsTheCallerDoesAllInOrder) {
  Crew crew(0);
  std::vector<size_t> order;
  crew.Do(5, [&](size_t i) { order.push_back(i); });
  EXPECT_EQ(order, (std::vector<size_t>{0, 1, 2, 3, 4}));
}

// More threads than things to do: those that come too late find nothing of the round before.
TEST(Crew, ManyRoundsOfFew) {
  Crew crew(7);
  for (size_t round = 0; round < 2000; ++round) {
    std::atomic<size_t> sum{0};
    crew.Do(2, [&](size_t i) { sum += round + i; });
    ASSERT_EQ(sum, 2 * round + 1);
  }
}

}  // namespace
}  // namespace fairlead::runtime
