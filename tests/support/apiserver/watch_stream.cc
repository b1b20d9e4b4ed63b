#include "tests/support/apiserver/watch_stream.h"

namespace fairlead::apiserver {

WatchStream::WatchStream(Core& core, ResourcePtr resource, Encoding encoding, Selection selection,
                         WatchOptions options)
    : core_(core),
      resource_(std::move(resource)),
      encoding_(encoding),
      codec_(core_, *resource_, encoding_),
      selection_(std::move(selection)),
      options_(options),
      queue_(std::make_shared<WatchQueue>(core.options.watch_buffer)) {}

bool WatchStream::Start(const std::string& ns, bool initial, uint64_t revision) {
  if (revision > 0) {
    revision_ = revision;
    return core_.store.Subscribe(queue_, resource_->Type(), ns, revision);
  }
  Store::Listing listing = core_.store.SubscribeNow(queue_, resource_->Type(), ns);
  revision_ = listing.revision;
  if (!initial) return true;
  for (ObjectPtr& object : listing.items) {
    if (selection_.Matches(*object)) initial_.push_back(std::move(object));
  }
  initial_bookmark_due_ = options_.initial_bookmark;
  return true;
}

std::string WatchStream::Event(const std::string& type, const Value& object) {
  std::lock_guard lock(core_.mutex);
  std::string out = codec_.Event(type, Render(core_.registry, *resource_, object), first_);
  first_ = false;
  return out;
}

std::optional<std::string> WatchStream::Frame(const Change& change) {
  revision_ = change.revision;
  const bool now = change.type != ChangeType::kDeleted && selection_.Matches(*change.object);
  const bool before = change.previous != nullptr && selection_.Matches(*change.previous);
  if (now) return Event(before ? "MODIFIED" : "ADDED", *change.object);
  if (!before) return std::nullopt;
  // What left the selector is shown as it was, with the revision of the change.
  Value last = *change.previous;
  last["metadata"]["resourceVersion"] = std::to_string(change.revision);
  return Event("DELETED", last);
}

std::optional<std::string> WatchStream::Next() {
  if (!initial_.empty()) {
    const ObjectPtr object = std::move(initial_.front());
    initial_.pop_front();
    return Event("ADDED", *object);
  }
  if (initial_bookmark_due_) {
    initial_bookmark_due_ = false;
    return codec_.Event("BOOKMARK", codec_.BookmarkObject(revision_, /*initial_end=*/true), false);
  }
  while (std::optional<Change> change = queue_->Pop()) {
    if (std::optional<std::string> frame = Frame(*change)) return frame;
  }
  return std::nullopt;
}

StreamState WatchStream::state() const {
  return queue_->overflowed() ? StreamState::kAborted : StreamState::kOpen;
}

std::string WatchStream::Bookmark() {
  if (!options_.bookmarks || !initial_.empty() || initial_bookmark_due_) return "";
  return codec_.Event("BOOKMARK", codec_.BookmarkObject(revision_, false), false);
}

}  // namespace fairlead::apiserver
