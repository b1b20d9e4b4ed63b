#include "dataplane/xds/shelf.h"

#include <cassert>
#include <string>

namespace fairlead::xds {

std::optional<Slot> Shelf::Find(Type type, std::string_view name) const {
  const auto it = by_name_.find(Ref{type, name});
  if (it == by_name_.end()) return std::nullopt;
  return it->second;
}

Slot Shelf::FindOrMake(Type type, std::string_view name) {
  const auto it = by_name_.lower_bound(Ref{type, name});
  if (it != by_name_.end() && it->first.type == type && it->first.name == name) return it->second;
  Slot slot;
  if (free_.empty()) {
    slot = static_cast<Slot>(entries_.size());
    entries_.emplace_back();
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  entries_[slot].name = &by_name_.emplace_hint(it, ResourceName{type, std::string(name)}, slot)->first;
  return slot;
}

Slot Shelf::Take(Type type, std::string_view name) {
  const Slot slot = FindOrMake(type, name);
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
  if (entry.current || entry.references > 0 || entry.name == nullptr) return;
  const auto it = by_name_.find(*entry.name);
  entry.name = nullptr;
  by_name_.erase(it);
  free_.push_back(slot);
}

void Shelf::SetNeeds(Slot slot, const std::vector<ResourceName>& needs) {
  std::vector<Slot> slots;
  slots.reserve(needs.size());
  for (const ResourceName& need : needs) slots.push_back(Take(need.type, need.name));
  entries_[slot].needs.swap(slots);
  for (const Slot old : slots) Release(old);
}

std::pair<Slot, ResourcePtr> Shelf::Put(const ResourcePtr& resource) {
  const Slot slot = FindOrMake(resource->name.type, resource->name.name);
  ResourcePtr old = std::move(entries_[slot].current);
  entries_[slot].current = resource;
  SetNeeds(slot, resource->needs);
  if (!old) ++resource_count_;
  return {slot, std::move(old)};
}

std::pair<Slot, ResourcePtr> Shelf::Remove(const ResourceName& name) {
  const auto slot = Find(name.type, name.name);
  if (!slot || !entries_[*slot].current) return {0, nullptr};
  ResourcePtr old = std::move(entries_[*slot].current);
  entries_[*slot].current = nullptr;
  --resource_count_;
  Retain(*slot);
  SetNeeds(*slot, {});
  return {*slot, std::move(old)};
}

}  // namespace fairlead::xds
