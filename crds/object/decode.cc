#include "crds/object/decode.h"

#include <algorithm>
#include <utility>

#include "crds/base/json.h"
#include "crds/core/protobuf.h"

namespace fairlead {
namespace {

constexpr std::string_view kInitialEventsEnd = "k8s.io/initial-events-end";
constexpr size_t kMaxObject = kMaxWatchFrame;

Unexpected<Error> NotAList(Kind kind, std::string what) {
  return Unexpected(
      Error{ErrorClass::kInvalid, "not a list of " + std::string(ToString(kind)) + ": " + std::move(what)});
}

Unexpected<FrameError> Malformed(Kind kind, std::string_view what) {
  return Unexpected(FrameError{FrameError::Type::kMalformed,
                               "watch event of " + std::string(ToString(kind)) + ": " + std::string(what)});
}

// The inside of an envelope, unless it is a Status.
Result<std::string_view> Open(std::string_view body) {
  Result<KubeEnvelope> envelope = OpenEnvelope(body);
  if (!envelope) return Unexpected(envelope.error());
  if (envelope->kind == "Status") {
    WireStatus wire;
    const KubeStatus status = StatusFromProtobuf(envelope->raw, &wire);
    if (wire.ok()) return Unexpected(ErrorOf(status));
  }
  return envelope->raw;
}

Result<JsonDocument> OpenJson(std::string_view body, size_t max_bytes) {
  Result<JsonDocument> doc = JsonDocument::Parse(body, max_bytes);
  if (doc && doc->root().StringAt("kind") == "Status")
    return Unexpected(ErrorOf(StatusFromJson(doc->root())));
  return doc;
}

// k8s.io.api.core.v1.PodList and the like: metadata 1, items 2.
Result<ListPage> DecodeProtobufList(Kind kind, std::string_view body) {
  Result<std::string_view> raw = Open(body);
  if (!raw) return Unexpected(raw.error());
  WireStatus status;
  WireReader list(*raw, &status);
  core::ListMeta meta;
  ListPage page;
  page.items.reserve(list.Count(2));
  while (list.Next()) {
    if (list.field() == 1) {
      core::ReadListMeta(list.Message(), &meta);
    } else if (list.field() == 2) {
      Result<AnyObject> item = ParseCoreProtobuf(kind, list.Bytes());
      if (!item) return Unexpected(item.error());
      page.items.push_back(*std::move(item));
    }
  }
  if (!status.ok()) return NotAList(kind, std::string(ToString(status.error)));
  page.resource_version = std::move(meta.resource_version);
  page.continue_token = std::move(meta.continue_token);
  page.remaining = meta.remaining;
  return page;
}

Result<ListPage> DecodeJsonList(Kind kind, std::string_view body, size_t max_bytes) {
  Result<JsonDocument> doc = OpenJson(body, max_bytes);
  if (!doc) return Unexpected(doc.error());
  const JsonNode root = doc->root();
  const std::optional<JsonNode> items = root.Find("items");
  if (!items || (!items->IsArray() && !items->IsNull())) return NotAList(kind, "items are missing");
  ListPage page;
  page.items.reserve(items->Items().size());
  for (JsonNode item : items->Items()) {
    AnyObject object = ParseObject(kind, item).object;
    if (KeyOf(object).name.empty()) return NotAList(kind, "an item has no name");
    page.items.push_back(std::move(object));
  }
  if (const std::optional<JsonNode> meta = root.Find("metadata")) {
    page.resource_version = meta->StringAt("resourceVersion");
    page.continue_token = meta->StringAt("continue");
    if (auto n = meta->Find("remainingItemCount"))
      page.remaining = std::max<int64_t>(n->AsInt().value_or(0), 0);
  }
  return page;
}

std::optional<WatchEvent::Type> EventType(std::string_view name) {
  if (name == "ADDED") return WatchEvent::Type::kAdded;
  if (name == "MODIFIED") return WatchEvent::Type::kModified;
  if (name == "DELETED") return WatchEvent::Type::kDeleted;
  if (name == "BOOKMARK") return WatchEvent::Type::kBookmark;
  if (name == "ERROR") return WatchEvent::Type::kError;
  return std::nullopt;
}

void TakeObject(AnyObject object, WatchEvent* event) {
  event->resource_version = MetaOf(object).resource_version;
  event->object = std::move(object);
}

Result<void, FrameError> FillFromJson(Kind kind, const JsonNode& object, WatchEvent* event) {
  if (!object.IsObject()) return Malformed(kind, "there is no object in it");
  if (event->type == WatchEvent::Type::kError) {
    event->error = ErrorOf(StatusFromJson(object));
  } else if (event->type == WatchEvent::Type::kBookmark) {
    if (auto meta = object.Find("metadata")) {
      event->resource_version = meta->StringAt("resourceVersion");
      const auto annotations = meta->Find("annotations");
      event->initial_events_end = annotations && annotations->StringAt(kInitialEventsEnd) == "true";
    }
  } else {
    TakeObject(ParseObject(kind, object).object, event);
    if (KeyOf(event->object).name.empty()) return Malformed(kind, "the object has no name");
  }
  return {};
}

Result<WatchEvent, FrameError> JsonEvent(Kind kind, std::string_view frame) {
  Result<JsonDocument> doc = JsonDocument::Parse(frame, std::max(frame.size(), kMaxObject));
  if (!doc) return Malformed(kind, doc.error().message);
  const std::optional<WatchEvent::Type> type = EventType(doc->root().StringAt("type"));
  if (!type) return Malformed(kind, "its type is unknown");
  WatchEvent event;
  event.type = *type;
  const std::optional<JsonNode> object = doc->root().Find("object");
  if (!object) return Malformed(kind, "there is no object in it");
  if (auto filled = FillFromJson(kind, *object, &event); !filled) return Unexpected(filled.error());
  return event;
}

// A bookmark is an object of the watched kind in which only metadata (field 1) is filled. Its annotations:
// field 12.
void ReadBookmark(std::string_view message, WireStatus* status, WatchEvent* event) {
  WireReader object(message, status);
  while (object.Next()) {
    if (object.field() != 1) continue;
    WireReader meta = object.Message();
    while (meta.Next()) {
      if (meta.field() == 6) meta.String(&event->resource_version);
      if (meta.field() == 12) {
        const WireReader::Entry entry = meta.MapEntry();
        if (entry.key == kInitialEventsEnd) event->initial_events_end = entry.value == "true";
      }
    }
  }
}

Result<void, FrameError> FillFromProtobuf(Kind kind, std::string_view body, WatchEvent* event) {
  Result<KubeEnvelope> envelope = OpenEnvelope(body);
  if (!envelope) return Malformed(kind, envelope.error().message);
  WireStatus status;
  if (event->type == WatchEvent::Type::kError) {
    event->error = ErrorOf(StatusFromProtobuf(envelope->raw, &status));
  } else if (event->type == WatchEvent::Type::kBookmark) {
    ReadBookmark(envelope->raw, &status, event);
  } else {
    Result<AnyObject> object = ParseCoreProtobuf(kind, envelope->raw);
    if (!object) return Malformed(kind, object.error().message);
    TakeObject(*std::move(object), event);
  }
  if (!status.ok()) return Malformed(kind, ToString(status.error));
  return {};
}

// meta.v1.WatchEvent: type 1, object 2{raw 1}.
Result<WatchEvent, FrameError> ProtobufEvent(Kind kind, std::string_view frame) {
  WireStatus status;
  std::string_view type_name, body;
  WireReader reader(frame, &status);
  while (reader.Next()) {
    if (reader.field() == 1) type_name = reader.String();
    if (reader.field() == 2) {
      WireReader object = reader.Message();
      while (object.Next()) {
        if (object.field() == 1) body = object.Bytes();
      }
    }
  }
  if (!status.ok()) return Malformed(kind, ToString(status.error));
  const std::optional<WatchEvent::Type> type = EventType(type_name);
  if (!type) return Malformed(kind, "its type is unknown");
  WatchEvent event;
  event.type = *type;
  if (auto filled = FillFromProtobuf(kind, body, &event); !filled) return Unexpected(filled.error());
  return event;
}

}  // namespace

Result<AnyObject> DecodeObject(Kind kind, ContentType type, std::string_view body) {
  if (type == ContentType::kProtobuf) {
    Result<std::string_view> raw = Open(body);
    if (!raw) return Unexpected(raw.error());
    return ParseCoreProtobuf(kind, *raw);
  }
  Result<JsonDocument> doc = OpenJson(body, kMaxObject);
  if (!doc) return Unexpected(doc.error());
  AnyObject object = ParseObject(kind, doc->root()).object;
  if (KeyOf(object).name.empty()) {
    return Unexpected(Error{ErrorClass::kInvalid, std::string(ToString(kind)) + " without a name"});
  }
  return object;
}

Result<ListPage> DecodeList(Kind kind, ContentType type, std::string_view body, size_t max_bytes) {
  if (body.size() > max_bytes) {
    return NotAList(kind, "a page of " + std::to_string(body.size()) + " bytes is over the limit of " +
                              std::to_string(max_bytes));
  }
  return type == ContentType::kProtobuf ? DecodeProtobufList(kind, body)
                                        : DecodeJsonList(kind, body, max_bytes);
}

Result<void, FrameError> WatchDecoder::Feed(std::string_view bytes, const Sink& sink) {
  return frames_.Feed(bytes, [&](std::string_view frame) -> Result<void, FrameError> {
    Result<WatchEvent, FrameError> event =
        type_ == ContentType::kProtobuf ? ProtobufEvent(kind_, frame) : JsonEvent(kind_, frame);
    if (!event) return Unexpected(event.error());
    sink(*std::move(event));
    return {};
  });
}

}  // namespace fairlead
