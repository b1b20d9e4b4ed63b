// Requests: what the proxy wants, and what it says it has.
#include <algorithm>

#include "dataplane/xds/session_impl.h"

namespace fairlead::xds {
namespace {

constexpr std::string_view kWildcard = "*";

// The types whose first request, if it names nothing, asks for everything.
bool EmptyMeansAll(Type type) {
  return type == Type::kCluster || type == Type::kListener || type == Type::kScopedRoute;
}

Error Refuse(std::string message) { return {ErrorClass::kInvalid, std::move(message)}; }

}  // namespace

std::vector<Slot> Session::Impl::SlotsOf(Type type) const {
  std::vector<Slot> out;
  shelf->ForEach(type, [&](Slot s) { out.push_back(s); });
  return out;
}

Result<void> Session::Impl::Check(const Request& request) const {
  if (request.initial_versions.size() > limits.max_subscriptions ||
      subscriptions + request.subscribe.size() > limits.max_subscriptions) {
    return Unexpected(
        Refuse("more than " + std::to_string(limits.max_subscriptions) + " resource names in one stream"));
  }
  const auto too_long = [&](const std::string& name) { return name.size() > limits.max_name_bytes; };
  if (std::any_of(request.subscribe.begin(), request.subscribe.end(), too_long) ||
      std::any_of(request.initial_versions.begin(), request.initial_versions.end(),
                  [&](const auto& claim) { return too_long(claim.first); })) {
    return Unexpected(
        Refuse("a resource name is longer than " + std::to_string(limits.max_name_bytes) + " bytes"));
  }
  return {};
}

void Session::Impl::Claim(Type type, const std::string& name, const std::string& version) {
  const Slot s = shelf->Take(type, name);
  if (Wanted(s)) {
    const ResourcePtr& current = shelf->At(s);
    if (current && current->version() == version) {
      Set(s, flag::kAcked);
    } else {
      Set(s, flag::kClaimed);
      claims.emplace_back(s, VersionHash(version));
    }
    // A cluster that was sent before this request is being warmed up: it waits for endpoints, changed or not.
    if (type == Type::kEndpoints && Has(s, flag::kAcked)) {
      const auto cluster = shelf->Find(Type::kCluster, name);
      if (cluster && Has(*cluster, flag::kInFlight) && MayHave(*cluster)) Set(s, flag::kForce);
    }
  }
  shelf->Release(s);
}

void Session::Impl::FirstRequest(Type type, const Request& request) {
  PerType& t = Of(type);
  t.seen = true;
  if (request.subscribe.empty() && EmptyMeansAll(type)) t.wildcard = true;
  for (const std::string& name : request.subscribe) {
    if (name == kWildcard) {
      t.wildcard = true;
      continue;
    }
    const Slot s = shelf->Take(type, name);
    if (!Has(s, flag::kSubscribed)) ++subscriptions;
    Set(s, flag::kSubscribed);
    if (!shelf->At(s)) Set(s, flag::kNotice);
    shelf->Release(s);
  }
  t.owes_answer = t.wildcard && request.initial_versions.empty();
  for (const auto& [name, version] : request.initial_versions) Claim(type, name, version);
  std::sort(claims.begin(), claims.end());
  for (const Slot s : SlotsOf(type)) {
    Hold hold(shelf, s);
    Evaluate(s);
    if (Satisfied(s)) ReleaseWaiters(s);
  }
}

// The shelf may yet get that version: before the first whole state is published it is empty.
size_t Session::Impl::ClaimedVersion(Slot s) const {
  const auto it = std::lower_bound(claims.begin(), claims.end(), std::pair<Slot, size_t>(s, 0));
  return it != claims.end() && it->first == s ? it->second : 0;
}

// A name that is asked for again is sent again: the proxy may have thrown it away.
void Session::Impl::Subscribe(Type type, const std::string& name) {
  PerType& t = Of(type);
  if (name == kWildcard) {
    const bool again = t.wildcard;
    t.wildcard = true;
    for (const Slot s : SlotsOf(type)) {
      // What is in flight since an earlier subscription may have reached the proxy when it did not want it.
      if (Has(s, flag::kInFlight) || (again && shelf->At(s)))
        Set(s, shelf->At(s) ? flag::kForce : flag::kNotice);
      Evaluate(s);
    }
    return;
  }
  const Slot s = shelf->Take(type, name);
  if (!Has(s, flag::kSubscribed)) ++subscriptions;
  Set(s, flag::kSubscribed | (shelf->At(s) ? flag::kForce : flag::kNotice));
  Clear(s, flag::kRejected);
  if (Side* side = FindSide(s)) {
    side->text.clear();
    DropSideIfEmpty(s);
  }
  Evaluate(s);
  shelf->Release(s);
}

void Session::Impl::Unsubscribe(Type type, const std::string& name) {
  PerType& t = Of(type);
  if (name == kWildcard) {
    t.wildcard = false;
    for (const Slot s : SlotsOf(type)) Evaluate(s);
    return;
  }
  const auto s = shelf->Find(type, name);
  if (!s || !Has(*s, flag::kSubscribed)) return;
  Hold hold(shelf, *s);
  --subscriptions;
  Clear(*s, flag::kSubscribed);
  // The wildcard may still cover the name: the proxy waits to be told.
  if (t.wildcard) Set(*s, shelf->At(*s) ? flag::kForce : flag::kNotice);
  Evaluate(*s);
}

}  // namespace fairlead::xds
