#include "dataplane/xds/catalog.h"

#include <algorithm>

#include "dataplane/xds/catalog_impl.h"

namespace fairlead::xds {

void Effects::AddSources(const ResourcePtr& resource) {
  if (!resource) return;
  for (const Source& source : resource->sources) {
    if (Catalog::HasProgress(source.object.kind)) progress.insert(source.object);
  }
}

void Effects::Run() const {
  for (const Wake& wake : wakes) (*wake)();
  if (on_progress && !progress.empty()) (*on_progress)(progress);
  if (on_proxies && audience) (*on_proxies)(*audience);
}

void Catalog::Impl::AddCallbacks(Effects* effects) const {
  effects->on_progress = on_progress;
  effects->on_proxies = on_proxies;
}

void Catalog::Impl::ProxiesChanged(const AudienceState& audience, Effects* effects) const {
  effects->audience = audience.name;
  if (!on_proxies && on_progress) AllSources(audience, &effects->progress);
  AddCallbacks(effects);
}

AudienceState& Catalog::Impl::StateOf(const Audience& audience) {
  AudienceState& state = audiences[audience];
  state.name = audience;
  return state;
}

void Catalog::Impl::DropIfUnused(AudienceState* audience) {
  std::erase_if(audience->places,
                [](const auto& at) { return at.first != Place() && at.second.streams.empty(); });
  const bool unused = audience->places.size() == 1 && audience->anywhere().streams.empty();
  if (!audience->served && unused) audiences.erase(Audience(audience->name));
}

Catalog::Catalog(const Clock& clock) : impl_(std::make_shared<Impl>(clock)) {}
Catalog::~Catalog() = default;

void Catalog::OnProgress(std::function<void(const std::set<ObjectKey>&)> callback) {
  std::lock_guard lock(impl_->mutex);
  impl_->on_progress = std::make_shared<const ProgressCallback>(std::move(callback));
}

void Catalog::OnProxies(std::function<void(const Audience&)> callback) {
  std::lock_guard lock(impl_->mutex);
  impl_->on_proxies = std::make_shared<const ProxiesCallback>(std::move(callback));
}

void Catalog::SetPeers(const PeerBook* peers) {
  std::lock_guard lock(impl_->mutex);
  impl_->peers = peers;
}

std::set<ObjectKey> Catalog::ObjectsOf(const Audience& audience) const {
  std::lock_guard lock(impl_->mutex);
  std::set<ObjectKey> out;
  const auto it = impl_->audiences.find(audience);
  if (it != impl_->audiences.end()) impl_->AllSources(it->second, &out);
  return out;
}

void Catalog::SetReady() {
  Effects effects;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->ready = true;
    for (const auto& [name, audience] : impl_->audiences) {
      for (const auto& [place, state] : audience.places)
        for (const StreamImpl* stream : state.streams) effects.wakes.push_back(stream->wake());
    }
  }
  effects.Run();
}

std::unique_ptr<Stream> Catalog::Attach(ProxyInfo info, std::function<void()> wake) {
  Effects effects;
  std::unique_ptr<StreamImpl> stream;
  {
    std::lock_guard lock(impl_->mutex);
    AudienceState& audience = impl_->StateOf(info.audience);
    PlaceState& state = impl_->StateAt(&audience, audience.PlaceOf(info));
    stream = std::make_unique<StreamImpl>(impl_, &audience, &state, info,
                                          std::make_shared<const std::function<void()>>(std::move(wake)));
    state.streams.insert(stream.get());
    KnownProxy& proxy = audience.proxies[info.id];
    if (proxy.streams.empty()) proxy.since = impl_->clock.WallNow();
    proxy.info = std::move(info);
    proxy.streams.push_back(stream.get());
    proxy.changed = ++impl_->changes;
    impl_->ProxiesChanged(audience, &effects);
  }
  effects.Run();
  return stream;
}

StreamImpl::StreamImpl(std::shared_ptr<Catalog::Impl> catalog, AudienceState* audience, PlaceState* state,
                       ProxyInfo info, Wake wake)
    : catalog_(std::move(catalog)),
      audience_(audience),
      state_(state),
      info_(std::move(info)),
      place_(audience->PlaceOf(info_)),
      wake_(std::move(wake)),
      session_(std::make_unique<Session>(&state->shelf, static_cast<SessionObserver*>(this))) {}

StreamImpl::~StreamImpl() {
  Effects effects;
  {
    std::lock_guard lock(catalog_->mutex);
    session_.reset();
    state_->streams.erase(this);
    KnownProxy& proxy = audience_->proxies.at(info_.id);
    std::erase(proxy.streams, this);
    if (proxy.streams.empty()) {
      proxy.since = catalog_->clock.WallNow();
      proxy.changed = ++catalog_->changes;
    }
    // Of those that left, the newest are kept.
    std::vector<std::pair<uint64_t, std::string>> gone;
    for (const auto& [id, known] : audience_->proxies) {
      if (known.streams.empty()) gone.emplace_back(known.changed, id);
    }
    std::sort(gone.begin(), gone.end());
    for (size_t i = 0; i + Catalog::Impl::kMaxDisconnected < gone.size(); ++i)
      audience_->proxies.erase(gone[i].second);
    catalog_->ProxiesChanged(*audience_, &effects);
    catalog_->DropIfUnused(audience_);
  }
  effects.Run();
}

Result<void> StreamImpl::OnRequest(const Request& request) {
  Effects effects;
  Result<void> result;
  {
    std::lock_guard lock(catalog_->mutex);
    effects_ = &effects;
    result = session_->OnRequest(request);
    effects_ = nullptr;
    catalog_->AddCallbacks(&effects);
  }
  effects.Run();
  return result;
}

std::optional<Response> StreamImpl::Next() {
  std::lock_guard lock(catalog_->mutex);
  if (!catalog_->ready || !audience_->served || retired_) return std::nullopt;
  std::optional<Response> response = session_->Next();
  if (response) response->published = published_;
  published_.reset();
  return response;
}

bool StreamImpl::over() const {
  std::lock_guard lock(catalog_->mutex);
  return retired_;
}

size_t StreamImpl::memory_bytes() const {
  std::lock_guard lock(catalog_->mutex);
  return sizeof(*this) + session_->memory_bytes();
}

void StreamImpl::OnAcked(const ResourcePtr& resource) { effects_->AddSources(resource); }
void StreamImpl::OnRejected(const ResourcePtr& resource, const std::string&) {
  effects_->AddSources(resource);
}

void StreamImpl::OnHeldBack(const ResourcePtr& resource) { effects_->AddSources(resource); }

}  // namespace fairlead::xds
