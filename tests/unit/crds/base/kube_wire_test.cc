#include "crds/base/kube_wire.h"

#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "tests/support/wire_writer.h"

namespace fairlead {
namespace {

using testing::Envelope;
using testing::WireWriter;

TEST(ContentType, OfHeaders) {
  EXPECT_EQ(ContentTypeOf("application/json"), ContentType::kJson);
  EXPECT_EQ(ContentTypeOf("Application/JSON; charset=utf-8"), ContentType::kJson);
  EXPECT_EQ(ContentTypeOf("application/vnd.kubernetes.protobuf;stream=watch"), ContentType::kProtobuf);
  EXPECT_EQ(ContentTypeOf(" application/vnd.kubernetes.protobuf ;x=y"), ContentType::kProtobuf);
  EXPECT_EQ(ContentTypeOf("text/plain"), std::nullopt);
  EXPECT_EQ(ContentTypeOf(""), std::nullopt);
  EXPECT_EQ(ContentTypeOf("application/json-patch+json"), std::nullopt);
  EXPECT_EQ(ContentTypeOf(AcceptOf(ContentType::kProtobuf, true)), ContentType::kProtobuf);
  EXPECT_EQ(ContentTypeOf(AcceptOf(ContentType::kJson, true)), ContentType::kJson);
}

TEST(Envelope, IsOpened) {
  const std::string body = Envelope("v1", "PodList", "inside");
  const Result<KubeEnvelope> envelope = OpenEnvelope(body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->api_version, "v1");
  EXPECT_EQ(envelope->kind, "PodList");
  EXPECT_EQ(envelope->raw, "inside");
}

TEST(Envelope, OtherBytesAreErrors) {
  EXPECT_FALSE(OpenEnvelope(""));
  EXPECT_FALSE(OpenEnvelope("k8s"));
  EXPECT_FALSE(OpenEnvelope("{\"kind\":\"PodList\"}"));
  WireWriter gzip;
  gzip.Append(std::string_view("k8s\0", 4)).String(2, "x").String(3, "gzip");
  EXPECT_FALSE(OpenEnvelope(gzip.bytes()));
  const std::string body = Envelope("v1", "Pod", "inside");
  for (size_t n = 0; n < body.size(); ++n) {
    const Result<KubeEnvelope> cut = OpenEnvelope(std::string_view(body).substr(0, n));
    if (cut) {  // between two fields
      EXPECT_LE(cut->raw.size(), 6u);
    }
  }
}

constexpr char kStatusJson[] = R"json({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure",
  "message":"too old resource version: 1 (900)","reason":"Expired","code":410,"details":{"retryAfterSeconds":3}})json";

std::string StatusMessage() {
  return WireWriter()
      .Message(1, [](WireWriter&) {})
      .String(2, "Failure")
      .String(3, "too old resource version: 1 (900)")
      .String(4, "Expired")
      .Message(5, [](WireWriter& d) { d.String(1, "x").Varint(5, 3); })
      .Varint(6, 410)
      .bytes();
}

TEST(KubeStatus, IsTheSameInBothTypes) {
  WireStatus wire;
  const std::string message = StatusMessage();
  const KubeStatus a = StatusFromProtobuf(message, &wire);
  const Result<JsonDocument> doc = JsonDocument::Parse(kStatusJson);
  ASSERT_TRUE(doc);
  EXPECT_TRUE(wire.ok());
  EXPECT_EQ(a, StatusFromJson(doc->root()));
  EXPECT_EQ(a, (KubeStatus{410, "Expired", "too old resource version: 1 (900)", 3}));
}

TEST(KubeStatus, ItsTextsAreBounded) {
  WireStatus wire;
  std::string text;
  while (text.size() < 5000) text += "ä";
  text += "the reason";
  const std::string message = WireWriter().String(3, text).bytes();
  const KubeStatus status = StatusFromProtobuf(message, &wire);
  EXPECT_LE(status.message.size(), 600u);
  EXPECT_NE(status.message.find("ä ... ä"), std::string::npos);
  EXPECT_TRUE(status.message.ends_with("äthe reason"));
}

TEST(ErrorOfReply, ClassifiesByCodeAndReason) {
  struct Case {
    int code;
    std::string_view reason;
    ErrorClass want;
  };
  for (const Case& c :
       {Case{400, "BadRequest", ErrorClass::kInvalid}, Case{401, "Unauthorized", ErrorClass::kTransient},
        Case{403, "Forbidden", ErrorClass::kForbidden}, Case{404, "NotFound", ErrorClass::kNotFound},
        Case{409, "Conflict", ErrorClass::kConflict}, Case{409, "AlreadyExists", ErrorClass::kConflict},
        Case{410, "Gone", ErrorClass::kExpired}, Case{410, "Expired", ErrorClass::kExpired},
        Case{0, "Expired", ErrorClass::kExpired}, Case{422, "Invalid", ErrorClass::kInvalid},
        Case{429, "TooManyRequests", ErrorClass::kTransient},
        Case{500, "InternalError", ErrorClass::kTransient}, Case{503, "", ErrorClass::kTransient},
        Case{504, "Timeout", ErrorClass::kTransient}}) {
    EXPECT_EQ(ClassOfReply(c.code, c.reason), c.want) << c.code << " " << c.reason;
  }
}

TEST(ErrorOfReply, ReadsAStatusOfEitherTypeAndQuotesAnythingElse) {
  const Error want{ErrorClass::kExpired, "too old resource version: 1 (900)", 410, 3};
  EXPECT_EQ(ErrorOfReply(410, "application/json", kStatusJson), want);
  EXPECT_EQ(
      ErrorOfReply(410, "application/vnd.kubernetes.protobuf", Envelope("v1", "Status", StatusMessage())),
      want);

  const Error html = ErrorOfReply(502, "text/html", "<html>\r\nbad\x01gateway");
  EXPECT_EQ(html.error_class, ErrorClass::kTransient);
  EXPECT_EQ(html.message, "the API server answered 502: <html>  bad gateway");
  EXPECT_EQ(ErrorOfReply(503, "", "").message, "the API server answered 503");
  EXPECT_EQ(ErrorOfReply(503, "application/json", "{").http_status, 503);
  EXPECT_EQ(ErrorOfReply(503, "application/vnd.kubernetes.protobuf", "k8s").message,
            "the API server answered 503");
}

}  // namespace
}  // namespace fairlead
