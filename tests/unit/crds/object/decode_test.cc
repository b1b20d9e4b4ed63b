#include "crds/object/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "tests/support/core_messages.h"
#include "tests/support/wire_writer.h"

namespace fairlead {
namespace {

using testing::CoreMessage;
using testing::CoreMessages;
using testing::Envelope;
using testing::JsonList;
using testing::ProtobufList;
using testing::WatchFrame;
using testing::WireWriter;

// Compares the values that two AnyObjects hold.
bool SameValue(const AnyObject& a, const AnyObject& b) {
  if (a.index() != b.index()) return false;
  return std::visit(
      [&b](const auto& value) {
        const auto& other = std::get<std::decay_t<decltype(value)>>(b);
        return *value == *other;
      },
      a);
}

std::string OneLine(std::string text) {
  for (char& c : text) c = c == '\n' ? ' ' : c;
  return text;
}

TEST(DecodeList, BothTypesGiveTheSamePage) {
  for (const Kind kind : {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode, Kind::kNamespace}) {
    const Result<ListPage> json = DecodeList(kind, ContentType::kJson, JsonList(kind));
    const Result<ListPage> protobuf = DecodeList(kind, ContentType::kProtobuf, ProtobufList(kind));
    ASSERT_TRUE(json) << json.error().message;
    ASSERT_TRUE(protobuf) << protobuf.error().message;
    ASSERT_EQ(json->items.size(), protobuf->items.size());
    ASSERT_FALSE(json->items.empty());
    for (size_t i = 0; i < json->items.size(); ++i) {
      EXPECT_TRUE(SameValue(json->items[i], protobuf->items[i])) << ToString(kind) << " " << i;
      EXPECT_FALSE(IsInvalid(json->items[i]));
    }
    for (const ListPage* page : {&*json, &*protobuf}) {
      EXPECT_EQ(page->resource_version, "900");
      EXPECT_EQ(page->continue_token, "more");
      EXPECT_EQ(page->remaining, 41);
    }
  }
}

TEST(DecodeList, ABadObjectNeitherBlocksTheRestNorVanishes) {
  const Result<ListPage> json =
      DecodeList(Kind::kHTTPRoute, ContentType::kJson, R"({"metadata": {}, "items": [
    {"metadata": {"name": "a", "namespace": "n"}},
    {"metadata": {"name": "b", "namespace": "n"}, "spec": {"rules": "many"}},
    {"metadata": {"name": "c", "namespace": "n"}}]})");
  ASSERT_TRUE(json);
  ASSERT_EQ(json->items.size(), 3u);
  EXPECT_TRUE(IsInvalid(json->items[1]));
  EXPECT_EQ(KeyOf(json->items[1]).ToString(), "HTTPRoute n/b");
  EXPECT_FALSE(IsInvalid(json->items[2]));

  WireWriter bad;
  bad.Message(1, [](WireWriter& meta) { meta.String(1, "b").String(3, "n").Entry(11, "x", "\xff"); });
  WireWriter cut;
  cut.Message(1, [](WireWriter& meta) { meta.String(1, "c").String(3, "n"); }).Append("\x12\x7f");
  WireWriter list;
  list.String(2, CoreMessages()[3].protobuf).String(2, bad.bytes()).String(2, cut.bytes());
  const Result<ListPage> protobuf =
      DecodeList(Kind::kPod, ContentType::kProtobuf, Envelope("v1", "PodList", list.bytes()));
  ASSERT_TRUE(protobuf) << protobuf.error().message;
  ASSERT_EQ(protobuf->items.size(), 3u);
  EXPECT_FALSE(IsInvalid(protobuf->items[0]));
  EXPECT_EQ(KeyOf(protobuf->items[1]).ToString(), "Pod n/b");
  EXPECT_EQ(std::get<Ptr<Invalid>>(protobuf->items[1])->errors[0].message,
            "not a readable protobuf Pod: a string is not UTF-8");
  EXPECT_EQ(KeyOf(protobuf->items[2]).ToString(), "Pod n/c");
  EXPECT_TRUE(IsInvalid(protobuf->items[2]));
}

TEST(DecodeList, WhatIsNotAListIsAnError) {
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kJson, "{}"));
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kJson, "[]"));
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kJson, "{\"items\": [{}]}"));
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kJson, "{\"items\": [1]}"));
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kJson,
                          "{\"items\": [], \"x\": \"" + std::string(100, 'x') + "\"}", 50));
  EXPECT_TRUE(DecodeList(Kind::kPod, ContentType::kJson, "{\"items\": null}"));
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kProtobuf, "{}"));
  EXPECT_FALSE(DecodeList(Kind::kHTTPRoute, ContentType::kProtobuf, ProtobufList(Kind::kPod)));
  EXPECT_FALSE(DecodeList(Kind::kPod, ContentType::kProtobuf, Envelope("v1", "PodList", "\x12\x00")));
}

