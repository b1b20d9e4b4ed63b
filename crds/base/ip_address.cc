#include "crds/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace fairlead {
namespace {

constexpr size_t kMaxText = 64;
constexpr int kBefore4 = 96;  // bits of ::ffff:0:0/96

}  // namespace

std::optional<IpAddress> ParseIpAddress(std::string_view text) {
  if (text.size() > kMaxText || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string ended(text);
  IpAddress out{};
  if (inet_pton(AF_INET, ended.c_str(), out.data() + kBefore4 / 8) == 1) {
    out[10] = out[11] = 0xFF;
    return out;
  }
  if (inet_pton(AF_INET6, ended.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

std::optional<IpRange> ParseIpRange(std::string_view text) {
  const size_t slash = text.find('/');
  const std::optional<IpAddress> address = ParseIpAddress(text.substr(0, slash));
  if (!address) return std::nullopt;
  IpRange out{*address, *address};
  if (slash == std::string_view::npos) return out;
  const std::string_view length = text.substr(slash + 1);
  const bool of4 = text.find(':') == std::string_view::npos;
  int bits = 0;
  const auto [end, error] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (error != std::errc() || end != length.data() + length.size() || bits < 0 || bits > (of4 ? 32 : 128)) {
    return std::nullopt;
  }
  if (of4) bits += kBefore4;
  for (size_t i = 0; i < out.first.size(); ++i) {
    const int kept = std::clamp(bits - static_cast<int>(8 * i), 0, 8);
    const auto rest = static_cast<unsigned char>(0xFF >> kept);
    out.first[i] = static_cast<unsigned char>(out.first[i] & ~rest);
    out.last[i] = static_cast<unsigned char>(out.last[i] | rest);
  }
  return out;
}

}  // namespace fairlead
