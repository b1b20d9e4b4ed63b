// A watch stream of any bytes: cut into pieces anywhere, it gives the same frames and the same verdict as in
// one piece. The first byte chooses the content type, the second the length of the pieces.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "crds/base/kube_frames.h"

namespace {

struct Outcome {
  std::vector<std::string> frames;
  bool failed = false;
  bool whole = false;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome Split(fairlead::ContentType type, std::string_view bytes, size_t piece) {
  constexpr size_t kMaxFrame = 512;
  Outcome out;
  fairlead::FrameSplitter splitter(type, kMaxFrame);
  while (!bytes.empty()) {
    const auto fed = splitter.Feed(bytes.substr(0, piece), [&](std::string_view frame) {
      out.frames.emplace_back(frame);
      return fairlead::Result<void, fairlead::FrameError>();
    });
    if (!fed) {
      out.failed = true;
      return out;
    }
    if (splitter.buffered() > kMaxFrame + 4) std::abort();  // 4: the length before a protobuf frame
    bytes.remove_prefix(piece < bytes.size() ? piece : bytes.size());
  }
  out.whole = splitter.Finish().has_value();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const auto type = data[0] % 2 == 0 ? fairlead::ContentType::kJson : fairlead::ContentType::kProtobuf;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (Split(type, bytes, size) != Split(type, bytes, 1 + data[1] % 64)) std::abort();
  return 0;
}
