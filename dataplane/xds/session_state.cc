// What is known of a slot, and what follows from it.
#include "dataplane/xds/session_impl.h"

namespace fairlead::xds {

Session::Impl::~Impl() {
  for (const auto& [slot, need] : blocked) shelf->Release(need);
  for (Slot s = 0; s < flags.size(); ++s) {
    if (flags[s] != 0) shelf->Release(s);
  }
}

void Session::Impl::Set(Slot s, uint16_t f) {
  if (s >= flags.size()) flags.resize(shelf->slot_count());
  const uint16_t before = flags[s];
  flags[s] = before | f;
  if (before == 0) shelf->Retain(s);
  if ((before & flag::kClaimed) == 0 && (f & flag::kClaimed) != 0)
    ++unknown[static_cast<size_t>(shelf->NameOf(s).type)];
}

void Session::Impl::Clear(Slot s, uint16_t f) {
  const uint16_t before = Get(s);
  if ((before & f) == 0) return;
  const uint16_t after = before & static_cast<uint16_t>(~f);
  if ((before & flag::kClaimed) != 0 && (after & flag::kClaimed) == 0)
    --unknown[static_cast<size_t>(shelf->NameOf(s).type)];
  flags[s] = after;
  if (after == 0) shelf->Release(s);
}

Session::Impl::Side& Session::Impl::MakeSide(Slot s) {
  Set(s, flag::kSide);
  return sides[s];
}

Session::Impl::Side* Session::Impl::FindSide(Slot s) { return Has(s, flag::kSide) ? &sides.at(s) : nullptr; }

void Session::Impl::DropSideIfEmpty(Slot s) {
  const Side* side = FindSide(s);
  if (!side || side->acked || side->sent || !side->maybe.empty() || !side->text.empty()) return;
  sides.erase(s);
  Clear(s, flag::kSide);
}

void Session::Impl::SetAckedOld(Slot s, ResourcePtr acked) {
  if (acked) {
    MakeSide(s).acked = std::move(acked);
  } else if (Side* side = FindSide(s)) {
    side->acked = nullptr;
    DropSideIfEmpty(s);
  }
}

void Session::Impl::AddMaybe(Slot s, const ResourcePtr& resource) {
  Side& side = MakeSide(s);
  for (const ResourcePtr& r : side.maybe) {
    if (r->hash == resource->hash) return;
  }
  if (side.maybe.size() == kMaxMaybe) return Set(s, flag::kClaimed);
  side.maybe.push_back(resource);
  Set(s, flag::kUnclear);
}

void Session::Impl::DropMaybe(Slot s, const ResourcePtr& resource) {
  Side* side = FindSide(s);
  if (!side) return;
  std::erase_if(side->maybe, [&](const ResourcePtr& r) { return !resource || r->hash == resource->hash; });
  if (side->maybe.empty()) Clear(s, flag::kUnclear);
  DropSideIfEmpty(s);
}

void Session::Impl::SetSuspect(Slot s, bool suspect) {
  if (Has(s, flag::kSuspect) == suspect) return;
  PerType& t = OfSlot(s);
  if (suspect) {
    Set(s, flag::kSuspect);
    ++t.suspect_count;
  } else {
    if (--t.suspect_count == 0) t.suspect_limit = SIZE_MAX;
    Clear(s, flag::kSuspect);
  }
}

bool Session::Impl::Held(Slot s) {
  if (Has(s, flag::kAcked)) return true;
  const Side* side = FindSide(s);
  return side && side->acked;
}

// Endpoints change all the time and any version of them makes a cluster usable; everything else must be
// current, so that a change which touches a route and its cluster comes in that order.
bool Session::Impl::Satisfied(Slot s) {
  if (!shelf->At(s)) return true;
  if (Has(s, flag::kRemoving)) return false;
  return shelf->NameOf(s).type == Type::kEndpoints ? Held(s) : Has(s, flag::kAcked);
}

bool Session::Impl::NeedsSend(Slot s) {
  return shelf->At(s) && (Has(s, flag::kForce) || !Has(s, flag::kAcked | flag::kRejected));
}

bool Session::Impl::NeedsRemoval(Slot s) {
  return !shelf->At(s) && !Has(s, flag::kRejected) && (Has(s, flag::kNotice) || MayHave(s));
}

size_t Session::Impl::unanswered() const {
  size_t n = 0;
  for (const PerType& t : types) n += t.in_flight.size();
  return n;
}

void Session::Impl::Forget(Slot s) {
  Hold hold(shelf, s);
  Unblock(s);
  SetSuspect(s, false);
  if (Side* side = FindSide(s)) {
    *side = Side{nullptr, std::move(side->sent), {}, {}};
    DropSideIfEmpty(s);
  }
  // What is in flight is answered later, what is queued is passed over when its turn comes.
  constexpr uint16_t kStays = flag::kInFlight | flag::kSentCurrent | flag::kRemoving | flag::kQueued |
                              flag::kQueuedRemoval | flag::kSide;
  Clear(s, static_cast<uint16_t>(~kStays));
  removals_due = true;
}

void Session::Impl::Evaluate(Slot s) {
  if (Get(s) != 0 && !Wanted(s)) return Forget(s);
  if (Has(s, flag::kInFlight) || !Wanted(s)) return;
  if (Has(s, flag::kBlocked)) {
    if (NeedsSend(s) && !Satisfied(blocked.at(s))) return;
    Unblock(s);
  }
  PerType& t = OfSlot(s);
  if (NeedsSend(s) && !Has(s, flag::kQueued)) {
    Set(s, flag::kQueued);
    (Has(s, flag::kSuspect) ? t.suspects : t.queue).push_back(s);
  } else if (NeedsRemoval(s) && !Has(s, flag::kQueuedRemoval)) {
    Set(s, flag::kQueuedRemoval);
    t.removals.push_back(s);
    removals_due = true;
  }
}

void Session::Impl::Block(Slot s, Slot need) {
  Set(s, flag::kBlocked);
  shelf->Retain(need);
  blocked.emplace(s, need);
  waiters.emplace(need, s);
}

void Session::Impl::Unblock(Slot s) {
  if (!Has(s, flag::kBlocked)) return;
  const auto it = blocked.find(s);
  const Slot need = it->second;
  waiters.erase({need, s});
  blocked.erase(it);
  shelf->Release(need);
  Clear(s, flag::kBlocked);
}

void Session::Impl::ReleaseWaiters(Slot need) {
  Hold hold(shelf, need);
  for (auto it = waiters.lower_bound({need, 0}); it != waiters.end() && it->first == need;
       it = waiters.lower_bound({need, 0})) {
    const Slot s = it->second;
    Hold hold_waiter(shelf, s);
    Unblock(s);
    Evaluate(s);
  }
}

void Session::Impl::Change(Slot s, const ResourcePtr& old) {
  Hold hold(shelf, s);
  const ResourcePtr& current = shelf->At(s);
  Unblock(s);  // it may need others now
  if (!(old && current && old->hash == current->hash)) {
    SetSuspect(s, false);
    if (Has(s, flag::kAcked)) {
      SetAckedOld(s, old);
      Clear(s, flag::kAcked);
    }
    if (Has(s, flag::kSentCurrent)) {
      MakeSide(s).sent = old;
      Clear(s, flag::kSentCurrent);
    }
    Clear(s, flag::kRejected);
    if (Side* side = FindSide(s)) {
      side->text.clear();
      // Back to what it was before the proxy was told, or answered.
      const auto is_current = [&](const ResourcePtr& r) { return r && current && r->hash == current->hash; };
      if (is_current(side->sent)) {
        side->sent = nullptr;
        Set(s, flag::kSentCurrent);
      }
      if (is_current(side->acked) && side->maybe.empty() && !Has(s, flag::kRemoving)) {
        side->acked = nullptr;
        Set(s, flag::kAcked);
      }
      DropSideIfEmpty(s);
    }
    if (current && Has(s, flag::kClaimed) && !Has(s, flag::kUnclear) &&
        ClaimedVersion(s) == VersionHash(current->version())) {
      Set(s, flag::kAcked);
      Clear(s, flag::kClaimed);
    }
    if (!current &&
        Has(s, flag::kForce | flag::kSubscribed)) {  // it was asked for, and may not have been sent yet
      Set(s, flag::kNotice);
      Clear(s, flag::kForce);
    }
    removals_due = true;
  }
  Evaluate(s);
  if (Satisfied(s)) ReleaseWaiters(s);
}

}  // namespace fairlead::xds
