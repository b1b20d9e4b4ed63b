// From the bytes of the Kubernetes API to values: one object, a page of a list, a watch stream.
//
// Who calls: the Kubernetes client (operator/). Kinds that travel as protobuf and those that travel as JSON
// look the same from here. An object that is well-framed but cannot be read becomes Invalid and neither stops
// the rest nor vanishes. No sockets, no clock; a WatchDecoder belongs to one thread.
//
//   WatchDecoder decoder(Kind::kPod, ContentType::kProtobuf);
//   auto fed = decoder.Feed(bytes, [&](WatchEvent event) { … });
//   if (!fed) Reconnect(fed.error());
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/kube_frames.h"
#include "crds/base/kube_wire.h"
#include "crds/object/any_object.h"

namespace fairlead {

// An object of the API server is at most 1.5 MiB in etcd and 3 MiB in a request; JSON with escapes may be
// longer.
inline constexpr size_t kMaxWatchFrame = 8u << 20;
inline constexpr size_t kMaxListPage = 256u << 20;

// The body of a GET or of a write's reply.
Result<AnyObject> DecodeObject(Kind kind, ContentType type, std::string_view body);

struct ListPage {
  std::vector<AnyObject> items;
  std::string resource_version;
  std::string continue_token;  // empty: this is the last page
  int64_t remaining = 0;       // remainingItemCount, 0 where absent
};
// Error: the page as a whole is not a list (kInvalid), or a Status came in its place (its class).
Result<ListPage> DecodeList(Kind kind, ContentType type, std::string_view body,
                            size_t max_bytes = kMaxListPage);

struct WatchEvent {
  enum class Type : unsigned char { kAdded, kModified, kDeleted, kBookmark, kError };
  Type type = Type::kAdded;
  AnyObject object;                 // added, modified, deleted: the object, or Invalid with its key
  std::string resource_version;     // of the object or of the bookmark: where to resume
  bool initial_events_end = false;  // bookmark that ends the initial events (sendInitialEvents)
  Error error;                      // of kError: kExpired for 410
};

class WatchDecoder {
 public:
  using Sink = std::function<void(WatchEvent event)>;

  WatchDecoder(Kind kind, ContentType type, size_t max_frame = kMaxWatchFrame)
      : kind_(kind), type_(type), frames_(type, max_frame) {}

  // Calls the sink for each event that is whole. After an error every further call gives the same error;
  // events before it have been handed over.
  Result<void, FrameError> Feed(std::string_view bytes, const Sink& sink);
  Result<void, FrameError> Finish() const { return frames_.Finish(); }
  size_t buffered() const { return frames_.buffered(); }

 private:
  Kind kind_;
  ContentType type_;
  FrameSplitter frames_;
};

}  // namespace fairlead
