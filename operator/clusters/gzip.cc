#include "operator/clusters/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace fairlead::clusters {
namespace {

constexpr int kLevel = 1;
constexpr int kWindowBits = 15 + 16;  // with the header and checksum of gzip
constexpr int kMemoryLevel = 8;
constexpr size_t kFirstBytes = 64 << 10;

Bytef* BytesOf(const char* text) { return reinterpret_cast<Bytef*>(const_cast<char*>(text)); }

}  // namespace

std::string Gzip(std::string_view bytes) {
  z_stream stream{};
  if (deflateInit2(&stream, kLevel, Z_DEFLATED, kWindowBits, kMemoryLevel, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = BytesOf(bytes.data());
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = BytesOf(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  deflate(&stream, Z_FINISH);  // all of it: there is room for the worst case
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

Result<std::string> Gunzip(std::string_view packed, size_t max_bytes) {
  z_stream stream{};
  if (inflateInit2(&stream, kWindowBits) != Z_OK) throw std::bad_alloc();
  stream.next_in = BytesOf(packed.data());
  stream.avail_in = static_cast<uInt>(packed.size());
  std::string out;
  int state = Z_OK;
  // One byte of room beyond the bound tells what is too long from what just fits.
  while (state == Z_OK && out.size() <= max_bytes) {
    const size_t done = out.size();
    out.resize(std::min(max_bytes + 1, std::max(kFirstBytes, 2 * done)));
    stream.next_out = BytesOf(out.data()) + done;
    stream.avail_out = static_cast<uInt>(out.size() - done);
    state = inflate(&stream, Z_NO_FLUSH);
    out.resize(out.size() - stream.avail_out);
  }
  const bool rest = stream.avail_in > 0;
  inflateEnd(&stream);
  if (out.size() > max_bytes)
    return Refused("would be longer than " + std::to_string(max_bytes) + " bytes when unpacked");
  if (state != Z_STREAM_END) return Refused("is no gzip, or is damaged or cut");
  if (rest) return Refused("has something behind its gzip");
  return out;
}

}  // namespace fairlead::clusters
