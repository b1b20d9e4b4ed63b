// Responses: what goes next, in which order, and what has to wait.
#include <algorithm>

#include "dataplane/xds/session_impl.h"

namespace fairlead::xds {
namespace {

std::string NonceText(uint64_t nonce) {
  std::string out;
  do {
    out.insert(out.begin(), "0123456789abcdef"[nonce & 15]);
    nonce >>= 4;
  } while (nonce != 0);
  return out;
}

}  // namespace

bool Session::Impl::Ready(Slot s) {
  if (Has(s, flag::kAcked)) return true;  // is only sent again
  for (const Slot need : shelf->NeedsOf(s)) {
    if (need == s || Satisfied(need)) continue;
    Block(s, need);
    return false;
  }
  return true;
}

// A proxy that gets a changed cluster warms it up beside the old one and waits for its endpoints, even if
// those did not change and it has them.
void Session::Impl::SendAgainBehind(Slot cluster) {
  const auto s = shelf->Find(Type::kEndpoints, shelf->NameOf(cluster).name.view());
  if (!s || !Wanted(*s) || !shelf->At(*s) || Has(*s, flag::kRejected)) return;
  if (!Has(*s, flag::kAcked | flag::kInFlight)) return;
  Set(*s, flag::kForce);
  Evaluate(*s);
}

std::optional<Response> Session::Impl::Finish(Type type, Response response, InFlight in_flight) {
  response.type = type;
  in_flight.nonce = ++last_nonce;
  response.nonce = NonceText(in_flight.nonce);
  in_flight.slots.shrink_to_fit();
  Of(type).in_flight.push_back(std::move(in_flight));
  Of(type).owes_answer = false;
  return response;
}

std::optional<Response> Session::Impl::SendChanged(Type type) {
  PerType& t = Of(type);
  if (t.in_flight.size() >= limits.max_unanswered) return std::nullopt;
  const bool suspects = !t.suspects.empty();
  std::deque<Slot>& queue = suspects ? t.suspects : t.queue;
  const size_t limit = suspects ? t.suspect_limit : SIZE_MAX;
  Response response;
  InFlight in_flight;
  while (!queue.empty() && (suspects || budget > 0) && in_flight.slots.size() < limit) {
    const Slot s = queue.front();
    Hold hold(shelf, s);
    const ResourcePtr& current = shelf->At(s);
    if (current && !response.resources.empty() &&
        response.bytes + current->wire_size() > limits.max_response_bytes) {
      break;
    }
    queue.pop_front();
    if (!suspects) --budget;
    Clear(s, flag::kQueued);
    if (!Wanted(s)) {
      Forget(s);
    } else if (!Has(s, flag::kInFlight) && NeedsSend(s) && Ready(s)) {
      if (type == Type::kCluster && MayHave(s)) SendAgainBehind(s);
      Set(s, flag::kInFlight | flag::kSentCurrent);
      Clear(s, flag::kForce | flag::kNotice);
      in_flight.slots.push_back(s);
      response.resources.push_back(current);
      response.bytes += current->wire_size();
    }
  }
  // Nothing is an answer too: Envoy waits for one to its first request of a type, up to 15 s.
  if (in_flight.slots.empty() && !t.owes_answer) return std::nullopt;
  return Finish(type, std::move(response), std::move(in_flight));
}

// What the versions need that the proxy has, or is about to have, and that are on their way out. What the
// shelf's own resources need does not count: if the shelf lacks it, then that is the last word.
std::set<ResourceName> Session::Impl::NeededByOld() const {
  std::set<ResourceName> out;
  for (const auto& [slot, side] : sides) {
    if (side.acked) out.insert(side.acked->needs.begin(), side.acked->needs.end());
    if (side.sent) out.insert(side.sent->needs.begin(), side.sent->needs.end());
    for (const ResourcePtr& r : side.maybe) out.insert(r->needs.begin(), r->needs.end());
  }
  return out;
}

std::optional<Response> Session::Impl::SendRemovals(Type type) {
  PerType& t = Of(type);
  if (!removals_due || t.removals.empty() || t.in_flight.size() >= limits.max_unanswered) return std::nullopt;
  const std::set<ResourceName> needed = NeededByOld();
  const bool below_routes = type == Type::kCluster || type == Type::kEndpoints;
  const bool unknown_needs = below_routes && unknown[static_cast<size_t>(Type::kListener)] +
                                                     unknown[static_cast<size_t>(Type::kScopedRoute)] +
                                                     unknown[static_cast<size_t>(Type::kRoute)] >
                                                 0;
  bool early = false;
  Response response;
  InFlight in_flight;
  in_flight.removal = true;
  for (size_t n = t.removals.size(); n > 0 && response.bytes < limits.max_response_bytes; --n) {
    const Slot s = t.removals.front();
    t.removals.pop_front();
    Hold hold(shelf, s);
    Clear(s, flag::kQueuedRemoval);
    if (!Wanted(s)) Forget(s);
    if (Has(s, flag::kInFlight) || !NeedsRemoval(s)) continue;
    // The first requests come in the order of subscription: which routes the proxy has is not known before
    // they were all read.
    const bool wait = MayHave(s) && below_routes && !answered;
    if (wait || (MayHave(s) && (unknown_needs || needed.contains(shelf->NameOf(s))))) {
      early = early || wait;
      Set(s, flag::kQueuedRemoval);
      t.removals.push_back(s);
      continue;
    }
    Set(s, flag::kInFlight | flag::kRemoving);
    Clear(s, flag::kForce | flag::kNotice);
    in_flight.slots.push_back(s);
    response.removed.push_back(shelf->NameOf(s).name.str());
    response.bytes += response.removed.back().size() + 4;
  }
  if (!in_flight.slots.empty()) return Finish(type, std::move(response), std::move(in_flight));
  // Nothing is on its way whose answer would tell: ask for one, with a response that changes nothing.
  if (early && !barrier_sent && unanswered() == 0) {
    barrier_sent = true;
    return Finish(type, {}, {});
  }
  return std::nullopt;
}

// Types take turns, each with what it had queued when its turn came: neither a flood of one type nor a slow
// reader keeps another type from being sent, and what changed together goes in the order of types.
std::optional<Response> Session::Impl::Next() {
  for (size_t passed = 0; passed <= 2 * kTypeCount; ++passed) {
    if (turn == 2 * kTypeCount) turn = 0;
    const bool changes = turn < kTypeCount;
    const Type type = static_cast<Type>(changes ? turn : 2 * kTypeCount - 1 - turn);
    budget = std::min(budget, Of(type).queue.size());
    if (auto response = changes ? SendChanged(type) : SendRemovals(type)) return response;
    ++turn;
    budget = SIZE_MAX;
  }
  turn = 0;
  removals_due = false;
  return std::nullopt;
}

}  // namespace fairlead::xds
