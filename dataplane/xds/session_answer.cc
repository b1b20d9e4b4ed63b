// Answers: what the proxy accepted, and what it did not.
#include <algorithm>
#include <charconv>

#include "dataplane/xds/session_impl.h"

namespace fairlead::xds {
namespace {

// Cut at a whole UTF-8 character, without control characters: the text ends up in a status.
std::string Bounded(const std::string& text, size_t max) {
  std::string out = text.substr(0, max);
  if (text.size() > max) {
    while (!out.empty() && (static_cast<unsigned char>(text[out.size()]) & 0xc0) == 0x80) out.pop_back();
  }
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return out.empty() ? "no reason given" : out;
}

}  // namespace

void Session::Impl::Accepted(Slot s, const ResourcePtr& sent, bool current) {
  if (!sent || !Wanted(s)) return;  // the proxy dropped it meanwhile
  SetSuspect(s, false);
  if (current) {
    Set(s, flag::kAcked);
    SetAckedOld(s, nullptr);
  } else {
    SetAckedOld(s, sent);
    Clear(s, flag::kAcked);
  }
  Clear(s, flag::kClaimed);
  DropMaybe(s, nullptr);
  observer->OnAcked(sent);
}

void Session::Impl::RemovalAccepted(Slot s) {
  SetAckedOld(s, nullptr);
  Clear(s, flag::kAcked | flag::kClaimed);
  DropMaybe(s, nullptr);
  observer->OnRemovalAcked(shelf->NameOf(s));
}

// One of many is bad and the proxy does not say which in a way that can be relied on; which of the others it
// took is unknown as well. They are sent again in halves.
void Session::Impl::RejectedInGroup(Slot s, const ResourcePtr& sent, bool current) {
  if (!sent || !Wanted(s)) return;
  AddMaybe(s, sent);
  if (!current) {  // a newer version is due anyway, also if it is an old one that the proxy had before
    if (Has(s, flag::kAcked)) SetAckedOld(s, shelf->At(s));
    return Clear(s, flag::kAcked);
  }
  SetSuspect(s, true);
  if (Has(s, flag::kAcked)) Set(s, flag::kForce);
}

void Session::Impl::RejectedAlone(Slot s, const ResourcePtr& sent, bool current, const std::string& text) {
  if (!sent || !Wanted(s)) return;
  DropMaybe(s, sent);
  SetSuspect(s, false);
  if (!current) return;
  if (Has(s, flag::kAcked)) {
    SetAckedOld(s, sent);
    Clear(s, flag::kAcked);
  }
  Set(s, flag::kRejected);
  MakeSide(s).text = text;
  observer->OnRejected(sent, text);
  for (auto at = waiters.lower_bound({s, 0}); at != waiters.end() && at->first == s; ++at) {
    if (const ResourcePtr& waiting = shelf->At(at->second)) observer->OnHeldBack(waiting);
  }
}

void Session::Impl::Answer(Type type, const Request& request) {
  PerType& t = Of(type);
  uint64_t nonce = 0;
  const char* end = request.response_nonce.data() + request.response_nonce.size();
  const auto [rest, error] = std::from_chars(request.response_nonce.data(), end, nonce, 16);
  const auto it = std::find_if(t.in_flight.begin(), t.in_flight.end(),
                               [&](const InFlight& f) { return f.nonce == nonce; });
  if (error != std::errc() || rest != end || it == t.in_flight.end()) return;  // stale, or never ours
  const InFlight in_flight = std::move(*it);
  t.in_flight.erase(it);
  answered = true;
  removals_due = true;

  const bool rejected = request.error_detail.has_value();
  const std::string text = rejected ? Bounded(*request.error_detail, limits.max_error_text) : "";
  const size_t n = in_flight.slots.size();
  if (rejected && !in_flight.removal && n > 1) t.suspect_limit = std::min(t.suspect_limit, (n + 1) / 2);

  for (const Slot s : in_flight.slots) {
    Hold hold(shelf, s);
    const bool current = Has(s, flag::kSentCurrent);
    ResourcePtr sent = current ? shelf->At(s) : nullptr;
    if (Side* side = FindSide(s); side && side->sent) {
      sent = std::move(side->sent);
      side->sent = nullptr;
      DropSideIfEmpty(s);
    }
    Clear(s, flag::kInFlight | flag::kSentCurrent | flag::kRemoving);
    if (in_flight.removal) {
      if (!rejected) {
        RemovalAccepted(s);
      } else if (Wanted(s) && !shelf->At(s)) {
        Set(s, flag::kRejected);
        MakeSide(s).text = text;
      }
    } else if (!rejected) {
      Accepted(s, sent, current);
    } else if (n > 1) {
      RejectedInGroup(s, sent, current);
    } else {
      RejectedAlone(s, sent, current, text);
    }
    Evaluate(s);
    if (Satisfied(s)) ReleaseWaiters(s);
  }
}

}  // namespace fairlead::xds
