// A watch stream of any bytes, decoded into events: in pieces it gives the same events and the same verdict
// as in one. The first byte chooses kind and content type, the second the length of the pieces.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "crds/object/decode.h"

namespace {

using fairlead::ContentType;
using fairlead::Kind;
using fairlead::WatchEvent;

constexpr std::array kKinds = {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode,
                               Kind::kHTTPRoute};

struct Outcome {
  std::vector<std::string> events;
  std::string error;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

std::string Describe(const WatchEvent& event) {
  std::string out = std::to_string(static_cast<int>(event.type)) + " " + event.resource_version + " ";
  if (event.type == WatchEvent::Type::kBookmark) return out + (event.initial_events_end ? "end" : "");
  if (event.type == WatchEvent::Type::kError) return out + event.error.message;
  if (KeyOf(event.object).name.empty()) std::abort();
  return out + KeyOf(event.object).ToString() + (IsInvalid(event.object) ? " invalid" : "");
}

Outcome Decode(Kind kind, ContentType type, std::string_view bytes, size_t piece) {
  constexpr size_t kMaxFrame = 4096;
  Outcome out;
  fairlead::WatchDecoder decoder(kind, type, kMaxFrame);
  for (size_t at = 0; at < bytes.size(); at += piece) {
    const auto fed = decoder.Feed(bytes.substr(at, piece),
                                  [&](WatchEvent event) { out.events.push_back(Describe(event)); });
    if (!fed) {
      out.error = fed.error().message;
      return out;
    }
  }
  if (const auto end = decoder.Finish(); !end) out.error = end.error().message;
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const Kind kind = kKinds[(data[0] & 0x7f) % kKinds.size()];
  const ContentType type = data[0] & 0x80 ? ContentType::kProtobuf : ContentType::kJson;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (Decode(kind, type, bytes, size) != Decode(kind, type, bytes, 1 + data[1] % 64)) std::abort();
  return 0;
}
