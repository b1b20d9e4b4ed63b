// What both ends of our gRPC connections keep to.
#pragma once

namespace fairlead::xds {

// A silent connection is asked for a sign of life, and closed without one: HTTP/2 PING (RFC 9113,
// section 6.7).
inline constexpr int kKeepaliveMs = 30'000;
inline constexpr int kKeepaliveTimeoutMs = 10'000;

// How often the files of certificates are looked at for others.
inline constexpr unsigned kCertificateWatchSeconds = 1;

}  // namespace fairlead::xds
