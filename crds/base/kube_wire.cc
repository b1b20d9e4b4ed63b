#include "crds/base/kube_wire.h"

#include <algorithm>

#include "crds/base/json.h"

namespace fairlead {
namespace {

constexpr std::string_view kMagic("k8s\0", 4);
constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kProtobufType = "application/vnd.kubernetes.protobuf";
constexpr size_t kMaxMessage = 512;  // of a server's text that we quote

Unexpected<Error> Malformed(std::string what) {
  return Unexpected(Error{ErrorClass::kTransient, "not a Kubernetes protobuf body: " + std::move(what)});
}

bool InsideCharacter(std::string_view text, size_t at) {
  return (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

// Beginning and end, cut at characters' borders: the API server quotes whole objects, and the reason comes
// last.
std::string Shorten(std::string_view text) {
  if (text.size() <= kMaxMessage) return std::string(text);
  size_t head = kMaxMessage / 2;
  while (head > 0 && InsideCharacter(text, head)) --head;
  size_t tail = text.size() - kMaxMessage / 2;
  while (tail < text.size() && InsideCharacter(text, tail)) ++tail;
  return std::string(text.substr(0, head)) + " ... " + std::string(text.substr(tail));
}

// Text of unknown origin, made fit for one line of a log.
std::string Quote(std::string_view body) {
  std::string out;
  for (const char c : body.substr(0, 128)) out += c >= 0x20 && c < 0x7f ? c : ' ';
  return out;
}

int Bounded(int64_t value, int max) { return static_cast<int>(std::clamp<int64_t>(value, 0, max)); }

constexpr int kMaxRetryAfter = 3600;

}  // namespace

std::string_view AcceptOf(ContentType type, bool watch) {
  switch (type) {
    case ContentType::kJson:
      return kJsonType;
    case ContentType::kProtobuf:
      return watch ? "application/vnd.kubernetes.protobuf;stream=watch" : kProtobufType;
  }
  return kJsonType;
}

std::optional<ContentType> ContentTypeOf(std::string_view header) {
  std::string_view type = header.substr(0, header.find(';'));
  while (type.ends_with(' ') || type.ends_with('\t')) type.remove_suffix(1);
  while (type.starts_with(' ') || type.starts_with('\t')) type.remove_prefix(1);
  const auto is = [type](std::string_view name) {
    return std::equal(type.begin(), type.end(), name.begin(), name.end(),
                      [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
  };
  if (is(kJsonType)) return ContentType::kJson;
  if (is(kProtobufType)) return ContentType::kProtobuf;
  return std::nullopt;
}

// runtime.Unknown in k8s.io/apimachinery pkg/runtime/generated.proto.
Result<KubeEnvelope> OpenEnvelope(std::string_view body) {
  if (!body.starts_with(kMagic)) return Malformed("the magic is missing");
  KubeEnvelope envelope;
  WireStatus status;
  std::string_view encoding;
  WireReader unknown(body.substr(kMagic.size()), &status);
  while (unknown.Next()) {
    if (unknown.field() == 1) {
      WireReader type_meta = unknown.Message();
      while (type_meta.Next()) {
        if (type_meta.field() == 1) envelope.api_version = type_meta.String();
        if (type_meta.field() == 2) envelope.kind = type_meta.String();
      }
    } else if (unknown.field() == 2) {
      envelope.raw = unknown.Bytes();
    } else if (unknown.field() == 3) {
      encoding = unknown.String();
    }
  }
  if (!status.ok()) return Malformed(std::string(ToString(status.error)));
  if (!encoding.empty()) return Malformed("content encoding \"" + Quote(encoding) + "\"");
  return envelope;
}

// Status and StatusDetails in k8s.io/apimachinery pkg/apis/meta/v1/generated.proto.
KubeStatus StatusFromProtobuf(std::string_view message, WireStatus* wire) {
  KubeStatus out;
  WireReader status(message, wire);
  while (status.Next()) {
    switch (status.field()) {
      case 3:
        out.message = Shorten(status.String());
        break;
      case 4:
        out.reason = Shorten(status.String());
        break;
      case 5: {
        WireReader details = status.Message();
        while (details.Next()) {
          if (details.field() == 5) out.retry_after_seconds = Bounded(details.Int32(), kMaxRetryAfter);
        }
        break;
      }
      case 6:
        out.code = Bounded(status.Int32(), 999);
        break;
      default:
        break;
    }
  }
  return out;
}

KubeStatus StatusFromJson(const JsonNode& status) {
  KubeStatus out;
  out.reason = Shorten(status.StringAt("reason"));
  out.message = Shorten(status.StringAt("message"));
  if (auto code = status.Find("code")) out.code = Bounded(code->AsInt().value_or(0), 999);
  if (auto after = status.FindPath({"details", "retryAfterSeconds"})) {
    out.retry_after_seconds = Bounded(after->AsInt().value_or(0), kMaxRetryAfter);
  }
  return out;
}

ErrorClass ClassOfReply(int http_status, std::string_view reason) {
  // In a watch's ERROR event the reason may be all that says "list again".
  if (reason == "Expired" || reason == "Gone" || http_status == 410) return ErrorClass::kExpired;
  switch (http_status) {
    case 404:
      return ErrorClass::kNotFound;
    case 409:
      return ErrorClass::kConflict;
    case 401:  // a token that was rotated: it is read again for the next try
    case 408:
    case 429:
      return ErrorClass::kTransient;
    case 403:
      return ErrorClass::kForbidden;
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422:
      return ErrorClass::kInvalid;
    default:
      return ErrorClass::kTransient;
  }
}

Error ErrorOf(const KubeStatus& status) {
  Error error;
  error.error_class = ClassOfReply(status.code, status.reason);
  error.message = !status.message.empty()  ? status.message
                  : !status.reason.empty() ? status.reason
                                           : "the API server answered " + std::to_string(status.code);
  error.http_status = status.code;
  error.retry_after_seconds = status.retry_after_seconds;
  return error;
}

Error ErrorOfReply(int http_status, std::string_view content_type, std::string_view body) {
  KubeStatus status;
  const std::optional<ContentType> type = ContentTypeOf(content_type);
  if (type == ContentType::kProtobuf) {
    if (Result<KubeEnvelope> envelope = OpenEnvelope(body); envelope && envelope->kind == "Status") {
      WireStatus wire;
      status = StatusFromProtobuf(envelope->raw, &wire);
      if (!wire.ok()) status = KubeStatus{};
    }
  } else if (type == ContentType::kJson) {
    if (Result<JsonDocument> doc = JsonDocument::Parse(body);
        doc && doc->root().StringAt("kind") == "Status") {
      status = StatusFromJson(doc->root());
    }
  }
  if (status.message.empty() && status.reason.empty() && !body.empty() && type != ContentType::kProtobuf) {
    status.message = "the API server answered " + std::to_string(http_status) + ": " + Quote(body);
  }
  status.code = http_status;
  return ErrorOf(status);
}

}  // namespace fairlead
