#include "operator/kube/json_stream.h"

#include <utility>

#include "crds/base/json.h"
#include "crds/base/json_write.h"

namespace fairlead::kube {
namespace {

Json::Value Kept(const JsonNode& node) {
  Json::Value object = ToJsonValue(node);
  object["metadata"].removeMember("managedFields");
  return object;
}

}  // namespace

Result<PageInfo> NodeStream::Page(std::string_view, std::string_view body) {
  Result<JsonDocument> doc = JsonDocument::Parse(body, kMaxListPage);
  if (!doc) return Unexpected(doc.error());
  const std::optional<JsonNode> meta = doc->root().Find("metadata");
  const std::optional<JsonNode> items = doc->root().Find("items");
  if (!meta || !items) return Unexpected(Error{ErrorClass::kTransient, "the reply is not a list"});
  for (JsonNode item : items->Items()) {
    if (item.FindPath({"metadata", "name"})) Keep(item);
  }
  return PageInfo{std::string(meta->StringAt("resourceVersion")), std::string(meta->StringAt("continue"))};
}

Result<void> NodeStream::BeginStream(std::string_view) {
  frames_ = FrameSplitter(ContentType::kJson, kMaxWatchFrame);
  return {};
}

Result<void, FrameError> NodeStream::Bytes(std::string_view bytes, const Marks& marks) {
  return frames_.Feed(bytes, [&](std::string_view frame) { return Frame(frame, marks); });
}

Result<void, FrameError> NodeStream::Frame(std::string_view frame, const Marks& marks) {
  Result<JsonDocument> doc = JsonDocument::Parse(frame, kMaxWatchFrame);
  const std::optional<JsonNode> object = doc ? doc->root().Find("object") : std::nullopt;
  if (!object) return Unexpected(FrameError{FrameError::Type::kMalformed, "the frame is not an event"});
  const std::string_view type = doc->root().StringAt("type");
  if (type == "ERROR") {
    marks({.error = Unexpected(ErrorOf(StatusFromJson(*object)))});
    return {};
  }
  const std::optional<JsonNode> meta = object->Find("metadata");
  if (!meta) return Unexpected(FrameError{FrameError::Type::kMalformed, "the object has no metadata"});
  if (type == "DELETED") {
    Drop(*object);
  } else if (type != "BOOKMARK") {
    Put(*object);
  }
  marks({.resource_version = std::string(meta->StringAt("resourceVersion"))});
  return {};
}

void JsonStream::Keep(const JsonNode& object) { kept_.push_back(Kept(object)); }
void JsonStream::HandOver() { Replace(std::exchange(kept_, {})); }
void JsonStream::Put(const JsonNode& object) { Upsert(Kept(object)); }
void JsonStream::Drop(const JsonNode& last) { Delete(Kept(last)); }

}  // namespace fairlead::kube
