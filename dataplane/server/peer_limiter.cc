#include "dataplane/server/peer_limiter.h"

#include <algorithm>

namespace fairlead::xds {

std::string PeerLimiter::WithoutPort(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

double PeerLimiter::TokensNow(const Bucket& bucket, Clock::TimePoint now) const {
  const double elapsed = std::chrono::duration<double>(now - bucket.at).count();
  return std::min(burst_, bucket.tokens + elapsed * per_second_);
}

bool PeerLimiter::Allow(const std::string& peer) {
  const Clock::TimePoint now = clock_.Now();
  std::lock_guard lock(mutex_);
  if (buckets_.size() >= kMaxPeers) {
    std::erase_if(buckets_, [&](const auto& entry) { return TokensNow(entry.second, now) >= burst_; });
    if (buckets_.size() >= kMaxPeers && !buckets_.contains(peer)) return false;
  }
  Bucket& bucket = buckets_.try_emplace(peer, Bucket{burst_, now}).first->second;
  bucket = {TokensNow(bucket, now), now};
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace fairlead::xds
