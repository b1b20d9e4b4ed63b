// The list-and-watch protocol by scripts: no sockets, a fake clock, no jitter.
#include "operator/kube/watcher.h"

#include <gtest/gtest.h>

#include "operator/kube/object_stream.h"
#include "tests/support/fake_clock.h"

namespace fairlead::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Do = Watcher::Do;

constexpr char kCollection[] = "/api/v1/namespaces";

std::string Namespace(const std::string& name, const std::string& rv) {
  return R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + R"(","resourceVersion":")" +
         rv + R"("}})";
}

// Keeps what the sink saw as text: "replace a b", "upsert c", "delete a", "synced".
class Recorder final : public ObjectSink {
 public:
  void OnReplace(Kind, std::vector<AnyObject> objects) override {
    std::string line = "replace";
    for (const AnyObject& object : objects) line += " " + KeyOf(object).name;
    lines.push_back(line);
  }
  void OnUpsert(Kind, AnyObject object) override { lines.push_back("upsert " + KeyOf(object).name); }
  void OnDelete(Kind, AnyObject object) override { lines.push_back("delete " + KeyOf(object).name); }
  void OnSynced(Kind) override { lines.push_back("synced"); }
  void OnStatus(Kind, const WatchStatus& status) override {
    phases.push_back(std::string(ToString(status.phase)));
  }

  std::vector<std::string> Take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines, phases;
};

using Lines = std::vector<std::string>;

class WatcherTest : public ::testing::Test {
 protected:
  WatcherTest() { watcher.Start(); }

  Do what() const { return watcher.step().what; }
  std::string path() const { return watcher.step().request.path; }
  milliseconds wait() const {
    return std::chrono::duration_cast<milliseconds>(watcher.step().until - clock.Now());
  }
  void PassTime() {
    clock.Advance(wait());
    watcher.OnTimer();
  }

  void ListReply(const Lines& names, const std::string& rv, const std::string& more = "") {
    std::string items;
    for (const std::string& name : names) items += (items.empty() ? "" : ",") + Namespace(name, rv);
    watcher.OnListReply(
        Json(200, R"({"apiVersion":"v1","kind":"NamespaceList","metadata":{"resourceVersion":")" + rv +
                      R"(","continue":")" + more + R"("},"items":[)" + items + "]}"));
  }
  void ListRefused(int code, const std::string& reason, const std::string& retry_after = "") {
    watcher.OnListReply(Json(code, StatusOf(code, reason), retry_after));
  }
  void Opened() { watcher.OnStreamHeaders(200, {{{"content-type", "application/json"}}}); }
  void Event(const std::string& type, const std::string& name, const std::string& rv) {
    watcher.OnStreamBytes(R"({"type":")" + type + R"(","object":)" + Namespace(name, rv) + "}\n");
  }
  void ErrorEvent(int code, const std::string& reason) {
    watcher.OnStreamBytes(R"({"type":"ERROR","object":)" + StatusOf(code, reason) + "}\n");
  }
  void WatchRefused(int code, const std::string& reason, const std::string& retry_after = "") {
    const HttpResponse reply = Json(code, StatusOf(code, reason), retry_after);
    watcher.OnStreamHeaders(code, reply.headers);
    watcher.OnStreamBytes(reply.body);
    watcher.OnStreamEnd({});
  }
  void Dropped() { watcher.OnStreamEnd(Unexpected(Error{ErrorClass::kTransient, "connection reset"})); }

  // Listed and watching at resource version 10, with "a" there.
  void Watching() {
    ListReply({"a"}, "10");
    Opened();
    sink.Take();
  }

  static std::string StatusOf(int code, const std::string& reason) {
    return R"({"apiVersion":"v1","kind":"Status","status":"Failure","reason":")" + reason +
           R"(","message":")" + reason + R"( happened","code":)" + std::to_string(code) + "}";
  }
  static HttpResponse Json(int status, const std::string& body, const std::string& retry_after = "") {
    HttpResponse response{status, {{{"content-type", "application/json"}}}, body};
    if (!retry_after.empty()) response.headers.values["retry-after"] = retry_after;
    return response;
  }

  testing::FakeClock clock;
  Recorder sink;
  ObjectStream stream{Kind::kNamespace, &sink};
  Watcher watcher{ObjectStream::TargetOf(Kind::kNamespace), {}, &stream, &clock, [] { return 1.0; }};
};

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
