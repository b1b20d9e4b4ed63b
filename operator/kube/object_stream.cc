#include "operator/kube/object_stream.h"

#include <algorithm>

namespace fairlead::kube {
namespace {

// What the reply is, whatever was asked for: a server without protobuf answers in JSON.
Result<ContentType> TypeOf(std::string_view header) {
  const std::optional<ContentType> type = ContentTypeOf(header);
  if (type) return *type;
  return Unexpected(Error{ErrorClass::kTransient, "the API server answered with the content type \"" +
                                                      std::string(header.substr(0, 100)) + "\""});
}

}  // namespace

WatchTarget ObjectStream::TargetOf(Kind kind, const std::string& ns) {
  const KindInfo& info = InfoOf(kind);
  WatchTarget target;
  target.collection = CollectionPath(ResourceOf(kind), info.namespaced ? ns : "");
  if (info.protobuf) {
    target.accept_list = std::string(AcceptOf(ContentType::kProtobuf, false)) + ", application/json";
    target.accept_watch = std::string(AcceptOf(ContentType::kProtobuf, true)) + ", application/json";
  }
  return target;
}

void ObjectStream::BeginList() { kept_.clear(); }

Result<PageInfo> ObjectStream::Page(std::string_view content_type, std::string_view body) {
  Result<ContentType> type = TypeOf(content_type);
  if (!type) return Unexpected(type.error());
  Result<ListPage> page = DecodeList(kind_, *type, body);
  if (!page) return Unexpected(page.error());
  // What the server says is still to come is a hint, not a size to trust.
  const auto more = static_cast<size_t>(std::clamp<int64_t>(page->remaining, 0, 20'000));
  kept_.reserve(kept_.size() + page->items.size() + more);
  for (AnyObject& item : page->items) kept_.push_back(sink_->OnListed(kind_, std::move(item)));
  return PageInfo{std::move(page->resource_version), std::move(page->continue_token)};
}

void ObjectStream::Whole() {
  sink_->OnReplace(kind_, std::move(kept_));
  kept_ = {};
  if (!synced_) sink_->OnSynced(kind_);
  synced_ = true;
  sink_->OnFlush(kind_);
}

Result<void> ObjectStream::BeginStream(std::string_view content_type) {
  Result<ContentType> type = TypeOf(content_type);
  if (!type) return Unexpected(type.error());
  decoder_.emplace(kind_, *type);
  return {};
}

void ObjectStream::Deliver(WatchEvent event, const Marks& marks) {
  switch (event.type) {
    case WatchEvent::Type::kAdded:
    case WatchEvent::Type::kModified:
      sink_->OnUpsert(kind_, std::move(event.object));
      break;
    case WatchEvent::Type::kDeleted:
      sink_->OnDelete(kind_, std::move(event.object));
      break;
    case WatchEvent::Type::kBookmark:
      break;
    case WatchEvent::Type::kError:
      return marks({.error = Unexpected(event.error)});
  }
  marks({.resource_version = std::move(event.resource_version)});
}

Result<void, FrameError> ObjectStream::Bytes(std::string_view bytes, const Marks& marks) {
  bool any = false;
  bool stopped = false;
  Result<void, FrameError> read = decoder_->Feed(bytes, [&](WatchEvent event) {
    if (stopped) return;
    stopped = event.type == WatchEvent::Type::kError;
    any = any || event.type != WatchEvent::Type::kBookmark;
    Deliver(std::move(event), marks);
  });
  if (any) sink_->OnFlush(kind_);
  return read;
}

Result<void, FrameError> ObjectStream::EndStream() {
  if (!decoder_) return {};
  return decoder_->Finish();
}

}  // namespace fairlead::kube
