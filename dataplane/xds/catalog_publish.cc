// Publishing: who has what, and whom a change concerns.
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
  std::set<AudienceState*> concerned;
  for (const ResourcePtr& resource : update.changed) {
    SetCurrent(resource, effects);
    for (AudienceState* audience : resources.at(resource->name).audiences) {
      Give(audience, resource->name, effects);
      concerned.insert(audience);
    }
  }
  for (const auto& [name, change] : update.audiences) {
    AudienceState& audience = StateOf(name);
    ChangeAudience(&audience, change, effects);
    concerned.insert(&audience);
  }
  for (const ResourceName& name : update.forgotten) {
    const auto it = resources.find(name);
    if (it == resources.end()) continue;
    const std::set<AudienceState*> holders = it->second.audiences;
    for (AudienceState* audience : holders) Take(audience, name, effects);
    concerned.insert(holders.begin(), holders.end());
    Forget(name, effects);
  }
  for (AudienceState* audience : concerned) {
    TellStreams(audience, effects);
    DropIfUnused(audience);
  }
}

void Catalog::Impl::SetCurrent(const ResourcePtr& resource, Effects* effects) {
  const auto it = resources.try_emplace(resource->name).first;
  Published& published = it->second;
  if (published.current) {
    for (const Source& source : published.current->sources) {
      const auto entry = by_object.find(source.object);
      if (entry == by_object.end()) continue;
      entry->second.erase(&it->first);
      if (entry->second.empty()) by_object.erase(entry);
    }
  }
  for (const Source& source : resource->sources) by_object[source.object].insert(&it->first);
  effects->AddSources(published.current);
  effects->AddSources(resource);
  published.current = resource;
}

void Catalog::Impl::Forget(const ResourceName& name, Effects* effects) {
  const auto it = resources.find(name);
  effects->AddSources(it->second.current);
  for (const Source& source : it->second.current->sources) {
    const auto entry = by_object.find(source.object);
    if (entry == by_object.end()) continue;
    entry->second.erase(&it->first);
    if (entry->second.empty()) by_object.erase(entry);
  }
  resources.erase(it);
}

void Catalog::Impl::Give(AudienceState* audience, const ResourceName& name, Effects* effects) {
  const auto it = resources.find(name);
  if (it == resources.end()) return;  // added without content: there is nothing to send
  it->second.audiences.insert(audience);
  auto [slot, old] = audience->shelf.Put(it->second.current);
  effects->AddSources(it->second.current);
  if (audience->touched.emplace(slot, std::move(old)).second) audience->shelf.Retain(slot);
}

void Catalog::Impl::Take(AudienceState* audience, const ResourceName& name, Effects* effects) {
  if (const auto it = resources.find(name); it != resources.end()) it->second.audiences.erase(audience);
  auto [slot, old] = audience->shelf.Remove(name);
  if (!old) return;
  effects->AddSources(old);
  if (!audience->touched.emplace(slot, std::move(old)).second) audience->shelf.Release(slot);
}

void Catalog::Impl::ChangeAudience(AudienceState* audience, const AudienceChange& change, Effects* effects) {
  if (change.gone) {
    // What its proxies have stays as it is; it is compared with the new state if the audience comes back.
    audience->served = false;
    AllSources(*audience, &effects->progress);
    for (size_t t = 0; t < kTypeCount; ++t) {
      audience->shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
        const auto it = resources.find(audience->shelf.NameOf(slot));
        if (it != resources.end()) it->second.audiences.erase(audience);
      });
    }
    return;
  }
  if (!audience->served) {
    audience->served = true;
    for (const StreamImpl* stream : audience->streams) effects->wakes.push_back(stream->wake());
    const std::set<ResourceName> added(change.added.begin(), change.added.end());
    std::vector<ResourceName> left_over;
    for (size_t t = 0; t < kTypeCount; ++t) {
      audience->shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
        const ResourceName& name = audience->shelf.NameOf(slot);
        if (audience->shelf.At(slot) && !added.contains(name)) left_over.push_back(name);
      });
    }
    for (const ResourceName& name : left_over) Take(audience, name, effects);
  }
  for (const ResourceName& name : change.added) Give(audience, name, effects);
  for (const ResourceName& name : change.removed) Take(audience, name, effects);
}

void Catalog::Impl::TellStreams(AudienceState* audience, Effects* effects) {
  if (audience->touched.empty()) return;
  const Clock::TimePoint now = clock.Now();
  for (StreamImpl* stream : audience->streams) {
    for (const auto& [slot, old] : audience->touched) {
      if (audience->shelf.At(slot) != old) stream->session().OnChange(slot, old);
    }
    stream->MarkPublished(now);
    effects->wakes.push_back(stream->wake());
  }
  for (const auto& [slot, old] : audience->touched) audience->shelf.Release(slot);
  audience->touched.clear();
}

void Catalog::Impl::AllSources(const AudienceState& audience, std::set<ObjectKey>* out) const {
  for (size_t t = 0; t < kTypeCount; ++t) {
    audience.shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
      if (const ResourcePtr& resource = audience.shelf.At(slot)) {
        for (const Source& source : resource->sources) out->insert(source.object);
      }
    });
  }
}

}  // namespace fairlead::xds
