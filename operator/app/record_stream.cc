#include "operator/app/record_stream.h"

#include <utility>

#include "crds/api/policy_common.h"
#include "crds/base/json.h"

namespace fairlead::app {

kube::Resource RecordResource() {
  return {std::string(api::kGroup), std::string(api::kVersion), "policychanges"};
}

kube::WatchTarget RecordStream::Target() {
  // A server that does not know the partial form sends whole objects, which read the same here.
  return {.collection = kube::CollectionPath(RecordResource(), ""),
          .accept_list = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json",
          .accept_watch = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1, application/json"};
}

Result<kube::PageInfo> RecordStream::Page(std::string_view, std::string_view body) {
  Result<JsonDocument> doc = JsonDocument::Parse(body, kMaxListPage);
  if (!doc) return Unexpected(doc.error());
  const std::optional<JsonNode> meta = doc->root().Find("metadata");
  const std::optional<JsonNode> items = doc->root().Find("items");
  if (!meta || !items) return Unexpected(Error{ErrorClass::kTransient, "the reply is not a list"});
  for (JsonNode item : items->Items()) {
    NamespacedName record;
    if (auto entry = reconcilers::ReadRecordEntry(item, &record)) kept_[record] = *std::move(entry);
  }
  return kube::PageInfo{std::string(meta->StringAt("resourceVersion")),
                        std::string(meta->StringAt("continue"))};
}

void RecordStream::Whole() { sink_->OnRecords(std::exchange(kept_, {})); }

Result<void> RecordStream::BeginStream(std::string_view) {
  frames_ = FrameSplitter(ContentType::kJson, kMaxWatchFrame);
  return {};
}

Result<void, FrameError> RecordStream::Bytes(std::string_view bytes, const Marks& marks) {
  return frames_.Feed(bytes, [&](std::string_view frame) { return Frame(frame, marks); });
}

Result<void, FrameError> RecordStream::Frame(std::string_view frame, const Marks& marks) {
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
  NamespacedName record;
  const auto entry = reconcilers::ReadRecordEntry(*object, &record);
  if (type == "DELETED") {
    sink_->OnRecordGone(record);
  } else if (type != "BOOKMARK" && entry) {
    sink_->OnRecord(record, *entry);
  }
  marks({.resource_version = std::string(meta->StringAt("resourceVersion"))});
  return {};
}

}  // namespace fairlead::app
