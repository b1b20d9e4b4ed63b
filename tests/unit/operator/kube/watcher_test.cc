// Lists, events, and streams that end.
#include "tests/unit/operator/kube/watcher_script.h"

namespace fairlead::kube {
namespace {

TEST_F(WatcherTest, ListsByPagesAndHandsThemOverWhole) {
  EXPECT_EQ(path(), std::string(kCollection) + "?limit=500");
  ListReply({"a", "b"}, "10", "next/1");
  EXPECT_EQ(sink.Take(), Lines{});
  EXPECT_EQ(path(), std::string(kCollection) + "?limit=500&continue=next%2F1");
  ListReply({"c"}, "10");
  EXPECT_EQ(sink.Take(), (Lines{"replace a b c", "synced"}));
  EXPECT_EQ(what(), Do::kWatch);
  EXPECT_EQ(path(), std::string(kCollection) +
                        "?allowWatchBookmarks=true&resourceVersion=10&timeoutSeconds=600&watch=true");
  EXPECT_TRUE(watcher.status().synced);
}

TEST_F(WatcherTest, DeliversEventsAndResumesAfterTheLast) {
  Watching();
  Event("ADDED", "b", "11");
  Event("MODIFIED", "a", "12");
  Event("DELETED", "b", "13");
  Event("BOOKMARK", "", "20");
  EXPECT_EQ(sink.Take(), (Lines{"upsert b", "upsert a", "delete b"}));
  Dropped();
  EXPECT_EQ(what(), Do::kWait);
  EXPECT_EQ(wait(), milliseconds(100));
  PassTime();
  EXPECT_EQ(what(), Do::kWatch);
  EXPECT_NE(path().find("resourceVersion=20&"), std::string::npos);
  EXPECT_EQ(watcher.status().lists, 1u);
}

TEST_F(WatcherTest, AFrameMayComeInPieces) {
  Watching();
  const std::string frame = R"({"type":"ADDED","object":)" + Namespace("b", "11") + "}\n";
  watcher.OnStreamBytes(frame.substr(0, 30));
  EXPECT_EQ(sink.Take(), Lines{});
  watcher.OnStreamBytes(frame.substr(30));
  EXPECT_EQ(sink.Take(), Lines{"upsert b"});
}

TEST_F(WatcherTest, ATruncatedFrameIsNotHandedOverAndTheStreamIsResumed) {
  Watching();
  Event("ADDED", "b", "11");
  watcher.OnStreamBytes(R"({"type":"ADDED","object":{"metadata":{"name":"c")");
  watcher.OnStreamEnd({});
  EXPECT_EQ(sink.Take(), Lines{"upsert b"});
  PassTime();
  EXPECT_NE(path().find("resourceVersion=11&"), std::string::npos);
  EXPECT_EQ(watcher.status().lists, 1u);
}

TEST_F(WatcherTest, AStreamThatEndsInGoodOrderIsResumedAtOnce) {
  Watching();
  clock.Advance(seconds(300));
  watcher.OnStreamEnd({});
  EXPECT_EQ(what(), Do::kWatch);
  EXPECT_NE(path().find("resourceVersion=10&"), std::string::npos);
}

TEST_F(WatcherTest, AServerThatEndsEachStreamAtOnceIsNotStormed) {
  Watching();
  int opened = 0;
  const Clock::TimePoint start = clock.Now();
  while (clock.Now() - start < seconds(60)) {
    if (what() == Do::kWait) {
      PassTime();
      continue;
    }
    ++opened;
    Opened();
    watcher.OnStreamEnd({});
  }
  EXPECT_LT(opened, 15);
}

TEST_F(WatcherTest, ASilentStreamIsResumedAfterTheIdleTime) {
  Watching();
  EXPECT_EQ(wait(), seconds(100));
  clock.Advance(seconds(60));
  Event("BOOKMARK", "", "15");
  EXPECT_EQ(wait(), seconds(100));
  PassTime();
  EXPECT_EQ(what(), Do::kWait);
  EXPECT_EQ(watcher.status().reason, "the watch fell silent");
  PassTime();
  EXPECT_NE(path().find("resourceVersion=15&"), std::string::npos);
  EXPECT_EQ(watcher.status().lists, 1u);
}

}  // namespace
}  // namespace fairlead::kube
