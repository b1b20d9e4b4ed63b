#include "dataplane/xds/message.h"

#include <zlib.h>

#include <new>

namespace fairlead::xds {
namespace {

// 8 KB of window, and little memory to set up: larger ones take longer to clear than to use.
constexpr int kLevel = 1;
constexpr int kWindowBits = -13;  // without header and checksum
constexpr int kMemoryLevel = 4;

void Feed(std::string_view in, std::string* out, z_stream* stream) {
  stream->next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
  stream->avail_in = static_cast<uInt>(in.size());
  stream->next_out = reinterpret_cast<Bytef*>(out->data());
  stream->avail_out = static_cast<uInt>(out->size());
}

// Empty: it would not become half as large.
std::string Pack(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    return {};
  std::string out(bytes.size() / 2, '\0');
  Feed(bytes, &out, &stream);
  const bool fits = deflate(&stream, Z_FINISH) == Z_STREAM_END;
  const size_t size = stream.total_out;
  deflateEnd(&stream);
  return fits ? std::string(out.data(), size) : std::string();
}

std::string Unpack(std::string_view packed, size_t size) {
  z_stream stream{};
  std::string out(size, '\0');
  Feed(packed, &out, &stream);
  // What we packed fails to unpack for want of memory only.
  if (inflateInit2(&stream, kWindowBits) != Z_OK) throw std::bad_alloc();
  const bool whole = inflate(&stream, Z_FINISH) == Z_STREAM_END;
  inflateEnd(&stream);
  if (!whole) throw std::bad_alloc();
  return out;
}

}  // namespace

Message::Message(std::string_view bytes) {
  if (bytes.size() >= kPackFrom) bytes_ = Pack(bytes);
  if (bytes_.empty()) {
    bytes_ = bytes;
  } else {
    large_ = std::make_unique<Large>();
    large_->size = bytes.size();
  }
}

Message::Whole Message::Get() const {
  if (!large_) return {bytes_, nullptr};
  const std::lock_guard lock(large_->mutex);
  std::shared_ptr<const std::string> whole = large_->whole.lock();
  if (!whole) {
    whole = std::make_shared<const std::string>(Unpack(bytes_, large_->size));
    large_->whole = whole;
  }
  return {*whole, whole};
}

}  // namespace fairlead::xds
