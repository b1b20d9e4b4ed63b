#include "dataplane/envoy/registry.h"

#include <algorithm>

namespace fairlead::envoy {
namespace {

// Sources count: an acknowledgement of equal bytes speaks for the newer generation too.
bool Same(const xds::ResourcePtr& a, const xds::ResourcePtr& b) {
  if (a == b) return true;
  if (!a || !b) return false;
  return a->wire == b->wire && a->needs == b->needs && a->sources == b->sources;
}

}  // namespace

void Registry::SetContent(const xds::ResourcePtr& resource) {
  Entry& entry = entries_[resource->name];
  if (Same(entry.content, resource)) return;
  entry.content = resource;
  touched_.insert(resource->name);
}

void Registry::DropContent(const xds::ResourceName& name) {
  const auto it = entries_.find(name);
  if (it == entries_.end()) return;
  it->second.content = nullptr;
  touched_.insert(name);
}

void Registry::Use(const xds::Audience& audience, const xds::ResourceName& name, int delta) {
  entries_[name].uses[audience].count += delta;
  touched_.insert(name);
}

void Registry::AddAudience(const xds::Audience& audience) { audiences_.insert(audience); }
void Registry::DropAudience(const xds::Audience& audience) { audiences_.erase(audience); }

void Registry::CommitAudiences(const xds::ResourceName& name, Entry* entry, xds::Update* update) {
  for (auto it = entry->uses.begin(); it != entry->uses.end();) {
    auto& [audience, usage] = *it;
    const bool exists = audiences_.contains(audience);
    const bool wanted = entry->content && usage.count > 0 && exists;
    if (wanted && !usage.told) update->audiences[audience].added.push_back(name);
    if (!wanted && usage.told && exists) update->audiences[audience].removed.push_back(name);
    usage.told = wanted;
    it = usage.count > 0 ? std::next(it) : entry->uses.erase(it);
  }
}

void Registry::CommitContent(const xds::ResourceName& name, Entry* entry, xds::Update* update) {
  const bool served =
      std::any_of(entry->uses.begin(), entry->uses.end(), [](const auto& use) { return use.second.told; });
  const xds::ResourcePtr next = served ? entry->content : nullptr;
  if (Same(entry->told, next)) return;
  if (next) {
    update->changed.push_back(next);
  } else {
    update->forgotten.push_back(name);
  }
  entry->told = next;
}

xds::Update Registry::Commit() {
  xds::Update update;
  if (audiences_ != told_audiences_) {
    // Waypoints come and go seldom, and with one all that it uses changes.
    for (const auto& [name, entry] : entries_) touched_.insert(touched_.end(), name);
    for (const xds::Audience& audience : told_audiences_) {
      if (!audiences_.contains(audience)) update.audiences[audience].gone = true;
    }
    told_audiences_ = audiences_;
  }
  for (const xds::ResourceName& name : touched_) {
    const auto it = entries_.find(name);
    CommitAudiences(name, &it->second, &update);
    CommitContent(name, &it->second, &update);
    if (!it->second.content && it->second.uses.empty()) entries_.erase(it);
  }
  touched_.clear();
  return update;
}

std::vector<xds::ResourcePtr> Registry::ResourcesOf(const xds::Audience& audience) const {
  std::vector<xds::ResourcePtr> out;
  for (const auto& [name, entry] : entries_) {
    const auto it = entry.uses.find(audience);
    if (it != entry.uses.end() && it->second.told) out.push_back(entry.content);
  }
  return out;
}

}  // namespace fairlead::envoy
