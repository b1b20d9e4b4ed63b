#include "dataplane/xds/shelf.h"

#include <cassert>

namespace fairlead::xds {

std::optional<Slot> Shelf::Find(Type type, std::string_view name) const {
  const auto it = by_name_.find(Ref{type, name});
  if (it == by_name_.end()) return std::nullopt;
  return *it;
}

Slot Shelf::FindOrMake(const ResourceName& name) {
  const auto found = Find(name.type, name.name.view());
  return found ? *found : Make(name);
}

Slot Shelf::Make(ResourceName name) {
  Slot slot;
  if (free_.empty()) {
    slot = static_cast<Slot>(entries_.size());
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  entries_[slot].name = std::move(name);
  entries_[slot].used = true;
  by_name_.insert(slot);
  return slot;
}

Slot Shelf::Take(Type type, std::string_view name) {
  const auto found = Find(type, name);
  const Slot slot = found ? *found : Make({type, name});
  Retain(slot);
  return slot;
}

void Shelf::Release(Slot slot) {
  assert(entries_[slot].references > 0);
  --entries_[slot].references;
  MaybeFree(slot);
}

void Shelf::MaybeFree(Slot slot) {
  Entry& entry = entries_[slot];
  if (entry.current || entry.references > 0 || !entry.used) return;
  by_name_.erase(slot);
  entry.name = {};
  entry.used = false;
  free_.push_back(slot);
}

void Shelf::SetNeeds(Slot slot, const std::vector<ResourceName>& needs) {
  std::vector<Slot> slots;
  slots.reserve(needs.size());
  for (const ResourceName& need : needs) {
    slots.push_back(FindOrMake(need));
    Retain(slots.back());
  }
  entries_[slot].needs.swap(slots);
  for (const Slot old : slots) Release(old);
}

std::pair<Slot, ResourcePtr> Shelf::Put(const ResourcePtr& resource) {
  const Slot slot = FindOrMake(resource->name);
  entries_[slot].name = resource->name;  // equal: shares its block
  ResourcePtr old = std::move(entries_[slot].current);
  entries_[slot].current = resource;
  SetNeeds(slot, resource->needs);
  if (!old) ++resource_count_;
  return {slot, std::move(old)};
}

std::pair<Slot, ResourcePtr> Shelf::Remove(const ResourceName& name) {
  const auto slot = Find(name.type, name.name.view());
  if (!slot || !entries_[*slot].current) return {0, nullptr};
  ResourcePtr old = std::move(entries_[*slot].current);
  entries_[*slot].current = nullptr;
  --resource_count_;
  Retain(*slot);
  SetNeeds(*slot, {});
  return {*slot, std::move(old)};
}

}  // namespace fairlead::xds
