#include "operator/app/istio_objects.h"

#include <algorithm>
#include <utility>

#include "reconcilers/istio/lower.h"

namespace fairlead::app {
namespace {

constexpr std::string_view kKindNames[] = {"VirtualService", "DestinationRule"};

NamespacedName NameOf(const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  return {meta["namespace"].asString(), meta["name"].asString()};
}

// The service in the controlling owner reference; an empty name where there is none.
ObjectKey OwnerOf(const Json::Value& object) {
  const Json::Value& meta = object["metadata"];
  for (const Json::Value& reference : meta["ownerReferences"]) {
    const std::string kind = reference["kind"].asString();
    if (kind != "Service" && kind != "ServiceEntry") continue;
    return {kind == "Service" ? Kind::kService : Kind::kServiceEntry, meta["namespace"].asString(),
            reference["name"].asString()};
  }
  return {Kind::kService, meta["namespace"].asString(), ""};
}

// What others wrote may be of any shape: an old schema let it pass.
const Json::Value& Member(const Json::Value& object, const char* name) {
  return object.isObject() ? object[name] : Json::Value::nullSingleton();
}

// A VirtualService that is bound to gateways only says nothing about traffic in the mesh.
bool ForMesh(const Json::Value& spec) {
  const Json::Value& gateways = Member(spec, "gateways");
  return !gateways.isArray() || gateways.empty() ||
         std::any_of(gateways.begin(), gateways.end(), [](const auto& g) { return g == "mesh"; });
}

}  // namespace

IstioObjects::Entry IstioObjects::Read(Type type, Json::Value object) const {
  Entry entry;
  const Json::Value& meta = object["metadata"];
  entry.ours = meta["labels"][reconcilers::istiod::kManagedByLabel] == reconcilers::istiod::kManagedByValue;
  if (entry.ours) entry.owner = OwnerOf(object);
  if (entry.ours && reconcilers::istiod::OtherClusterOf(object, cluster_name_, "").empty()) {
    entry.object = std::move(object);
    return entry;
  }
  // A short name is a service of the object's own namespace.
  const auto add = [&](const Json::Value& host) {
    std::string name = host.isString() ? host.asString() : "";
    if (name.find('.') == std::string::npos) {
      name += "." + meta["namespace"].asString() + ".svc." + cluster_domain_;
    }
    entry.hosts.push_back(std::move(name));
  };
  const Json::Value& spec = object["spec"];
  if (type == Type::kDestinationRule) {
    add(Member(spec, "host"));
  } else if (ForMesh(spec)) {
    for (const Json::Value& host : Member(spec, "hosts")) add(host);
  }
  if (entry.ours) {
    entry.object = std::move(object);
    return entry;
  }
  for (const char* member : {"apiVersion", "kind"}) entry.object[member] = object[member];
  for (const char* member : {"name", "namespace"}) entry.object["metadata"][member] = meta[member];
  return entry;
}

void IstioObjects::Touch(const Entry& entry, std::set<ObjectKey>* touched) const {
  if (entry.ours && !entry.owner.name.empty()) touched->insert(entry.owner);
  // Services whose objects are for its hosts.
  const std::string suffix = ".svc." + cluster_domain_;
  for (const std::string& host : entry.hosts) {
    if (!host.ends_with(suffix)) continue;
    const std::string_view rest = std::string_view(host).substr(0, host.size() - suffix.size());
    const size_t dot = rest.find('.');
    if (dot == std::string_view::npos) continue;
    touched->insert({Kind::kService, std::string(rest.substr(dot + 1)), std::string(rest.substr(0, dot))});
  }
}

void IstioObjects::Erase(const Id& id, std::set<ObjectKey>* touched) {
  const auto at = entries_.find(id);
  if (at == entries_.end()) return;
  Touch(at->second, touched);
  if (at->second.ours) {
    const auto owned = owned_.find(at->second.owner);
    owned->second.erase(id);
    if (owned->second.empty()) owned_.erase(owned);
  }
  for (const std::string& host : at->second.hosts) {
    const auto ids = others_by_host_.find(host);
    ids->second.erase(id);
    if (ids->second.empty()) others_by_host_.erase(ids);
  }
  entries_.erase(at);
}

void IstioObjects::Put(const Id& id, Entry entry, std::set<ObjectKey>* touched) {
  Erase(id, touched);
  Touch(entry, touched);
  if (entry.ours) owned_[entry.owner].insert(id);
  std::sort(entry.hosts.begin(), entry.hosts.end());
  entry.hosts.erase(std::unique(entry.hosts.begin(), entry.hosts.end()), entry.hosts.end());
  for (const std::string& host : entry.hosts) others_by_host_[host].insert(id);
  entries_[id] = std::move(entry);
}

void IstioObjects::Replace(Type type, std::vector<Json::Value> objects) {
  std::set<ObjectKey> touched;
  {
    const std::lock_guard lock(mutex_);
    std::set<Id> gone;
    for (const auto& [id, entry] : entries_) {
      if (id.first == type) gone.insert(id);
    }
    for (Json::Value& object : objects) {
      const Id id{type, NameOf(object)};
      gone.erase(id);
      Put(id, Read(type, std::move(object)), &touched);
    }
    for (const Id& id : gone) Erase(id, &touched);
    listed_.insert(type);
  }
  touched_(touched);
}

void IstioObjects::Upsert(Type type, Json::Value object) {
  std::set<ObjectKey> touched;
  {
    const std::lock_guard lock(mutex_);
    const Id id{type, NameOf(object)};
    Put(id, Read(type, std::move(object)), &touched);
  }
  touched_(touched);
}

void IstioObjects::Delete(Type type, const Json::Value& last) {
  std::set<ObjectKey> touched;
  {
    const std::lock_guard lock(mutex_);
    Erase({type, NameOf(last)}, &touched);
  }
  touched_(touched);
}

bool IstioObjects::synced() const {
  const std::lock_guard lock(mutex_);
  return listed_.size() == 2;
}

std::vector<Json::Value> IstioObjects::LiveFor(const ObjectKey& service,
                                               const std::vector<Json::Value>& desired) const {
  const std::lock_guard lock(mutex_);
  std::set<Id> ids;
  for (const Json::Value& object : desired) {
    ids.insert({object["kind"] == "VirtualService" ? Type::kVirtualService : Type::kDestinationRule,
                NameOf(object)});
  }
  if (const auto owned = owned_.find(service); owned != owned_.end()) {
    ids.insert(owned->second.begin(), owned->second.end());
  }
  std::vector<Json::Value> out;
  for (const Id& id : ids) {
    if (const auto at = entries_.find(id); at != entries_.end()) out.push_back(at->second.object);
  }
  return out;
}

std::set<ObjectKey> IstioObjects::Owners() const {
  const std::lock_guard lock(mutex_);
  std::set<ObjectKey> out;
  for (const auto& [service, ids] : owned_) out.insert(service);
  return out;
}

std::vector<std::string> IstioObjects::OthersFor(Type type, const std::string& host,
                                                 const std::string& uid) const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> out;
  const auto ids = others_by_host_.find(host);
  if (ids == others_by_host_.end()) return out;
  for (const Id& id : ids->second) {
    if (id.first != type) continue;
    const Entry& entry = entries_.at(id);
    const std::string cluster = reconcilers::istiod::OtherClusterOf(entry.object, cluster_name_, uid);
    if (entry.ours && cluster.empty()) continue;
    out.push_back(std::string(kKindNames[static_cast<size_t>(type)]) + " " + id.second.ToString() +
                  (cluster.empty() ? "" : " of Fairlead in cluster " + cluster));
  }
  return out;
}

}  // namespace fairlead::app
