// Bytes of a real API server (1.36.3), JSON and protobuf of the same objects: lists, and watches that start
// with the state and a bookmark. tests/integration/foreign writes them anew with FAIRLEAD_CAPTURE_DIR.
#include <gtest/gtest.h>

#include <vector>

#include "crds/object/decode.h"
#include "tests/support/process.h"

namespace fairlead {
namespace {

constexpr Kind kKinds[] = {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode, Kind::kNamespace};

std::string Captured(Kind kind, const std::string& name) {
  const std::string path = std::string(FAIRLEAD_SOURCE_DIR) + "/tests/unit/crds/object/captured/" +
                           std::string(ToString(kind)) + name;
  std::string bytes = testing::ReadFile(path);
  EXPECT_FALSE(bytes.empty()) << path;
  return bytes;
}

bool SameValue(const AnyObject& a, const AnyObject& b) {
  return a.index() == b.index() &&
         std::visit([&b](const auto& value) { return *value == *std::get<std::decay_t<decltype(value)>>(b); },
                    a);
}

std::vector<WatchEvent> Decode(Kind kind, ContentType type, std::string_view bytes) {
  std::vector<WatchEvent> events;
  WatchDecoder decoder(kind, type);
  const auto fed = decoder.Feed(bytes, [&](WatchEvent event) { events.push_back(std::move(event)); });
  EXPECT_TRUE(fed) << fed.error().message;
  EXPECT_TRUE(decoder.Finish());
  return events;
}

TEST(Captured, ListsAreTheSameInBothTypes) {
  for (const Kind kind : kKinds) {
    const auto json = DecodeList(kind, ContentType::kJson, Captured(kind, ".list.json"));
    const auto protobuf = DecodeList(kind, ContentType::kProtobuf, Captured(kind, ".list.pb"));
    ASSERT_TRUE(json) << json.error().message;
    ASSERT_TRUE(protobuf) << protobuf.error().message;
    ASSERT_FALSE(json->items.empty());
    ASSERT_EQ(json->items.size(), protobuf->items.size());
    for (size_t i = 0; i < json->items.size(); ++i) {
      EXPECT_FALSE(IsInvalid(json->items[i]));
      EXPECT_TRUE(SameValue(json->items[i], protobuf->items[i])) << KeyOf(json->items[i]).ToString();
    }
  }
}

TEST(Captured, WatchesAreTheSameInBothTypes) {
  for (const Kind kind : kKinds) {
    const auto json = Decode(kind, ContentType::kJson, Captured(kind, ".watch.json"));
    const auto protobuf = Decode(kind, ContentType::kProtobuf, Captured(kind, ".watch.pb"));
    const auto list = DecodeList(kind, ContentType::kProtobuf, Captured(kind, ".list.pb"));
    ASSERT_TRUE(list);
    ASSERT_GE(json.size(), list->items.size() + 1);
    ASSERT_GE(protobuf.size(), list->items.size() + 1);
    for (size_t i = 0; i < list->items.size(); ++i) {
      EXPECT_EQ(json[i].type, WatchEvent::Type::kAdded);
      EXPECT_TRUE(SameValue(json[i].object, protobuf[i].object));
      EXPECT_TRUE(SameValue(json[i].object, list->items[i]));
    }
    EXPECT_TRUE(json[list->items.size()].initial_events_end);
    EXPECT_TRUE(protobuf[list->items.size()].initial_events_end);
  }
}

TEST(Captured, AnyCutIsReadWithoutHarm) {
  for (const Kind kind : kKinds) {
    const std::string list = Captured(kind, ".list.pb");
    const std::string watch = Captured(kind, ".watch.pb");
    for (size_t n = 0; n < list.size(); ++n) {
      const std::vector<char> cut(list.begin(), list.begin() + n);
      const auto page = DecodeList(kind, ContentType::kProtobuf, {cut.data(), cut.size()});
      if (page) {
        EXPECT_LE(page->items.size(), 3u);
      }
    }
    for (size_t n = 0; n < watch.size(); n += 7) {
      WatchDecoder decoder(kind, ContentType::kProtobuf);
      const std::vector<char> cut(watch.begin(), watch.begin() + n);
      EXPECT_TRUE(decoder.Feed({cut.data(), cut.size()}, [](WatchEvent) {}));
    }
  }
}

}  // namespace
}  // namespace fairlead
