// WireWriter: writes protobuf by hand, for tests of what reads it. One thread.
//
//   WireWriter pod;
//   pod.Message(1, [](WireWriter& meta) { meta.String(1, "web-0").String(3, "shop"); });
//   Use(pod.bytes());
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fairlead::testing {

class WireWriter {
 public:
  WireWriter& Varint(uint32_t field, uint64_t value) {
    Raw(uint64_t{field} << 3);
    Raw(value);
    return *this;
  }
  WireWriter& String(uint32_t field, std::string_view value) {
    Raw(uint64_t{field} << 3 | 2);
    Raw(value.size());
    bytes_ += value;
    return *this;
  }
  template <class F>
  WireWriter& Message(uint32_t field, F&& write) {
    WireWriter inner;
    write(inner);
    return String(field, inner.bytes_);
  }
  WireWriter& Entry(uint32_t field, std::string_view key, std::string_view value) {
    return Message(field, [&](WireWriter& entry) { entry.String(1, key).String(2, value); });
  }
  WireWriter& Append(std::string_view bytes) {
    bytes_ += bytes;
    return *this;
  }
  // A varint without a tag.
  WireWriter& Raw(uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(value | 0x80);
    bytes_ += static_cast<char>(value);
    return *this;
  }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
};

// magic and runtime.Unknown around an object message.
inline std::string Envelope(std::string_view api_version, std::string_view kind, std::string_view raw) {
  WireWriter unknown;
  unknown.Append(std::string_view("k8s\0", 4));
  unknown.Message(1, [&](WireWriter& type) { type.String(1, api_version).String(2, kind); });
  unknown.String(2, raw).String(3, "").String(4, "");
  return unknown.bytes();
}

// A frame of a protobuf watch stream around an envelope.
inline std::string WatchFrame(std::string_view type, std::string_view envelope) {
  WireWriter event;
  event.String(1, type).Message(2, [&](WireWriter& object) { object.String(1, envelope); });
  const size_t n = event.bytes().size();
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
  return out + event.bytes();
}

}  // namespace fairlead::testing
