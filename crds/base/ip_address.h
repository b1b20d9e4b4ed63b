// IpAddress: addresses and ranges of IPv4 and IPv6, compared by value and not as they are written.
//
// Who calls: whoever asks whether two texts are one address, or one is in a range. Pure.
//
//   ParseIpRange("10.96.0.0/12")->first == *ParseIpAddress("::ffff:10.96.0.0")
#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace fairlead {

// In the order of the network; IPv4 as ::ffff:a.b.c.d.
using IpAddress = std::array<unsigned char, 16>;

struct IpRange {
  IpAddress first{}, last{};
};

// nullopt: it is none.
std::optional<IpAddress> ParseIpAddress(std::string_view text);
// An address, which is a range of one, or one with "/" and the length of its prefix; what is set behind the
// prefix does not count.
std::optional<IpRange> ParseIpRange(std::string_view text);

}  // namespace fairlead
