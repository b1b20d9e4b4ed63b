// The envelopes of the Kubernetes API: content types, the protobuf envelope, list pages, watch frames,
// Status.
//
// Who calls: crds/object/decode.h, which turns what is inside into values; the Kubernetes client for the
// errors of plain replies. Both content types have the same interface here. Views point into the input. Pure.
//
// Protobuf (k8s.io/apimachinery pkg/runtime/generated.proto and pkg/apis/meta/v1/generated.proto): a body is
// the magic "k8s\0" and a runtime.Unknown{typeMeta 1{apiVersion 1, kind 2}, raw 2, contentEncoding 3}; a
// watch stream is frames of a 4-byte big-endian length and a WatchEvent{type 1, object 2{raw 1}}, raw again a
// whole body. JSON: a body is a document, a watch stream is lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "crds/base/result.h"
#include "crds/base/wire.h"

namespace fairlead {

class JsonNode;

enum class ContentType : unsigned char { kJson, kProtobuf };
// What to ask for, and what a Content-Type header says (parameters such as ";stream=watch" are ignored).
std::string_view AcceptOf(ContentType type, bool watch);  // "application/json", …
std::optional<ContentType> ContentTypeOf(std::string_view header);

// The inside of a protobuf body: magic and runtime.Unknown taken off.
struct KubeEnvelope {
  std::string_view api_version;
  std::string_view kind;
  std::string_view raw;
};
Result<KubeEnvelope> OpenEnvelope(std::string_view body);

// metav1.Status, the API server's answer where it does not answer with an object.
struct KubeStatus {
  int code = 0;
  std::string reason;  // "Expired", "NotFound", …
  std::string message;
  int retry_after_seconds = 0;
  friend bool operator==(const KubeStatus&, const KubeStatus&) = default;
};
KubeStatus StatusFromProtobuf(std::string_view message, WireStatus* wire);
KubeStatus StatusFromJson(const JsonNode& status);
// The one place that says what a caller does about an HTTP code and a reason.
ErrorClass ClassOfReply(int http_status, std::string_view reason);
Error ErrorOf(const KubeStatus& status);
// The error of a reply that is not 2xx; the body may be a Status of either type, or anything (its first words
// are quoted then).
Error ErrorOfReply(int http_status, std::string_view content_type, std::string_view body);

// Why a stream cannot be read on. The connection is to be dropped and the kind listed anew.
struct FrameError {
  enum class Type : unsigned char {
    kTruncated,  // the stream ended inside a frame
    kOversized,  // a frame is longer than the limit; nothing of it was buffered beyond the limit
    kMalformed,  // the inside of a frame cannot be understood
  };
  Type type = Type::kMalformed;
  std::string message;
  Error ToError() const { return Error{ErrorClass::kTransient, message}; }
  friend bool operator==(const FrameError&, const FrameError&) = default;
};

// Cuts a watch stream into frames, whatever the pieces in which it comes. Buffers at most one frame.
class FrameSplitter {
 public:
  // Takes one frame (a view valid during the call) and says whether to go on.
  using Sink = std::function<Result<void, FrameError>(std::string_view frame)>;

  FrameSplitter(ContentType type, size_t max_frame) : type_(type), max_frame_(max_frame) {}
  // After an error every further call gives the same error.
  Result<void, FrameError> Feed(std::string_view bytes, const Sink& sink);
  // The stream has ended: kTruncated if it ended inside a frame.
  Result<void, FrameError> Finish() const;
  size_t buffered() const { return buffer_.size(); }

 private:
  std::optional<size_t> FrameEnd(std::string_view bytes, size_t searched);
  Result<void, FrameError> Fail(FrameError error);
  std::string_view Content(std::string_view frame) const;

  ContentType type_;
  size_t max_frame_;
  std::string buffer_;  // the start of a frame that has not ended
  std::optional<FrameError> failed_;
};

}  // namespace fairlead