TEST(DecodeList, AStatusInItsPlaceIsItsError) {
  const Result<ListPage> json =
      DecodeList(Kind::kPod, ContentType::kJson,
                 R"({"kind":"Status","code":410,"reason":"Expired","message":"too old"})");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().error_class, ErrorClass::kExpired);
  const std::string status = WireWriter().String(3, "too old").String(4, "Expired").Varint(6, 410).bytes();
  const Result<ListPage> protobuf =
      DecodeList(Kind::kPod, ContentType::kProtobuf, Envelope("v1", "Status", status));
  ASSERT_FALSE(protobuf);
  EXPECT_EQ(protobuf.error(), json.error());
}

TEST(DecodeList, AnyCutOfAPageIsReadWithoutHarm) {
  for (const Kind kind : {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode, Kind::kNamespace}) {
    const std::string page = ProtobufList(kind);
    for (size_t n = 0; n < page.size(); ++n) {
      const std::vector<char> cut(page.begin(), page.begin() + n);  // its end is guarded by the sanitizer
      const Result<ListPage> read = DecodeList(kind, ContentType::kProtobuf, {cut.data(), cut.size()});
      if (read) {
        EXPECT_LE(read->items.size(), CoreMessages().size());
      }
    }
  }
}

TEST(DecodeObject, ReadsAReplyOfEitherType) {
  for (const CoreMessage& message : CoreMessages()) {
    const Result<AnyObject> json = DecodeObject(message.kind, ContentType::kJson, message.json);
    const Result<AnyObject> protobuf =
        DecodeObject(message.kind, ContentType::kProtobuf, Envelope("v1", "x", message.protobuf));
    ASSERT_TRUE(json) << json.error().message;
    ASSERT_TRUE(protobuf) << protobuf.error().message;
    EXPECT_TRUE(SameValue(*json, *protobuf)) << ToString(message.kind) << " " << message.name;
  }
  EXPECT_FALSE(DecodeObject(Kind::kPod, ContentType::kJson, "{}"));
  EXPECT_FALSE(DecodeObject(Kind::kPod, ContentType::kJson, "nonsense"));
  EXPECT_FALSE(DecodeObject(Kind::kPod, ContentType::kProtobuf, "nonsense"));
}

// One event of each type for a kind, in both types.
struct Streams {
  std::string json, protobuf;
};
Streams EventsOf(const CoreMessage& message) {
  Streams out;
  const std::string body = Envelope("v1", std::string(ToString(message.kind)), message.protobuf);
  for (const char* type : {"ADDED", "MODIFIED", "DELETED"}) {
    out.protobuf += WatchFrame(type, body);
    out.json += std::string("{\"type\":\"") + type + "\",\"object\":" + OneLine(message.json) + "}\n";
  }
  WireWriter bookmark;
  bookmark.Message(
      1, [](WireWriter& meta) { meta.String(6, "950").Entry(12, "k8s.io/initial-events-end", "true"); });
  out.protobuf += WatchFrame("BOOKMARK", Envelope("v1", "Pod", bookmark.bytes()));
  out.json += R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"950",)"
              R"("annotations":{"k8s.io/initial-events-end":"true"}}}})"
              "\n";
  const std::string status = WireWriter().String(3, "too old").String(4, "Expired").Varint(6, 410).bytes();
  out.protobuf += WatchFrame("ERROR", Envelope("v1", "Status", status));
  out.json +=
      R"({"type":"ERROR","object":{"kind":"Status","message":"too old","reason":"Expired","code":410}})"
      "\n";
  return out;
}

std::vector<WatchEvent> Decode(Kind kind, ContentType type, std::string_view bytes, size_t piece) {
  std::vector<WatchEvent> events;
  WatchDecoder decoder(kind, type);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const auto fed =
        decoder.Feed(bytes.substr(at, piece), [&](WatchEvent event) { events.push_back(std::move(event)); });
    EXPECT_TRUE(fed) << fed.error().message;
  }
  EXPECT_TRUE(decoder.Finish());
  return events;
}

