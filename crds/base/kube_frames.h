// FrameSplitter: cuts a watch stream of the Kubernetes API into frames, whatever the pieces in which it
// comes.
//
// Who calls: WatchDecoder (crds/object/decode.h). JSON: a frame is a line. Protobuf: a frame is a 4-byte
// big-endian length and that many bytes (k8s.io/apimachinery pkg/util/framer, LengthDelimitedFramer). Buffers
// at most one frame. No sockets; belongs to one thread.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "crds/base/kube_wire.h"
#include "crds/base/result.h"

namespace fairlead {

// Why a stream cannot be read on. The connection is to be dropped and the kind listed anew.
struct FrameError {
  enum class Type : unsigned char {
    kTruncated,  // the stream ended inside a frame
    kOversized,  // a frame is longer than the limit
    kMalformed,  // the inside of a frame cannot be understood
  };
  Type type = Type::kMalformed;
  std::string message;
  Error ToError() const { return Error{ErrorClass::kTransient, message}; }
  friend bool operator==(const FrameError&, const FrameError&) = default;
};

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
  static constexpr size_t kKeptBuffer = 64u << 10;

  // The length of the first frame of `bytes`, its delimiter included; nullopt: it has not ended, or failed_.
  std::optional<size_t> FrameEnd(std::string_view bytes, size_t searched);
  std::string_view Content(std::string_view frame) const;

  ContentType type_;
  size_t max_frame_;
  std::string buffer_;  // the start of a frame that has not ended
  std::optional<FrameError> failed_;
};

}  // namespace fairlead
