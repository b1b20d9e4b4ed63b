#include "operator/runtime/work_queue.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "tests/support/fake_clock.h"

namespace fairlead::runtime {
namespace {

using std::chrono::milliseconds;
using testing::FakeClock;

TEST(WorkQueue, GivesAKeyOnceHoweverOftenItWasAdded) {
  FakeClock clock;
  WorkQueue queue({}, &clock);
  queue.Add("a");
  queue.Add("b");
  queue.Add("a");
  EXPECT_EQ(queue.Poll(), "a");
  EXPECT_EQ(queue.Poll(), "b");
  EXPECT_EQ(queue.Poll(), std::nullopt);
}

TEST(WorkQueue, AKeyThatRunsIsGivenAgainOnlyAfterwards) {
  FakeClock clock;
  WorkQueue queue({}, &clock);
  queue.Add("a");
  ASSERT_EQ(queue.Poll(), "a");
  queue.Add("a");
  queue.Add("a");
  EXPECT_EQ(queue.Poll(), std::nullopt);
  queue.Done("a", Outcome::Ok());
  EXPECT_EQ(queue.Poll(), "a");
  queue.Done("a", Outcome::Ok());
  EXPECT_EQ(queue.Poll(), std::nullopt);
}

TEST(WorkQueue, TheEndOfABurstIsToldOnce) {
  FakeClock clock;
  int told = 0;
  WorkQueue queue({.after_burst = [&told] { ++told; }, .burst = 3}, &clock);
  const auto work = [&queue] {
    for (auto key = queue.Poll(); key; key = queue.Poll()) queue.Done(*key, Outcome::Ok());
  };
  for (const char* key : {"a", "b", "c", "d"}) queue.Add(key);
  work();
  EXPECT_EQ(told, 1);
  for (const char* key : {"a", "b", "c", "d"}) {  // one by one is no burst
    queue.Add(key);
    work();
  }
  EXPECT_EQ(told, 1);
}

TEST(WorkQueue, AFailedKeyWaitsLongerEachTime) {
  FakeClock clock;
  WorkQueue queue({.backoff_base = milliseconds(10), .backoff_max = milliseconds(40)}, &clock);
  queue.Add("a");
  for (const int wait : {10, 20, 40, 40}) {
    ASSERT_EQ(queue.Poll(), "a");
    queue.Done("a", Outcome::Retry());
    clock.Advance(milliseconds(wait - 1));
    EXPECT_EQ(queue.Poll(), std::nullopt) << wait;
    clock.Advance(milliseconds(1));
  }
  ASSERT_EQ(queue.Poll(), "a");
  queue.Done("a", Outcome::Ok());
  queue.Add("a");
  ASSERT_EQ(queue.Poll(), "a");
  queue.Done("a", Outcome::Retry());
  clock.Advance(milliseconds(10));
  EXPECT_EQ(queue.Poll(), "a");
}

TEST(WorkQueue, AnEventDoesNotWaitForTheBackOff) {
  FakeClock clock;
  WorkQueue queue({.backoff_base = milliseconds(1000)}, &clock);
  queue.Add("a");
  ASSERT_EQ(queue.Poll(), "a");
  queue.Done("a", Outcome::Retry());
  queue.Add("a");
  EXPECT_EQ(queue.Poll(), "a");
  queue.Done("a", Outcome::Ok());
  clock.Advance(milliseconds(5000));
  EXPECT_EQ(queue.Poll(), std::nullopt);
}

TEST(WorkQueue, TheSoonerOfTwoTimesCounts) {
  FakeClock clock;
  WorkQueue queue({}, &clock);
  queue.AddAfter("a", milliseconds(100));
  queue.AddAfter("a", milliseconds(50));
  queue.AddAfter("a", milliseconds(200));
  clock.Advance(milliseconds(50));
  EXPECT_EQ(queue.Poll(), "a");
  queue.Done("a", Outcome::Ok());
  clock.Advance(milliseconds(500));
  EXPECT_EQ(queue.Poll(), std::nullopt);
}

TEST(WorkQueue, TheClassOfAnErrorDecides) {
  const auto outcome = [](ErrorClass c, int retry_after = 0) {
    return Outcome::Of(Unexpected(Error{c, "x", 0, retry_after})).type;
  };
  EXPECT_EQ(Outcome::Of({}).type, Outcome::Type::kOk);
  EXPECT_EQ(outcome(ErrorClass::kInvalid), Outcome::Type::kOk);
  EXPECT_EQ(outcome(ErrorClass::kNotFound), Outcome::Type::kOk);
  EXPECT_EQ(outcome(ErrorClass::kConflict), Outcome::Type::kRetry);
  EXPECT_EQ(outcome(ErrorClass::kTransient), Outcome::Type::kRetry);
  EXPECT_EQ(outcome(ErrorClass::kTransient, 7), Outcome::Type::kAfter);
  EXPECT_EQ(outcome(ErrorClass::kForbidden), Outcome::Type::kAfter);
}

TEST(WorkQueue, ShutDownGivesOutWhatIsReadyAndEnds) {
  FakeClock clock;
  WorkQueue queue({}, &clock);
  queue.Add("a");
  queue.AddAfter("later", milliseconds(10));
  queue.ShutDown();
  queue.Add("too-late");
  EXPECT_EQ(queue.Take({}), "a");
  queue.Done("a", Outcome::Retry());
  EXPECT_EQ(queue.Take({}), std::nullopt);
  EXPECT_EQ(queue.stats().waiting, 0u);
}

TEST(WorkQueue, WorkersNeverHoldTheSameKeyAtOnce) {
  WorkQueue queue({.backoff_base = milliseconds(1)});
  constexpr int kKeys = 5, kRounds = 400;
  std::vector<std::atomic<int>> held(kKeys), seen(kKeys);
  std::atomic<bool> twice = false;
  std::vector<std::jthread> workers;
  for (int w = 0; w < 4; ++w) {
    workers.emplace_back([&](const std::stop_token& stop) {
      while (const std::optional<std::string> key = queue.Take(stop)) {
        const int k = std::stoi(*key);
        if (held[k].fetch_add(1) != 0) twice = true;
        ++seen[k];
        held[k].fetch_sub(1);
        queue.Done(*key, seen[k] % 3 == 0 ? Outcome::Retry() : Outcome::Ok());
      }
    });
  }
  for (int i = 0; i < kRounds; ++i) queue.Add(std::to_string(i % kKeys));
  queue.ShutDown();
  for (std::jthread& worker : workers) worker.join();  // they end when it is drained; not told to stop before
  EXPECT_FALSE(twice);
  for (const auto& n : seen) EXPECT_GT(n.load(), 0);
  EXPECT_EQ(queue.stats().running, 0u);
}

TEST(WorkQueue, AWaitingWorkerIsStopped) {
  WorkQueue queue;
  queue.AddAfter("a", std::chrono::hours(1));
  std::jthread worker([&](const std::stop_token& stop) { EXPECT_EQ(queue.Take(stop), std::nullopt); });
  worker.request_stop();
}

}  // namespace
}  // namespace fairlead::runtime