void ExpectEvents(const std::vector<WatchEvent>& events, const AnyObject& object) {
  using Type = WatchEvent::Type;
  ASSERT_EQ(events.size(), 5u);
  const Type types[] = {Type::kAdded, Type::kModified, Type::kDeleted};
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(events[i].type, types[i]);
    EXPECT_TRUE(SameValue(events[i].object, object));
    EXPECT_EQ(events[i].resource_version, MetaOf(object).resource_version);
  }
  EXPECT_EQ(events[3].type, Type::kBookmark);
  EXPECT_EQ(events[3].resource_version, "950");
  EXPECT_TRUE(events[3].initial_events_end);
  EXPECT_EQ(events[4].type, Type::kError);
  EXPECT_EQ(events[4].error, (Error{ErrorClass::kExpired, "too old", 410}));
}

TEST(WatchDecoder, EveryEventInEitherTypeInAnyPieces) {
  for (const CoreMessage& message : CoreMessages()) {
    const Streams streams = EventsOf(message);
    const Result<AnyObject> object = ParseCoreProtobuf(message.kind, message.protobuf);
    ASSERT_TRUE(object);
    for (const size_t piece : {size_t{1}, size_t{7}, size_t{100}, size_t{1} << 20}) {
      ExpectEvents(Decode(message.kind, ContentType::kProtobuf, streams.protobuf, piece), *object);
      ExpectEvents(Decode(message.kind, ContentType::kJson, streams.json, piece), *object);
    }
  }
}

TEST(WatchDecoder, EverySplitInTwo) {
  const CoreMessage& message = CoreMessages()[4];
  const Streams streams = EventsOf(message);
  for (const auto& [type, bytes] :
       {std::pair(ContentType::kProtobuf, streams.protobuf), std::pair(ContentType::kJson, streams.json)}) {
    for (size_t cut = 0; cut <= bytes.size(); ++cut) {
      WatchDecoder decoder(message.kind, type);
      int events = 0;
      const WatchDecoder::Sink count = [&](WatchEvent) { ++events; };
      ASSERT_TRUE(decoder.Feed(std::string_view(bytes).substr(0, cut), count));
      ASSERT_TRUE(decoder.Feed(std::string_view(bytes).substr(cut), count));
      ASSERT_EQ(events, 5);
      ASSERT_TRUE(decoder.Finish());
    }
  }
}

TEST(WatchDecoder, AnObjectThatCannotBeReadIsAnEventAllTheSame) {
  WatchDecoder decoder(Kind::kHTTPRoute, ContentType::kJson);
  std::vector<WatchEvent> events;
  ASSERT_TRUE(decoder.Feed(
      R"({"type":"MODIFIED","object":{"metadata":{"name":"r","namespace":"n","resourceVersion":"5"},"spec":{"rules":7}}})"
      "\n",
      [&](WatchEvent event) { events.push_back(std::move(event)); }));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_TRUE(IsInvalid(events[0].object));
  EXPECT_EQ(events[0].resource_version, "5");
  EXPECT_EQ(KeyOf(events[0].object).ToString(), "HTTPRoute n/r");
}

TEST(WatchDecoder, WhatCannotBeUnderstoodEndsTheStreamWithATypedError) {
  for (const std::string line :
       {"nonsense", "[]", "{}", R"({"type":"ADDED"})", R"({"type":"ADDED","object":{}})",
        R"({"type":"ADDED","object":7})", R"({"type":"SURPRISE","object":{}})"}) {
    WatchDecoder decoder(Kind::kPod, ContentType::kJson);
    const auto fed = decoder.Feed(line + "\n", [](WatchEvent) { FAIL(); });
    ASSERT_FALSE(fed) << line;
    EXPECT_EQ(fed.error().type, FrameError::Type::kMalformed);
  }
  const std::string pod = Envelope("v1", "Pod", CoreMessages()[4].protobuf);
  for (const std::string& frame : {WatchFrame("SURPRISE", pod), WatchFrame("ADDED", "k8s"),
                                   WatchFrame("ADDED", Envelope("v1", "Pod", "")),
                                   WatchFrame("BOOKMARK", Envelope("v1", "Pod", "\x0a\x02\x32\x09")),
                                   std::string("\0\0\0\x02\x0a\x09", 6)}) {
    WatchDecoder decoder(Kind::kPod, ContentType::kProtobuf);
    const auto fed = decoder.Feed(frame, [](WatchEvent) { FAIL(); });
    ASSERT_FALSE(fed);
    EXPECT_EQ(fed.error().type, FrameError::Type::kMalformed);
  }
  WatchDecoder small(Kind::kPod, ContentType::kProtobuf, 16);
  const auto fed = small.Feed(WatchFrame("ADDED", pod), [](WatchEvent) { FAIL(); });
  ASSERT_FALSE(fed);
  EXPECT_EQ(fed.error().type, FrameError::Type::kOversized);
}

}  // namespace
}  // namespace fairlead
