#include "dataplane/xds/session.h"

#include "dataplane/xds/session_impl.h"

namespace fairlead::xds {

Session::Session(Shelf* shelf, SessionObserver* observer, SessionLimits limits)
    : impl_(std::make_unique<Impl>(shelf, observer, limits)) {}
Session::~Session() = default;

Result<void> Session::OnRequest(const Request& request) {
  if (request.type_url.empty()) {
    return Unexpected(Error{ErrorClass::kInvalid, "DeltaDiscoveryRequest has no type_url"});
  }
  Type type;
  if (!TypeFromUrl(request.type_url, &type)) return {};  // nothing of that type is served, to nobody
  if (auto ok = impl_->Check(request); !ok) return ok;
  if (!request.response_nonce.empty()) impl_->Answer(type, request);
  if (!impl_->Of(type).seen) {
    impl_->FirstRequest(type, request);
    return {};
  }
  for (const std::string& name : request.unsubscribe) impl_->Unsubscribe(type, name);
  for (const std::string& name : request.subscribe) impl_->Subscribe(type, name);
  return {};
}

void Session::OnChange(Slot slot, const ResourcePtr& old) { impl_->Change(slot, old); }

std::optional<Response> Session::Next() { return impl_->Next(); }

Standing Session::StandingOf(Slot slot) const {
  if (!impl_->Wanted(slot)) return Standing::kNotWanted;
  if (impl_->Has(slot, flag::kAcked)) return Standing::kAcknowledged;
  return impl_->Has(slot, flag::kRejected) ? Standing::kRejected : Standing::kPending;
}

std::string Session::RejectionOf(Slot slot) const {
  if (!impl_->Has(slot, flag::kRejected)) return "";
  return impl_->FindSide(slot)->text;
}

std::optional<Slot> Session::RejectedNeedOf(Slot slot) const {
  if (!impl_->Has(slot, flag::kBlocked)) return std::nullopt;
  const Slot need = impl_->blocked.at(slot);
  return impl_->Has(need, flag::kRejected) ? std::optional<Slot>(need) : std::nullopt;
}

std::string Session::WhyPending(Slot slot) const {
  if (StandingOf(slot) != Standing::kPending) return "";
  if (impl_->Has(slot, flag::kRemoving)) return "its removal is sent, not answered";
  if (impl_->Has(slot, flag::kInFlight)) return "sent, not answered";
  if (!impl_->shelf->At(slot)) return "its removal waits for what may still need it";
  if (impl_->Has(slot, flag::kSuspect)) return "was in a rejected response, is sent again in a smaller one";
  if (impl_->Has(slot, flag::kBlocked)) {
    return "waits for " + impl_->shelf->NameOf(impl_->blocked.at(slot)).ToString();
  }
  return "queued";
}

bool Session::tracks(Slot slot) const { return impl_->shelf->At(slot) || impl_->MayHave(slot); }
bool Session::subscribed(Type type) const { return impl_->Of(type).seen; }
size_t Session::unanswered() const { return impl_->unanswered(); }

size_t Session::memory_bytes() const {
  constexpr size_t kNode = 48;  // of a map or set, with its share of the allocator
  size_t n = sizeof(Impl) + impl_->flags.capacity() * sizeof(uint16_t);
  n += impl_->claims.capacity() * sizeof(impl_->claims[0]);
  n += impl_->sides.size() * (sizeof(Impl::Side) + kNode);
  n += (impl_->blocked.size() + impl_->waiters.size()) * kNode;
  for (const Impl::PerType& t : impl_->types) {
    n += (t.queue.size() + t.suspects.size() + t.removals.size()) * sizeof(Slot);
    for (const Impl::InFlight& f : t.in_flight) n += sizeof(f) + f.slots.capacity() * sizeof(Slot);
  }
  for (const auto& [slot, side] : impl_->sides) n += side.text.size();
  return n;
}

}  // namespace fairlead::xds
