#include "reconcilers/preview/preview.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "reconcilers/preview/replay.h"
#include "reconcilers/preview/service_diff.h"
#include "reconcilers/preview/state.h"

namespace fairlead::reconcilers::preview {
namespace {

constexpr size_t kShown = 10;  // names of workloads, proxies and nodes

std::vector<ServiceChange> DiffServices(const Snapshot& before, const Snapshot& after) {
  std::vector<ServiceChange> out;
  const auto add = [&out](const EffectiveService* was, const EffectiveService* is) {
    if (was != nullptr && is != nullptr && *was == *is) return;
    if (std::optional<ServiceChange> change = DiffService(was, is)) out.push_back(std::move(*change));
  };
  for (const auto& [key, service] : before.services) {
    const auto now = after.services.find(key);
    if (now != after.services.end() && now->second == service) continue;
    add(service.get(), now == after.services.end() ? nullptr : now->second.get());
  }
  for (const auto& [key, service] : after.services) {
    if (before.services.count(key) == 0) add(nullptr, service.get());
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.service < b.service; });
  return out;
}

ManifestId IdOf(const Snapshot::Name& name) {
  const auto& [version, kind, ns, object] = name;
  const size_t slash = version.find('/');
  return {slash == std::string::npos ? "" : version.substr(0, slash), kind, {ns, object}};
}

std::vector<ObjectChange> DiffWritten(const Snapshot& before, const Snapshot& after) {
  std::vector<ObjectChange> out;
  for (const auto& [name, object] : before.written) {
    const auto now = after.written.find(name);
    if (now == after.written.end()) {
      out.push_back({Sign::kRemoved, IdOf(name), {}});
    } else if (now->second != object) {
      out.push_back({Sign::kChanged, IdOf(name), FieldDiff(Written(object), Written(now->second))});
    }
  }
  for (const auto& [name, object] : after.written) {
    if (before.written.count(name) == 0) out.push_back({Sign::kAdded, IdOf(name), {}});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
  return out;
}

std::vector<std::string> First(const std::set<std::string>& names) {
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (out.size() == kShown) break;
    out.push_back(name);
  }
  return out;
}

// Services whose rules of access differ, however that comes out for callers.
std::set<ObjectKey> OtherAccess(const Snapshot& before, const Snapshot& after) {
  std::set<ObjectKey> out;
  for (const auto& [key, way] : after.access.ways) {
    const auto was = before.access.ways.find(key);
    if (was == before.access.ways.end() || !(was->second == way)) out.insert(key.first);
  }
  for (const auto& [key, way] : before.access.ways) {
    if (after.access.ways.count(key) == 0) out.insert(key.first);
  }
  return out;
}

Touched TouchedBy(const std::vector<ServiceChange>& changes, const Snapshot& before, const Snapshot& after) {
  const std::set<ObjectKey> access = OtherAccess(before, after);
  std::set<ObjectKey> services = access;
  std::set<std::string> workloads, proxies, nodes;
  for (const ServiceChange& change : changes) services.insert(change.service);
  for (const Snapshot* side : {&before, &after}) {
    for (const ObjectKey& key : services) {
      if (const auto pods = side->pods.find(key.nn());
          pods != side->pods.end() && key.kind == Kind::kService) {
        for (const NamespacedName& pod : pods->second) {
          workloads.insert(pod.ToString());
          const auto node = side->node_of.find(pod);
          if (access.count(key) > 0 && node != side->node_of.end()) nodes.insert(node->second);
        }
      }
      const auto service = side->services.find(key);
      if (service == side->services.end() || !service->second->waypoint) continue;
      const auto waypoint = side->waypoints.find(*service->second->waypoint);
      if (waypoint == side->waypoints.end()) continue;
      for (const std::string& pod : waypoint->second->proxies)
        proxies.insert(NamespacedName{waypoint->first.ns, pod}.ToString());
    }
  }
  return {services.size(),  workloads.size(), proxies.size(), nodes.size(),
          First(workloads), First(proxies),   First(nodes)};
}

}  // namespace

char CharOf(Sign sign) {
  switch (sign) {
    case Sign::kAdded:
      return '+';
    case Sign::kChanged:
      return '~';
    case Sign::kRemoved:
      return '-';
  }
  return ' ';
}

Preview MakePreview(const PreviewInput& input) {
  Preview out;
  PolicyTable table;
  State state(input.world);
  for (const Manifest& manifest : input.base) state.Put(manifest);
  const Snapshot before = state.Take(&table);
  Replayed replayed = Replay(input, &state);
  out.refused = std::move(replayed.refused);
  out.objects = std::move(replayed.objects);
  if (out.objects.empty()) {
    out.service_count = before.services.size();
    return out;
  }
  const Snapshot after = state.Take(&table);
  out.service_count = after.services.size();
  out.services = DiffServices(before, after);
  out.written = DiffWritten(before, after);
  out.access = DiffAccess(before.side(), after.side(), table);
  out.touched = TouchedBy(out.services, before, after);
  return out;
}

}  // namespace fairlead::reconcilers::preview
