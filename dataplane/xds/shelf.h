// Shelf: the resources that one audience is to have now, by small numbers (slots).
//
// The Catalog keeps one an audience and changes it; the sessions of the audience read it and keep their state
// by slot, two bytes a resource. A slot stays while the audience has the resource, another resource needs it,
// or a session refers to it; then its number is used again. Not thread-safe: the Catalog's mutex guards it.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "dataplane/xds/resource.h"

namespace fairlead::xds {

using Slot = uint32_t;

class Shelf {
 public:
  Shelf() = default;
  Shelf(const Shelf&) = delete;
  Shelf& operator=(const Shelf&) = delete;

  std::optional<Slot> Find(Type type, std::string_view name) const;
  const ResourcePtr& At(Slot slot) const { return entries_[slot].current; }  // null: the audience lacks it
  const ResourceName& NameOf(Slot slot) const { return entries_[slot].name; }
  const std::vector<Slot>& NeedsOf(Slot slot) const { return entries_[slot].needs; }  // of what is there now
  size_t slot_count() const { return entries_.size(); }  // every slot is below it
  size_t resource_count() const { return resource_count_; }

  // Puts or replaces; returns the slot and what was there.
  std::pair<Slot, ResourcePtr> Put(const ResourcePtr& resource);
  // Takes it away. Unless null is returned (it was not there), the caller has a reference on the slot and
  // gives it back once all sessions were told.
  std::pair<Slot, ResourcePtr> Remove(const ResourceName& name);

  // A slot for the name, with a reference that is given back by Release.
  Slot Take(Type type, std::string_view name);
  void Retain(Slot slot) { ++entries_[slot].references; }
  void Release(Slot slot);

  // Every slot of the type, sorted by name, the empty ones too. f may release that slot, and no other.
  template <class F>
  void ForEach(Type type, F f) const {
    for (auto it = by_name_.lower_bound(Ref{type, {}}); it != by_name_.end() && NameOf(*it).type == type;) {
      const Slot slot = *it;
      ++it;
      f(slot);
    }
  }

 private:
  struct Entry {
    ResourcePtr current;
    ResourceName name;
    std::vector<Slot> needs;
    uint32_t references = 0;
    bool used = false;
  };
  struct Ref {
    Type type;
    std::string_view name;
  };
  struct ByName {
    using is_transparent = void;
    const std::deque<Entry>* entries;
    Ref Of(Slot slot) const { return {(*entries)[slot].name.type, (*entries)[slot].name.name.view()}; }
    static Ref Of(const Ref& r) { return r; }
    template <class A, class B>
    bool operator()(const A& a, const B& b) const {
      const Ref x = Of(a), y = Of(b);
      return x.type != y.type ? x.type < y.type : x.name < y.name;
    }
  };

  Slot FindOrMake(const ResourceName& name);
  Slot Make(ResourceName name);
  void SetNeeds(Slot slot, const std::vector<ResourceName>& needs);
  void MaybeFree(Slot slot);

  std::deque<Entry> entries_;
  std::set<Slot, ByName> by_name_{ByName{&entries_}};
  std::vector<Slot> free_;
  size_t resource_count_ = 0;
};

}  // namespace fairlead::xds
