// Leader election by scripts: electors share a lease in memory, each with a clock of its own that can be
// frozen.
#include "operator/runtime/lease.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace fairlead::runtime {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::FakeClock;
using Do = Elector::Do;

// The lease in the API server: optimistic concurrency by resource version.
struct Server {
  std::optional<LeaseRecord> lease;
  int version = 0;
  bool down = false;

  Result<LeaseRecord> Read() const {
    if (down) return Unexpected(Error{ErrorClass::kTransient, "down"});
    if (!lease) return Unexpected(Error{ErrorClass::kNotFound, "none"});
    return *lease;
  }
  Result<LeaseRecord> Write(Do what, LeaseRecord record) {
    if (down) return Unexpected(Error{ErrorClass::kTransient, "down"});
    if (what == Do::kCreate && lease) return Unexpected(Error{ErrorClass::kConflict, "there"});
    if (what == Do::kUpdate && !lease) return Unexpected(Error{ErrorClass::kNotFound, "none"});
    if (what == Do::kUpdate && record.resource_version != lease->resource_version) {
      return Unexpected(Error{ErrorClass::kConflict, "changed"});
    }
    record.resource_version = std::to_string(++version);
    lease = record;
    return record;
  }
};

struct Candidate {
  Candidate(const std::string& id, Server* s) : server(s), elector({.identity = id}, &clock, &fence) {}

  // Everything that is due now.
  void Run() {
    for (int i = 0; i < 10; ++i) {
      const Elector::Step step = elector.step();
      if (step.what == Do::kRead) {
        elector.OnRead(server->Read());
      } else if (step.what != Do::kWait) {
        elector.OnWritten(server->Write(step.what, step.record));
      } else if (clock.Now() >= step.until) {
        elector.OnTimer();
      } else {
        return;
      }
    }
  }
  bool CanWrite() { return fence.Open().has_value(); }

  FakeClock clock;
  Fence fence{&clock};
  Server* server;
  Elector elector;
};

class LeaseTest : public ::testing::Test {
 protected:
  // Time passes for both; those that are frozen do not run.
  void Pass(milliseconds time, bool a_runs = true, bool b_runs = true) {
    for (milliseconds t{0}; t < time; t += milliseconds(500)) {
      a.clock.Advance(milliseconds(500));
      b.clock.Advance(milliseconds(500));
      if (a_runs) a.Run();
      if (b_runs) b.Run();
      EXPECT_FALSE(a.CanWrite() && b.CanWrite()) << "two leaders";
    }
  }
  Server server;
  Candidate a{"a", &server}, b{"b", &server};
};

TEST_F(LeaseTest, TheFirstCreatesAndKeepsIt) {
  a.Run();
  b.Run();
  EXPECT_TRUE(a.CanWrite());
  EXPECT_FALSE(b.CanWrite());
  Pass(seconds(60));
  EXPECT_TRUE(a.CanWrite());
  EXPECT_EQ(server.lease->holder, "a");
  EXPECT_EQ(server.lease->transitions, 0);
  EXPECT_EQ(b.elector.holder(), "a");
}

TEST_F(LeaseTest, AFrozenLeaderIsReplacedAndItsLateWriteIsRefused) {
  a.Run();
  b.Run();
  Pass(seconds(4));
  Pass(seconds(30), false);
  EXPECT_TRUE(b.CanWrite());
  EXPECT_EQ(server.lease->transitions, 1);
  // Thawed: before anything else has run, the first write finds the fence closed.
  EXPECT_FALSE(a.CanWrite());
  EXPECT_TRUE(a.elector.leading());
  a.Run();
  EXPECT_FALSE(a.elector.leading());
  Pass(seconds(30));
  EXPECT_TRUE(b.CanWrite());
}

