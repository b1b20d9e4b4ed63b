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
  for (const auto& [name, change] : update.audiences) ChangeAudience(&StateOf(name), change, effects);
  for (const auto& [name, change] : update.audiences) {
    AudienceState& audience = StateOf(name);
    TellStreams(&audience, effects);
    DropIfUnused(&audience);
  }
}

void Catalog::Impl::Give(AudienceState* audience, const ResourcePtr& resource, Effects* effects) {
  auto [slot, old] = audience->shelf.Put(resource);
  audience->shelf.Retain(slot);
  Replaced(audience, slot, std::move(old), effects);
}

void Catalog::Impl::Take(AudienceState* audience, const ResourceName& name, Effects* effects) {
  auto [slot, old] = audience->shelf.Remove(name);
  if (old) Replaced(audience, slot, std::move(old), effects);
}

// Comes with a reference on the slot, which is given back at once or by TellStreams.
void Catalog::Impl::Replaced(AudienceState* audience, Slot slot, ResourcePtr old, Effects* effects) {
  effects->AddSources(old);
  if (old) {
    for (const Source& source : old->sources) {
      const auto carriers = audience->carriers.find(source.object);
      if (carriers == audience->carriers.end()) continue;
      std::erase(carriers->second, slot);
      if (carriers->second.empty()) audience->carriers.erase(carriers);
    }
  }
  if (const ResourcePtr& current = audience->shelf.At(slot)) {
    effects->AddSources(current);
    for (const Source& source : current->sources) {
      if (HasProgress(source.object.kind)) audience->carriers[source.object].push_back(slot);
    }
  }
  if (!audience->touched.emplace(slot, std::move(old)).second) audience->shelf.Release(slot);
}

void Catalog::Impl::ChangeAudience(AudienceState* audience, const AudienceChange& change, Effects* effects) {
  if (change.gone) {
    // What its proxies have stays as it is; it is compared with the new state if the audience comes back.
    audience->served = false;
    return AllSources(*audience, &effects->progress);
  }
  if (!audience->served) {
    audience->served = true;
    for (const StreamImpl* stream : audience->streams) effects->wakes.push_back(stream->wake());
    std::set<ResourceName> added;
    for (const ResourcePtr& resource : change.changed) added.insert(resource->name);
    std::vector<ResourceName> left_over;
    for (size_t t = 0; t < kTypeCount; ++t) {
      audience->shelf.ForEach(static_cast<Type>(t), [&](Slot slot) {
        const ResourceName& name = audience->shelf.NameOf(slot);
        if (audience->shelf.At(slot) && !added.contains(name)) left_over.push_back(name);
      });
    }
    for (const ResourceName& name : left_over) Take(audience, name, effects);
  }
  for (const ResourcePtr& resource : change.changed) Give(audience, resource, effects);
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

void Catalog::Impl::AllSources(const AudienceState& audience, std::set<ObjectKey>* out) {
  for (const auto& [policy, slots] : audience.carriers) out->insert(out->end(), policy);
}

}  // namespace fairlead::xds
