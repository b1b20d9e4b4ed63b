#include "crds/base/kube_frames.h"

#include <algorithm>

namespace fairlead {

std::optional<size_t> FrameSplitter::FrameEnd(std::string_view bytes, size_t searched) {
  if (type_ == ContentType::kJson) {
    const size_t end = bytes.find('\n', searched);
    if (std::min(end, bytes.size()) > max_frame_) {
      failed_ = FrameError{FrameError::Type::kOversized,
                           "a watch event is longer than " + std::to_string(max_frame_) + " bytes"};
      return std::nullopt;
    }
    return end == std::string_view::npos ? std::nullopt : std::optional(end + 1);
  }
  if (bytes.size() < 4) return std::nullopt;
  uint64_t length = 0;
  for (size_t i = 0; i < 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[i]);
  if (length > max_frame_) {
    failed_ =
        FrameError{FrameError::Type::kOversized, "a watch event of " + std::to_string(length) +
                                                     " bytes is longer than " + std::to_string(max_frame_)};
    return std::nullopt;
  }
  return bytes.size() - 4 < length ? std::nullopt : std::optional(static_cast<size_t>(length) + 4);
}

std::string_view FrameSplitter::Content(std::string_view frame) const {
  if (type_ == ContentType::kProtobuf) return frame.substr(4);
  frame.remove_suffix(1);
  if (frame.ends_with('\r')) frame.remove_suffix(1);
  return frame;
}

Result<void, FrameError> FrameSplitter::Feed(std::string_view bytes, const Sink& sink) {
  if (failed_) return Unexpected(*failed_);
  size_t searched = 0;  // of the buffer: no line ends in there
  if (!buffer_.empty()) {
    searched = buffer_.size();
    buffer_.append(bytes);
    bytes = buffer_;
  }
  std::string_view rest = bytes;
  while (const std::optional<size_t> end = FrameEnd(rest, searched)) {
    searched = 0;
    const std::string_view content = Content(rest.substr(0, *end));
    rest.remove_prefix(*end);
    if (type_ == ContentType::kJson && content.empty()) continue;
    if (Result<void, FrameError> taken = sink(content); !taken) {
      failed_ = taken.error();
      break;
    }
  }
  if (failed_) {
    std::string().swap(buffer_);
    return Unexpected(*failed_);
  }
  if (bytes.data() != buffer_.data()) {
    buffer_.assign(rest);
  } else {
    buffer_.erase(0, bytes.size() - rest.size());
  }
  // One big event must not hold its memory for the life of the stream.
  if (buffer_.empty() && buffer_.capacity() > kKeptBuffer) std::string().swap(buffer_);
  return {};
}

Result<void, FrameError> FrameSplitter::Finish() const {
  if (failed_) return Unexpected(*failed_);
  if (buffer_.empty()) return {};
  return Unexpected(FrameError{
      FrameError::Type::kTruncated,
      "the stream ended inside a watch event, after " + std::to_string(buffer_.size()) + " bytes of it"});
}

}  // namespace fairlead
