#include "crds/object/any_object.h"

#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "tests/support/core_messages.h"
#include "tests/support/wire_writer.h"

namespace fairlead {
namespace {

using testing::WireWriter;

std::optional<Kind> KindOfText(const std::string& api_version, const std::string& kind) {
  const Result<JsonDocument> doc =
      JsonDocument::Parse(R"({"apiVersion":")" + api_version + R"(","kind":")" + kind + R"("})");
  return KindOf(doc->root());
}

TEST(KindOf, KnowsEveryVersionThatHasTheSameFields) {
  EXPECT_EQ(KindOfText("v1", "Service"), Kind::kService);
  EXPECT_EQ(KindOfText("discovery.k8s.io/v1", "EndpointSlice"), Kind::kEndpointSlice);
  EXPECT_EQ(KindOfText("gateway.networking.k8s.io/v1", "HTTPRoute"), Kind::kHTTPRoute);
  EXPECT_EQ(KindOfText("gateway.networking.k8s.io/v1beta1", "HTTPRoute"), Kind::kHTTPRoute);
  EXPECT_EQ(KindOfText("gateway.networking.k8s.io/v1alpha2", "GRPCRoute"), Kind::kGRPCRoute);
  EXPECT_EQ(KindOfText("networking.istio.io/v1alpha3", "ServiceEntry"), Kind::kServiceEntry);
  EXPECT_EQ(KindOfText("networking.istio.io/v1beta1", "ServiceEntry"), Kind::kServiceEntry);
  EXPECT_EQ(KindOfText("networking.istio.io/v1", "ServiceEntry"), Kind::kServiceEntry);
}

TEST(KindOf, PassesOverTheRest) {
  EXPECT_EQ(KindOfText("v2", "Service"), std::nullopt);
  EXPECT_EQ(KindOfText("discovery.k8s.io/v1beta1", "EndpointSlice"), std::nullopt);  // other fields
  EXPECT_EQ(KindOfText("serving.knative.dev/v1", "Service"), std::nullopt);
  EXPECT_EQ(KindOfText("apps/v1", "Deployment"), std::nullopt);
  EXPECT_EQ(KindOf(JsonDocument::Parse("[]")->root()), std::nullopt);
}

TEST(ParseObject, ReadsEachKindAndNamesIt) {
  for (const Kind kind : {Kind::kHTTPRoute, Kind::kGRPCRoute, Kind::kService, Kind::kEndpointSlice,
                          Kind::kPod, Kind::kNode, Kind::kNamespace}) {
    const auto doc =
        JsonDocument::Parse(R"({"metadata":{"name":"x","namespace":"n","resourceVersion":"4"}})");
    const ParsedObject parsed = ParseObject(kind, doc->root());
    EXPECT_FALSE(IsInvalid(parsed.object)) << ToString(kind);
    EXPECT_EQ(parsed.object.index(), static_cast<size_t>(kind));
    EXPECT_EQ(KeyOf(parsed.object), (ObjectKey{kind, "n", "x"}));
    EXPECT_EQ(MetaOf(parsed.object).resource_version, "4");
  }
}

TEST(ParseObject, NeverFails) {
  for (const char* text : {"[]", "7", "{}", R"({"metadata":7})", R"({"metadata":{"name":7}})"}) {
    for (size_t kind = 0; kind < kKindCount; ++kind) {
      const auto doc = JsonDocument::Parse(text);
      ASSERT_TRUE(doc);
      const ParsedObject parsed = ParseObject(static_cast<Kind>(kind), doc->root());
      EXPECT_TRUE(IsInvalid(parsed.object));
      EXPECT_EQ(KeyOf(parsed.object).kind, static_cast<Kind>(kind));
    }
  }
}

TEST(ParseCoreProtobuf, RangesAreCheckedWithPaths) {
  WireWriter service;
  service.Message(1, [](WireWriter& meta) { meta.String(1, "s").String(3, "n"); });
  service.Message(2, [](WireWriter& spec) {
    spec.Message(1, [](WireWriter& p) { p.Varint(3, 80); });
    spec.Message(
        1, [](WireWriter& p) { p.Varint(3, 70000).Message(4, [](WireWriter& t) { t.Varint(2, 99999); }); });
    spec.Message(1, [](WireWriter& p) { p.String(1, "x"); });
  });
  const Result<AnyObject> read = ParseCoreProtobuf(Kind::kService, service.bytes());
  ASSERT_TRUE(read);
  ASSERT_TRUE(IsInvalid(*read));
  const Invalid& invalid = *std::get<Ptr<Invalid>>(*read);
  EXPECT_EQ(invalid.key.ToString(), "Service n/s");
  EXPECT_EQ(
      Join(invalid.errors),
      "spec.ports[1].port: must be between 1 and 65535, is 70000; "
      "spec.ports[1].targetPort: must be between 0 and 65535, is 99999; spec.ports[2].port: is required");
}

TEST(ParseCoreProtobuf, WithoutAReadableKeyItIsAnError) {
  EXPECT_FALSE(ParseCoreProtobuf(Kind::kPod, ""));
  EXPECT_FALSE(ParseCoreProtobuf(Kind::kPod, "\x0a\x7f"));
  const std::string bad_ns =
      WireWriter().Message(1, [](WireWriter& m) { m.String(1, "a").String(3, "\xff"); }).bytes();
  EXPECT_FALSE(ParseCoreProtobuf(Kind::kPod, bad_ns));
  EXPECT_FALSE(ParseCoreProtobuf(Kind::kHTTPRoute, "\x0a\x03\x0a\x01x"));
}

TEST(ParseCoreProtobuf, AnyCutIsReadWithoutHarm) {
  for (const testing::CoreMessage& message : testing::CoreMessages()) {
    for (size_t n = 0; n < message.protobuf.size(); ++n) {
      const std::vector<char> cut(message.protobuf.begin(), message.protobuf.begin() + n);
      const Result<AnyObject> read = ParseCoreProtobuf(message.kind, {cut.data(), cut.size()});
      if (read) {
        EXPECT_FALSE(KeyOf(*read).name.empty());
      }
    }
  }
}

TEST(ParseCoreProtobuf, AnyByteMayBeAnyOther) {
  for (const testing::CoreMessage& message : testing::CoreMessages()) {
    std::string bytes = message.protobuf;
    for (size_t i = 0; i < bytes.size(); ++i) {
      const char was = bytes[i];
      for (const int c : {0x00, 0x01, 0x0b, 0x7f, 0x80, 0xff}) {
        bytes[i] = static_cast<char>(c);
        const Result<AnyObject> read = ParseCoreProtobuf(message.kind, bytes);
        if (read) {
          EXPECT_FALSE(KeyOf(*read).name.empty());
        }
      }
      bytes[i] = was;
    }
  }
}

}  // namespace
}  // namespace fairlead
