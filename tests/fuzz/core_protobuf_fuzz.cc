// Core kinds from protobuf of any bytes. The first byte chooses the kind; whether the rest is the message of
// one object, or a whole list body, is its next bit. What is read has a name; what is invalid says why.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "crds/object/decode.h"

namespace {

using fairlead::Kind;

constexpr std::array kKinds = {Kind::kService, Kind::kEndpointSlice, Kind::kPod, Kind::kNode,
                               Kind::kNamespace};

void Check(Kind kind, const fairlead::AnyObject& object) {
  const fairlead::ObjectKey key = KeyOf(object);
  if (key.kind != kind || key.name.empty()) std::abort();
  if (!IsInvalid(object)) return;
  const auto& errors = std::get<fairlead::Ptr<fairlead::Invalid>>(object)->errors;
  if (errors.empty() || errors.size() > fairlead::FieldErrors::kMax) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const Kind kind = kKinds[data[0] % kKinds.size()];
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] & 0x80) {
    const auto page = fairlead::DecodeList(kind, fairlead::ContentType::kProtobuf, bytes);
    if (page) {
      for (const fairlead::AnyObject& item : page->items) Check(kind, item);
    }
  } else if (const auto object = fairlead::ParseCoreProtobuf(kind, bytes)) {
    Check(kind, *object);
  }
  return 0;
}