TEST_F(LeaseTest, AReplyThatComesAfterAFreezeDoesNotOpenTheFence) {
  a.Run();
  a.clock.Advance(seconds(2));
  a.elector.OnTimer();
  ASSERT_EQ(a.elector.step().what, Do::kUpdate);
  Result<LeaseRecord> reply = server.Write(Do::kUpdate, a.elector.step().record);
  a.clock.Advance(seconds(60));  // frozen between sending and reading the reply
  a.elector.OnWritten(reply);
  EXPECT_FALSE(a.CanWrite());
}

TEST_F(LeaseTest, ALeaderThatCannotRenewStepsDownBeforeAnotherMayBegin) {
  a.Run();
  b.Run();
  server.down = true;
  Pass(seconds(9));
  EXPECT_TRUE(a.CanWrite());
  Pass(seconds(2));
  EXPECT_FALSE(a.CanWrite());
  EXPECT_FALSE(a.elector.leading());
  server.down = false;
  Pass(seconds(30));
  EXPECT_TRUE(a.CanWrite() || b.CanWrite());
}

TEST_F(LeaseTest, AShortOutageCostsNothing) {
  a.Run();
  b.Run();
  server.down = true;
  Pass(seconds(5));
  server.down = false;
  Pass(seconds(30));
  EXPECT_TRUE(a.CanWrite());
  EXPECT_EQ(server.lease->transitions, 0);
}

TEST_F(LeaseTest, ARenewalWhoseReplyWasLostIsNotTakenForAnothersLease) {
  a.Run();
  b.Run();
  a.clock.Advance(seconds(2));
  a.elector.OnTimer();
  (void)server.Write(Do::kUpdate, a.elector.step().record);
  a.elector.OnWritten(Unexpected(Error{ErrorClass::kTransient, "reset"}));
  Pass(seconds(10));
  EXPECT_TRUE(a.CanWrite());
  EXPECT_TRUE(a.elector.leading());
}

TEST_F(LeaseTest, ALeaseThatWasDeletedIsMadeAgain) {
  a.Run();
  b.Run();
  server.lease.reset();
  Pass(seconds(30));
  EXPECT_TRUE(a.CanWrite() != b.CanWrite());
}

TEST_F(LeaseTest, AReleasedLeaseIsTakenAtOnce) {
  a.Run();
  b.Run();
  ASSERT_TRUE(a.elector.Release());
  EXPECT_FALSE(a.CanWrite());
  a.elector.OnWritten(server.Write(Do::kUpdate, a.elector.step().record));
  EXPECT_EQ(server.lease->holder, "");
  Pass(seconds(3), false);
  EXPECT_TRUE(b.CanWrite());
}

TEST_F(LeaseTest, ThoseWhoDoNotLeadHaveNothingToRelease) {
  a.Run();
  b.Run();
  EXPECT_FALSE(b.elector.Release());
}

TEST(Lease, TravelsAsJson) {
  const LeaseRecord record{.holder = "a",
                           .duration_seconds = 15,
                           .acquire_time = MicroTime({1'800'000'000}),
                           .renew_time = MicroTime({1'800'000'001}),
                           .transitions = 3,
                           .resource_version = "7"};
  const std::string json = LeaseJson("ns", "leader", record);
  const Result<LeaseRecord> parsed = ParseLease(json);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(*parsed, record);
  EXPECT_NE(json.find(R"("acquireTime":"2027-01-15T08:00:00.000000Z")"), std::string::npos) << json;
}

TEST(FenceTest, GivesTheTimeThatIsLeft) {
  FakeClock clock;
  Fence fence(&clock);
  EXPECT_FALSE(fence.Open());
  fence.Extend(clock.Now() + seconds(2));
  EXPECT_LE(*fence.Open(), milliseconds(2001));
  clock.Advance(seconds(2));
  EXPECT_FALSE(fence.Open());
  EXPECT_EQ(fence.Open().error().error_class, ErrorClass::kCancelled);
}

}  // namespace
}  // namespace fairlead::runtime
