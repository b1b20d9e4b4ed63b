// How sure we are of a cluster, by its watches and the time.
#include "operator/clusters/health.h"

#include <gtest/gtest.h>

#include "tests/support/fake_clock.h"

namespace fairlead::clusters {
namespace {

using kube::WatchPhase;
using reconcilers::RemoteState;
using std::chrono::minutes;
using std::chrono::seconds;

class HealthTest : public ::testing::Test {
 protected:
  void Watch(Kind kind, WatchPhase phase, const std::string& reason = "") {
    kube::WatchStatus status;
    status.phase = phase;
    status.reason = reason;
    health_.OnStatus(kind, status);
  }
  void ListAll() {
    for (const Kind kind : {Kind::kService, Kind::kNode}) {
      health_.OnListed(kind);
      Watch(kind, WatchPhase::kWatching);
    }
  }
  RemoteState State() const { return health_.status().state; }

  testing::FakeClock clock_;
  Health health_{{Kind::kService, Kind::kNode}, minutes(15), &clock_};
};

TEST_F(HealthTest, IsConnectingUntilAllWasListed) {
  EXPECT_EQ(State(), RemoteState::kConnecting);
  health_.OnListed(Kind::kService);
  Watch(Kind::kNode, WatchPhase::kForbidden, "may not list nodes");
  EXPECT_EQ(State(), RemoteState::kConnecting);
  EXPECT_EQ(health_.status().reason, "nodes: may not list nodes");
  EXPECT_EQ(health_.deadline(), Clock::TimePoint::max());
  ListAll();
  EXPECT_EQ(State(), RemoteState::kFresh);
  EXPECT_EQ(health_.status().reason, "");
}

TEST_F(HealthTest, WhatNotEveryClusterHasIsNoMatterOfItsState) {
  Watch(Kind::kFailoverPolicy, WatchPhase::kAbsent, "404");
  ListAll();
  EXPECT_EQ(State(), RemoteState::kFresh);
  EXPECT_EQ(health_.status().policies, "it serves no failoverpolicies");
  Watch(Kind::kFailoverPolicy, WatchPhase::kForbidden, "may not list");
  EXPECT_EQ(State(), RemoteState::kFresh);
  EXPECT_EQ(health_.status().policies, "failoverpolicies may not be read: may not list");
  Watch(Kind::kFailoverPolicy, WatchPhase::kWaiting, "timeout");
  EXPECT_EQ(State(), RemoteState::kFresh) << "where it cannot be reached, the others say so";
  Watch(Kind::kFailoverPolicy, WatchPhase::kWatching);
  EXPECT_EQ(health_.status().policies, "");
}

TEST_F(HealthTest, IsStaleFromTheFirstWatchThatBreaksAndExpiresAfterTheLimit) {
  ListAll();
  clock_.Advance(seconds(10));
  const Timestamp broke = clock_.WallNow();
  Watch(Kind::kNode, WatchPhase::kWaiting, "no route");
  EXPECT_EQ(State(), RemoteState::kStale);
  EXPECT_EQ(health_.status().since, broke);
  clock_.Advance(minutes(10));
  Watch(Kind::kService, WatchPhase::kWaiting, "no route");
  Watch(Kind::kNode, WatchPhase::kListing);
  health_.OnTimer();
  EXPECT_EQ(State(), RemoteState::kStale);
  clock_.Advance(minutes(5));
  EXPECT_LE(health_.deadline(), clock_.Now());
  health_.OnTimer();
  EXPECT_EQ(State(), RemoteState::kExpired);
  EXPECT_EQ(health_.status().since, broke) << "what is known is as old as that";
  EXPECT_EQ(health_.deadline(), Clock::TimePoint::max());
  Watch(Kind::kNode, WatchPhase::kWatching);
  EXPECT_EQ(State(), RemoteState::kExpired) << "services are not heard of yet";
  Watch(Kind::kService, WatchPhase::kWatching);
  EXPECT_EQ(State(), RemoteState::kFresh);
}

TEST_F(HealthTest, ATryIsNoTrouble) {
  ListAll();
  Watch(Kind::kService, WatchPhase::kListing);
  EXPECT_EQ(State(), RemoteState::kFresh);
}

TEST_F(HealthTest, OtherCredentialsLeaveWhatIsKnownInForce) {
  ListAll();
  health_.Reconnect();
  EXPECT_EQ(State(), RemoteState::kStale);
  EXPECT_EQ(health_.status().reason, "connecting anew");
  health_.OnListed(Kind::kService);
  EXPECT_EQ(State(), RemoteState::kStale);
  health_.OnListed(Kind::kNode);
  EXPECT_EQ(State(), RemoteState::kFresh);
}

TEST_F(HealthTest, WhatIsKnownFromBeforeTheStartIsAsOldAsItIs) {
  Watch(Kind::kNode, WatchPhase::kWaiting, "no route");
  const Timestamp heard{clock_.WallNow().seconds - 600};
  ASSERT_TRUE(health_.Remember(heard));
  EXPECT_EQ(State(), RemoteState::kStale);
  EXPECT_TRUE(health_.status().kept);
  EXPECT_EQ(health_.status().since, heard);
  EXPECT_EQ(health_.status().reason, "nodes: no route");
  EXPECT_EQ(health_.deadline(), clock_.Now() + minutes(5));
  health_.OnListed(Kind::kService);
  EXPECT_TRUE(health_.status().kept) << "nodes are not listed yet";
  clock_.Advance(minutes(5));
  health_.OnTimer();
  EXPECT_EQ(State(), RemoteState::kExpired);
  EXPECT_EQ(health_.status().since, heard);
  ListAll();
  EXPECT_EQ(State(), RemoteState::kFresh);
  EXPECT_FALSE(health_.status().kept);
}

TEST_F(HealthTest, WhatIsKnownFromLongBeforeTheStartHasExpired) {
  ASSERT_TRUE(health_.Remember({clock_.WallNow().seconds - 900}));
  EXPECT_EQ(State(), RemoteState::kExpired);
  EXPECT_EQ(health_.status().reason, "does not answer yet");
  EXPECT_EQ(health_.deadline(), Clock::TimePoint::max());
}

TEST_F(HealthTest, AKeptCopyOfTheFutureIsOfNow) {
  ASSERT_TRUE(health_.Remember({clock_.WallNow().seconds + 3600}));
  EXPECT_EQ(health_.status().since, clock_.WallNow());
  EXPECT_EQ(health_.deadline(), clock_.Now() + minutes(15));
}

TEST_F(HealthTest, WhatWasListedIsNotForgottenForAKeptCopy) {
  ListAll();
  EXPECT_FALSE(health_.Remember(clock_.WallNow()));
  EXPECT_EQ(State(), RemoteState::kFresh);
  EXPECT_FALSE(health_.status().kept);
}

TEST_F(HealthTest, AWatchThatBreaksWhenAllWasListedIsStaleAsOfNow) {
  ASSERT_TRUE(health_.Remember({clock_.WallNow().seconds - 600}));
  health_.OnListed(Kind::kService);
  Watch(Kind::kService, WatchPhase::kWaiting, "no route");
  health_.OnListed(Kind::kNode);
  EXPECT_EQ(State(), RemoteState::kStale);
  EXPECT_FALSE(health_.status().kept);
  EXPECT_EQ(health_.status().since, clock_.WallNow());
  EXPECT_EQ(health_.deadline(), clock_.Now() + minutes(15));
}

TEST_F(HealthTest, AKindThatIsSaidToBeAbsentIsTrouble) {
  ListAll();
  Watch(Kind::kService, WatchPhase::kAbsent, "the server could not find the requested resource");
  EXPECT_EQ(State(), RemoteState::kStale);
}

}  // namespace
}  // namespace fairlead::clusters
