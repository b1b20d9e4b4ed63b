#include "tests/support/apiserver/faults.h"

#include <gtest/gtest.h>

#include "tests/unit/support/apiserver/api_client.h"

namespace fairlead::apiserver {
namespace {

constexpr char kMaps[] = "/api/v1/namespaces/default/configmaps";

void Make(ApiClient& c, const std::string& name) {
  c.Post(kMaps, R"({"metadata":{"name":")" + name + "\"}}");
}

std::vector<std::string> Events(EventStream& stream) {
  std::vector<std::string> out;
  while (auto frame = stream.Next()) {
    const Result<Value> event = ParseJson(*frame);
    out.push_back(event ? TextAt(*event, "type") + " " + TextAt(*event, {"object", "metadata", "name"})
                        : "broken");
  }
  return out;
}

class WatchFaults : public ::testing::Test {
 protected:
  std::shared_ptr<EventStream> Watch(FaultRule rule) {
    rule.verb = "watch";
    client.api.faults().Add(rule);
    const auto stream = client.Get(std::string(kMaps) + "?watch=1").stream;
    for (const char* name : {"a", "b", "c"}) Make(client, name);
    return stream;
  }
  ApiClient client;
};

TEST(Faults, TheChosenRequestIsHit) {
  ApiClient c;
  c.api.faults().Add({.verb = "create", .resource = "configmaps", .skip = 1, .times = 2, .code = 429});
  std::vector<int> codes;
  for (const char* name : {"a", "b", "c", "d"}) {
    codes.push_back(c.Post(kMaps, std::string(R"({"metadata":{"name":")") + name + "\"}}").code);
  }
  EXPECT_EQ(codes, (std::vector<int>{201, 429, 429, 201}));
  EXPECT_EQ(c.api.faults().hits(), 2u);
  EXPECT_EQ(c.Get(std::string(kMaps) + "/b").code, 404);
}

TEST(Faults, RetryAfterIsTold) {
  ApiClient c;
  c.api.faults().Add({.code = 429, .retry_after_seconds = 7});
  const Response r = c.Get(kMaps);
  ASSERT_FALSE(r.headers.empty());
  EXPECT_EQ(r.headers[0], (std::pair<std::string, std::string>("Retry-After", "7")));
}

TEST(Faults, CarriedOutButAnsweredBadly) {
  ApiClient c;
  c.api.faults().Add({.verb = "create", .after = true, .code = 500});
  c.api.faults().Add({.verb = "delete", .after = true, .kind = FaultKind::kDropBeforeHeaders});
  Make(c, "a");
  EXPECT_EQ(c.Get(std::string(kMaps) + "/a").code, 200);
  EXPECT_EQ(c.Delete(std::string(kMaps) + "/a").wire, Wire::kDropBeforeHeaders);
  EXPECT_EQ(c.Get(std::string(kMaps) + "/a").code, 404);
}

TEST(Faults, CrashPointAfterTheNthWrite) {
  ApiClient c;
  c.headers["user-agent"] = "fairlead-operator/1";
  int fired_at = 0;
  c.api.faults().AfterWrite(
      2, [&] { fired_at = static_cast<int>(c.api.store().List("/configmaps", "").items.size()); },
      "fairlead-operator");
  Make(c, "a");
  c.Get(kMaps);
  EXPECT_EQ(fired_at, 0);
  Make(c, "b");
  EXPECT_EQ(fired_at, 2);
}

TEST_F(WatchFaults, ExpiresInMidStream) {
  const auto stream = Watch({.kind = FaultKind::kWatchExpire, .after_events = 1});
  EXPECT_EQ(Events(*stream), (std::vector<std::string>{"ADDED a", "ERROR "}));
  EXPECT_EQ(stream->state(), StreamState::kFinished);
}

TEST_F(WatchFaults, DropsAndStalls) {
  const auto dropped = Watch({.kind = FaultKind::kWatchDrop, .after_events = 2});
  EXPECT_EQ(Events(*dropped).size(), 2u);
  EXPECT_EQ(dropped->state(), StreamState::kAborted);
  client.api.faults().Clear();
  client.api.faults().Add({.verb = "watch", .kind = FaultKind::kWatchStall});
  const auto stalled = client.Get(std::string(kMaps) + "?watch=1").stream;
  EXPECT_TRUE(Events(*stalled).empty());
  EXPECT_EQ(stalled->state(), StreamState::kStalled);
}

TEST_F(WatchFaults, BrokenFrames) {
  EXPECT_EQ(Events(*Watch({.kind = FaultKind::kTruncatedFrame, .after_events = 1})),
            (std::vector<std::string>{"ADDED a", "broken"}));
  ApiClient other;
  other.api.faults().Add({.kind = FaultKind::kOversizedFrame, .bytes = 1000});
  const auto stream = other.Get(std::string(kMaps) + "?watch=1").stream;
  EXPECT_GT(stream->Next().value().size(), 1000u);
}

TEST_F(WatchFaults, EventsTwiceLostAndLate) {
  EXPECT_EQ(Events(*Watch({.kind = FaultKind::kDuplicateEvent, .after_events = 1})),
            (std::vector<std::string>{"ADDED a", "ADDED b", "ADDED b", "ADDED c"}));
  ApiClient lost;
  lost.api.faults().Add({.kind = FaultKind::kLoseEvent});
  const auto losing = lost.Get(std::string(kMaps) + "?watch=1").stream;
  for (const char* name : {"a", "b"}) Make(lost, name);
  EXPECT_EQ(Events(*losing), (std::vector<std::string>{"ADDED b"}));
  ApiClient late;
  late.api.faults().Add({.kind = FaultKind::kDelayEvent});
  const auto delaying = late.Get(std::string(kMaps) + "?watch=1").stream;
  for (const char* name : {"a", "b", "c"}) Make(late, name);
  EXPECT_EQ(Events(*delaying), (std::vector<std::string>{"ADDED b", "ADDED a", "ADDED c"}));
}

TEST(Faults, CompactedHistoryIsGone) {
  ApiClient c;
  Make(c, "a");
  const std::string then = std::to_string(c.api.store().revision());
  Make(c, "b");
  c.api.store().Compact();
  EXPECT_EQ(c.Get(std::string(kMaps) + "?watch=1&resourceVersion=" + then).code, 410);
}

TEST(Faults, AWriteIsCutBeforeItOrOnceItIsStored) {
  ApiClient c;
  WritePoint cut = WritePoint::kBefore;
  std::vector<std::string> seen;
  c.api.faults().OnWrite([&](WritePoint point, const RequestInfo& info, const Request&) {
    seen.push_back((point == WritePoint::kBefore ? "before " : "stored ") + info.verb);
    return point == cut ? WriteFate::kCut : WriteFate::kGoOn;
  });
  const auto post = [&](const char* query) {
    return c.Post(std::string(kMaps) + query, R"({"metadata":{"name":"a"}})").wire;
  };
  EXPECT_EQ(post("?dryRun=All"), Wire::kNormal);
  EXPECT_EQ(post(""), Wire::kDropBeforeHeaders);
  EXPECT_EQ(c.Get(std::string(kMaps) + "/a").code, 404);
  cut = WritePoint::kStored;
  EXPECT_EQ(post(""), Wire::kDropBeforeHeaders);
  EXPECT_EQ(c.Get(std::string(kMaps) + "/a").code, 200);
  EXPECT_EQ(seen, (std::vector<std::string>{"before create", "before create", "stored create"}));
}

TEST(Faults, OverTheWire) {
  ApiClient c;
  EXPECT_EQ(c.Post("/faults", R"({"kind":"Status","verb":"list","code":503})").code, 200);
  EXPECT_EQ(c.Get(kMaps).code, 503);
  EXPECT_EQ(c.Get(kMaps).code, 200);
  EXPECT_EQ(c.Post("/faults", R"({"kind":"Nonsense"})").code, 400);
}

}  // namespace
}  // namespace fairlead::apiserver
