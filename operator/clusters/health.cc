#include "operator/clusters/health.h"

#include <algorithm>
#include <utility>

namespace fairlead::clusters {

using kube::WatchPhase;
using reconcilers::RemoteState;

Health::Health(std::set<Kind> kinds, std::chrono::milliseconds stale_limit, const Clock* clock)
    : kinds_(std::move(kinds)), stale_limit_(stale_limit), clock_(clock), unlisted_(kinds_) {
  status_.since = clock_->WallNow();
}

void Health::OnListed(Kind kind) {
  unlisted_.erase(kind);
  Judge();
}

void Health::OnStatus(Kind kind, const kube::WatchStatus& status) {
  if (!kinds_.contains(kind)) {
    const std::string kinds(InfoOf(kind).plural);
    if (status.phase == WatchPhase::kWatching) status_.policies.clear();
    if (status.phase == WatchPhase::kAbsent) status_.policies = "it serves no " + kinds;
    if (status.phase == WatchPhase::kForbidden)
      status_.policies = kinds + " may not be read: " + status.reason;
    return;
  }
  switch (status.phase) {
    case WatchPhase::kListing:  // a try; how it ends will be told
      return;
    case WatchPhase::kWatching:
      troubles_.erase(kind);
      break;
    case WatchPhase::kWaiting:
    case WatchPhase::kForbidden:
    case WatchPhase::kAbsent:  // of kinds that every cluster has
      troubles_[kind] = status.reason;
      break;
  }
  Judge();
}

void Health::OnTimer() { Judge(); }

void Health::Reconnect() {
  unlisted_ = kinds_;
  troubles_.clear();
  Judge();
}

bool Health::Remember(Timestamp heard) {
  if (complete_) return false;
  complete_ = true;
  status_.kept = true;
  const Timestamp now = clock_->WallNow();
  const Timestamp since = std::min(heard, now);  // who wrote it may have another clock
  stale_since_ = clock_->Now() - std::chrono::seconds(now.seconds - since.seconds);
  status_.state = RemoteState::kStale;
  status_.since = since;
  Judge();
  return true;
}

Clock::TimePoint Health::deadline() const {
  return status_.state == RemoteState::kStale ? stale_since_ + stale_limit_ : Clock::TimePoint::max();
}

std::string Health::Reason() const {
  if (!troubles_.empty()) {
    const auto& [kind, reason] = *troubles_.begin();
    return std::string(InfoOf(kind).plural) + ": " + reason;
  }
  if (!complete_ || unlisted_.empty()) return "";
  return status_.kept ? "does not answer yet" : "connecting anew";
}

void Health::Judge() {
  complete_ = complete_ || unlisted_.empty();
  if (unlisted_.empty() && std::exchange(status_.kept, false)) Enter(RemoteState::kFresh);  // known as of now
  const bool sure = unlisted_.empty() && troubles_.empty();
  if (!complete_) {
    Enter(RemoteState::kConnecting);
  } else if (sure) {
    Enter(RemoteState::kFresh);
  } else if (status_.state == RemoteState::kExpired ||
             (status_.state == RemoteState::kStale && clock_->Now() >= deadline())) {
    Enter(RemoteState::kExpired);
  } else {
    Enter(RemoteState::kStale);
  }
  status_.reason = Reason();
}

void Health::Enter(RemoteState state) {
  if (status_.state == state) return;
  // Of stale and expired: since when what is known was not heard of.
  if (state == RemoteState::kStale) stale_since_ = clock_->Now();
  if (state != RemoteState::kExpired) status_.since = clock_->WallNow();
  status_.state = state;
}

}  // namespace fairlead::clusters
