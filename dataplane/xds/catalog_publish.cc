// Publishing: who has what, and whom a change concerns.
#include <algorithm>
#include <utility>

#include "dataplane/xds/catalog_impl.h"

namespace fairlead::xds {

void Catalog::Publish(const Update& update) {
  Effects effects;
  {
    std::lock_guard lock(impl_->mutex);
    impl_->Apply(update, &effects);
    impl_->AddCallbacks(&effects);
  }
  effects.Run();
}

// The shelves first, whole; then the streams: so none of them sees half of an update.
void Catalog::Impl::Apply(const Update& update, Effects* effects) {
  for (const auto& [name, change] : update.audiences) ChangeAudience(&StateOf(name), change, effects);
  for (const auto& [name, change] : update.audiences) {
    AudienceState& audience = StateOf(name);
    for (auto& [place, state] : audience.places) TellStreams(&state, effects);
    DropIfUnused(&audience);
  }
}

void Catalog::Impl::Give(PlaceState* state, const ResourcePtr& resource, Effects* effects) {
  auto [slot, old] = state->shelf.Put(resource);
  state->shelf.Retain(slot);
  Replaced(state, slot, std::move(old), effects);
}

void Catalog::Impl::Take(PlaceState* state, const ResourceName& name, Effects* effects) {
  auto [slot, old] = state->shelf.Remove(name);
  if (old) Replaced(state, slot, std::move(old), effects);
}

// Comes with a reference on the slot, which is given back at once or by TellStreams.
void Catalog::Impl::Replaced(PlaceState* state, Slot slot, ResourcePtr old, Effects* effects) {
  effects->AddSources(old);
  if (old) {
    for (const Source& source : old->sources) {
      const auto carriers = state->carriers.find(source.object);
      if (carriers == state->carriers.end()) continue;
      std::erase(carriers->second, slot);
      if (carriers->second.empty()) state->carriers.erase(carriers);
    }
  }
  if (const ResourcePtr& current = state->shelf.At(slot)) {
    effects->AddSources(current);
    for (const Source& source : current->sources) {
      if (HasProgress(source.object.kind)) state->carriers[source.object].push_back(slot);
    }
  }
  if (!state->touched.emplace(slot, std::move(old)).second) state->shelf.Release(slot);
}

Place AudienceState::PlaceOf(const ProxyInfo& proxy) const {
  const auto pod = std::find_if(pods.begin(), pods.end(),
                                [&](const auto& at) { return IsProxyOf(proxy.id, at.first, name.ns); });
  Place place = pod == pods.end() ? Place() : pod->second;
  if (proxy.locality != api::Locality()) place.locality = proxy.locality;
  return place;
}

// A place that is new gets what the audience has.
PlaceState& Catalog::Impl::StateAt(AudienceState* audience, const Place& place) {
  if (const auto known = audience->places.find(place); known != audience->places.end()) return known->second;
  if (audience->places.size() > AudienceState::kMaxPlaces) return audience->anywhere();
  PlaceState& state = audience->places[place];
  state.place = place;
  Effects none;
  const Shelf& shelf = audience->anywhere().shelf;
  for (size_t t = 0; t < kTypeCount; ++t) {
    shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
      if (const ResourcePtr& resource = shelf.At(slot)) Give(&state, AtPlace(resource, place), &none);
    });
  }
  TellStreams(&state, &none);
  return state;
}

// Streams that are not where their proxies run are over.
void Catalog::Impl::MovePods(AudienceState* audience, const std::map<std::string, Place>& pods,
                             Effects* effects) {
  audience->pods = pods;
  for (const auto& [place, state] : audience->places) {
    for (StreamImpl* stream : state.streams) {
      if (audience->PlaceOf(stream->info()) == stream->place()) continue;
      stream->Retire();
      effects->wakes.push_back(stream->wake());
    }
  }
}

void Catalog::Impl::ChangeAudience(AudienceState* audience, const AudienceChange& change, Effects* effects) {
  if (change.gone) {
    // What its proxies have stays as it is; it is compared with the new state if the audience comes back.
    audience->served = false;
    return AllSources(*audience, &effects->progress);
  }
  if (change.places) MovePods(audience, *change.places, effects);
  const bool first = !std::exchange(audience->served, true);
  for (auto& [place, state] : audience->places) ChangePlace(&state, change, first, effects);
}

void Catalog::Impl::ChangePlace(PlaceState* state, const AudienceChange& change, bool first,
                                Effects* effects) {
  if (first) {
    for (const StreamImpl* stream : state->streams) effects->wakes.push_back(stream->wake());
    std::set<ResourceName> added;
    for (const ResourcePtr& resource : change.changed) added.insert(resource->name);
    std::vector<ResourceName> left_over;
    for (size_t t = 0; t < kTypeCount; ++t) {
      state->shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
        const ResourceName& name = state->shelf.NameOf(slot);
        if (state->shelf.At(slot) && !added.contains(name)) left_over.push_back(name);
      });
    }
    for (const ResourceName& name : left_over) Take(state, name, effects);
  }
  for (const ResourcePtr& resource : change.changed) Give(state, AtPlace(resource, state->place), effects);
  for (const ResourceName& name : change.removed) Take(state, name, effects);
}

void Catalog::Impl::TellStreams(PlaceState* state, Effects* effects) {
  if (state->touched.empty()) return;
  const Clock::TimePoint now = clock.Now();
  for (StreamImpl* stream : state->streams) {
    for (const auto& [slot, old] : state->touched) {
      if (state->shelf.At(slot) != old) stream->session().OnChange(slot, old);
    }
    stream->MarkPublished(now);
    effects->wakes.push_back(stream->wake());
  }
  for (const auto& [slot, old] : state->touched) state->shelf.Release(slot);
  state->touched.clear();
}

void Catalog::Impl::AllSources(const AudienceState& audience, std::set<ObjectKey>* out) {
  for (const auto& [policy, slots] : audience.anywhere().carriers) out->insert(out->end(), policy);
}

}  // namespace fairlead::xds
