// What the watcher does when the server refuses, fails or sends what cannot be read.
#include "tests/unit/operator/kube/watcher_script.h"

namespace fairlead::kube {
namespace {

TEST_F(WatcherTest, GoneAtConnectCostsOneList) {
  Watching();
  Dropped();
  PassTime();
  WatchRefused(410, "Expired");
  EXPECT_EQ(what(), Do::kList);
  EXPECT_EQ(watcher.status().lists, 2u);
  ListReply({"b"}, "30");
  EXPECT_EQ(sink.Take(), Lines{"replace b"});
  EXPECT_NE(path().find("resourceVersion=30&"), std::string::npos);
}

TEST_F(WatcherTest, GoneInTheMiddleOfAStreamCostsOneList) {
  Watching();
  Event("ADDED", "b", "11");
  ErrorEvent(410, "Expired");
  EXPECT_EQ(what(), Do::kList);
  EXPECT_EQ(path(), std::string(kCollection) + "?limit=500");
  EXPECT_EQ(watcher.status().lists, 2u);
}

TEST_F(WatcherTest, AServerThatAlwaysSaysGoneIsNotStormed) {
  ListReply({"a"}, "10");
  const Clock::TimePoint start = clock.Now();
  while (clock.Now() - start < seconds(60)) {
    if (what() == Do::kWait) {
      PassTime();
    } else if (what() == Do::kList) {
      ListReply({"a"}, "10");
    } else {
      WatchRefused(410, "Expired");
    }
  }
  EXPECT_LT(watcher.status().lists, 15u);
}

TEST_F(WatcherTest, GoneAfterAnOutageCostsAListAtOnce) {
  Watching();
  for (int outage = 0; outage < 2; ++outage) {
    clock.Advance(seconds(60));
    Dropped();
    for (int i = 0; i < 20; ++i) {
      PassTime();
      Dropped();
    }
    EXPECT_EQ(wait(), seconds(30));
    PassTime();
    WatchRefused(410, "Expired");
    EXPECT_EQ(what(), Do::kList);
    ListReply({"a"}, "20");
    Opened();
    EXPECT_EQ(watcher.status().failures, 0);
  }
}

TEST_F(WatcherTest, WhereTheServerFailedAWakeLooksSoon) {
  Watching();
  Dropped();
  for (int i = 0; i < 20; ++i) {
    PassTime();
    Dropped();
  }
  watcher.Wake();
  EXPECT_EQ(wait(), milliseconds(100));
  PassTime();
  EXPECT_EQ(what(), Do::kWatch);
  WatchRefused(429, "TooManyRequests", "7");
  watcher.Wake();
  EXPECT_EQ(wait(), milliseconds(7100));
}

TEST_F(WatcherTest, AnExpiredContinueTokenRestartsTheList) {
  ListReply({"a"}, "10", "next");
  ListRefused(410, "Expired");
  EXPECT_EQ(path(), std::string(kCollection) + "?limit=500");
  ListReply({"b"}, "12");
  EXPECT_EQ(sink.Take(), (Lines{"replace b", "synced"}));
}

TEST_F(WatcherTest, APageThatFailedIsAskedForAgain) {
  ListReply({"a"}, "10", "next");
  watcher.OnListFailed({ErrorClass::kTransient, "connection reset"});
  EXPECT_EQ(what(), Do::kWait);
  PassTime();
  EXPECT_EQ(path(), std::string(kCollection) + "?limit=500&continue=next");
  ListReply({"b"}, "10");
  EXPECT_EQ(sink.Take(), (Lines{"replace a b", "synced"}));
  EXPECT_EQ(watcher.status().lists, 1u);
}

TEST_F(WatcherTest, RetryAfterIsRespected) {
  ListRefused(429, "TooManyRequests", "7");
  EXPECT_EQ(wait(), milliseconds(7100));
  PassTime();
  Watching();
  WatchRefused(503, "ServiceUnavailable", "3");
  EXPECT_GE(wait(), seconds(3));
  PassTime();
  EXPECT_EQ(what(), Do::kWatch);
}

TEST_F(WatcherTest, BackOffGrowsToItsLimitAndEndsWithProgress) {
  milliseconds last{0};
  for (int i = 0; i < 20; ++i) {
    ListRefused(500, "InternalError");
    EXPECT_GE(wait(), last);
    last = wait();
    PassTime();
  }
  EXPECT_EQ(last, seconds(30));
  Watching();
  Event("ADDED", "b", "11");
  EXPECT_EQ(watcher.status().failures, 0);
  Dropped();
  EXPECT_EQ(wait(), milliseconds(100));
}

TEST_F(WatcherTest, AServerErrorInAStreamResumesWithoutAList) {
  Watching();
  ErrorEvent(500, "InternalError");
  EXPECT_EQ(what(), Do::kWait);
  PassTime();
  EXPECT_EQ(what(), Do::kWatch);
  EXPECT_EQ(watcher.status().lists, 1u);
}

TEST_F(WatcherTest, AFrameThatCannotBeReadTwiceIsPassedOverByAList) {
  Watching();
  watcher.OnStreamBytes("rubbish\n");
  PassTime();
  EXPECT_EQ(what(), Do::kWatch);
  Opened();
  watcher.OnStreamBytes("rubbish\n");
  PassTime();
  EXPECT_EQ(what(), Do::kList);
}

TEST_F(WatcherTest, AnOversizedFrameIsPassedOverByAList) {
  Watching();
  const std::string piece(1 << 20, 'x');
  for (int i = 0; i < 10 && what() == Do::kWatch; ++i) watcher.OnStreamBytes(piece);
  EXPECT_EQ(what(), Do::kWait);
  PassTime();
  EXPECT_EQ(what(), Do::kList);
}

TEST_F(WatcherTest, AKindThatIsNotServedIsEmptyAndLookedAtAgainWhenItAppears) {
  ListRefused(404, "NotFound");
  EXPECT_EQ(sink.Take(), (Lines{"replace", "synced"}));
  EXPECT_EQ(watcher.status().phase, WatchPhase::kAbsent);
  EXPECT_GE(wait(), seconds(5));
  PassTime();
  ListRefused(404, "NotFound");
  EXPECT_EQ(sink.Take(), Lines{});
  EXPECT_GE(wait(), seconds(10));
  watcher.Wake();
  EXPECT_EQ(what(), Do::kList);
  ListReply({"a"}, "10");
  EXPECT_EQ(sink.Take(), Lines{"replace a"});
}

TEST_F(WatcherTest, OneNotFoundDoesNotDropWhatIsThere) {
  Watching();
  Dropped();
  PassTime();
  WatchRefused(404, "NotFound");
  EXPECT_EQ(sink.Take(), Lines{});
  PassTime();
  ListRefused(404, "NotFound");
  EXPECT_EQ(sink.Take(), Lines{});
  PassTime();
  ListRefused(404, "NotFound");
  EXPECT_EQ(sink.Take(), Lines{"replace"});
  EXPECT_EQ(watcher.status().phase, WatchPhase::kAbsent);
}

TEST_F(WatcherTest, AForbiddenKindIsAStateThatKeepsTheLastGood) {
  Watching();
  ErrorEvent(410, "Expired");
  const size_t before = sink.phases.size();
  ListRefused(403, "Forbidden");
  EXPECT_EQ(sink.Take(), Lines{});
  EXPECT_EQ(watcher.status().phase, WatchPhase::kForbidden);
  EXPECT_EQ(watcher.status().reason, "Forbidden happened");
  EXPECT_GE(wait(), seconds(5));
  EXPECT_EQ(sink.phases.size(), before + 1);
}

TEST_F(WatcherTest, AnObjectThatCannotBeReadTravelsOn) {
  Watching();
  watcher.OnStreamBytes(
      R"({"type":"ADDED","object":{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"odd","resourceVersion":"11","labels":5}}})"
      "\n");
  Event("ADDED", "b", "12");
  EXPECT_EQ(sink.Take().back(), "upsert b");
  EXPECT_EQ(what(), Do::kWatch);
}

TEST_F(WatcherTest, NothingIsHandedOverAfterAnErrorEvent) {
  Watching();
  watcher.OnStreamBytes(R"({"type":"ERROR","object":)" + StatusOf(410, "Expired") + "}\n" +
                        R"({"type":"ADDED","object":)" + Namespace("b", "11") + "}\n");
  EXPECT_EQ(sink.Take(), Lines{});
  EXPECT_EQ(what(), Do::kList);
}

TEST_F(WatcherTest, ASilentServerAtConnectIsLeft) {
  ListReply({"a"}, "10");
  EXPECT_EQ(wait(), seconds(30));
  PassTime();
  EXPECT_EQ(what(), Do::kWait);
  EXPECT_EQ(watcher.status().reason, "no reply to the watch");
}

}  // namespace
}  // namespace fairlead::kube
