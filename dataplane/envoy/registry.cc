#include "dataplane/envoy/registry.h"

#include <algorithm>
#include <utility>

namespace fairlead::envoy {
namespace {

// Sources count: an acknowledgement of equal bytes speaks for the newer generation too.
bool Same(const xds::ResourcePtr& a, const xds::ResourcePtr& b) {
  if (a == b) return true;
  if (!a || !b || a->at_place || b->at_place) return false;
  return a->hash == b->hash && a->needs == b->needs && a->sources == b->sources;
}

}  // namespace

Registry::Entries::iterator Registry::Touch(const xds::ResourceName& name) {
  const auto entry = entries_.try_emplace(name).first;
  touched_.try_emplace(entry->first, entry->second.content);
  return entry;
}

void Registry::SetContent(const xds::ResourcePtr& resource) {
  const auto entry = entries_.find(resource->name);
  if (entry != entries_.end() && Same(entry->second.content, resource)) return;
  Touch(resource->name)->second.content = resource;
}

void Registry::DropContent(const xds::ResourceName& name) {
  if (entries_.contains(name)) Touch(name)->second.content = nullptr;
}

void Registry::Use(const xds::Audience& audience, const xds::ResourceName& name, int delta) {
  std::vector<Usage>& uses = Touch(name)->second.uses;
  const auto at = audiences_.try_emplace(audience).first;
  auto usage = std::find_if(uses.begin(), uses.end(), [&](const Usage& u) { return u.audience == at; });
  if (usage == uses.end()) {
    ++at->second.uses;
    usage = uses.insert(usage, Usage{at, 0, false});
  }
  usage->count += delta;
}

void Registry::AddAudience(const xds::Audience& audience) { audiences_[audience].exists = true; }

void Registry::SetPlaces(const xds::Audience& audience, std::map<std::string, xds::Place> places) {
  audiences_.at(audience).places = std::move(places);
}

void Registry::DropAudience(const xds::Audience& audience) { audiences_[audience].exists = false; }

bool Registry::HasAudience(const xds::Audience& audience) const {
  const auto it = audiences_.find(audience);
  return it != audiences_.end() && it->second.exists;
}

void Registry::DropIfUnused(Audiences::iterator audience) {
  const AudienceState& state = audience->second;
  if (!state.exists && !state.told && state.uses == 0) audiences_.erase(audience);
}

void Registry::CommitEntry(Entries::iterator entry, const xds::ResourcePtr& before, xds::Update* update) {
  const xds::ResourcePtr& content = entry->second.content;
  const bool changed = !Same(before, content);
  std::erase_if(entry->second.uses, [&](Usage& usage) {
    const auto& [audience, state] = *usage.audience;
    const bool wanted = content && usage.count > 0 && state.exists;
    if (wanted && (changed || !usage.told)) update->audiences[audience].changed.push_back(content);
    if (!wanted && usage.told && state.exists) update->audiences[audience].removed.push_back(entry->first);
    usage.told = wanted;
    if (usage.count > 0) return false;
    --usage.audience->second.uses;
    DropIfUnused(usage.audience);
    return true;
  });
  if (!content && entry->second.uses.empty()) entries_.erase(entry);
}

xds::Update Registry::Commit() {
  xds::Update update;
  for (auto it = audiences_.begin(); it != audiences_.end();) {
    const auto at = it++;
    AudienceState& state = at->second;
    if (state.exists != state.told) {
      // Waypoints come and go seldom, and with one all that it uses changes.
      for (const auto& [name, entry] : entries_) touched_.try_emplace(name, entry.content);
      if (state.told) update.audiences[at->first].gone = true;
      state.told = state.exists;
    }
    if (state.exists && state.places != state.told_places) {
      update.audiences[at->first].places = state.places;
      state.told_places = state.places;
    }
    DropIfUnused(at);
  }
  for (const auto& [name, before] : touched_) CommitEntry(entries_.find(name), before, &update);
  touched_.clear();
  return update;
}

std::vector<xds::ResourcePtr> Registry::ResourcesOf(const xds::Audience& audience) const {
  std::vector<xds::ResourcePtr> out;
  for (const auto& [name, entry] : entries_) {
    const bool told = std::any_of(entry.uses.begin(), entry.uses.end(),
                                  [&](const Usage& u) { return u.told && u.audience->first == audience; });
    if (told) out.push_back(entry.content);
  }
  return out;
}

}  // namespace fairlead::envoy
