// PeerLimiter: so many events a second for each peer, with a burst. A token bucket each, kept in bounds: a
// peer whose bucket is full again is forgotten.
//
// Thread-safe.
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>

#include "crds/base/clock.h"

namespace fairlead::xds {

class PeerLimiter {
 public:
  PeerLimiter(double per_second, double burst, const Clock& clock)
      : per_second_(per_second), burst_(burst), clock_(clock) {}

  bool Allow(const std::string& peer);

  // "ipv4:10.0.0.7:51234" → "ipv4:10.0.0.7": connections of one peer differ in their port.
  static std::string WithoutPort(const std::string& peer);

  static constexpr size_t kMaxPeers = 10'000;

 private:
  struct Bucket {
    double tokens;
    Clock::TimePoint at;
  };
  double TokensNow(const Bucket& bucket, Clock::TimePoint now) const;

  const double per_second_;
  const double burst_;
  const Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace fairlead::xds
