#include "reconcilers/preview/state.h"

#include <algorithm>

#include "reconcilers/istio/lower.h"
#include "reconcilers/lower/view.h"
#include "reconcilers/tenancy/lower.h"

namespace fairlead::reconcilers::preview {
namespace {

bool IsPolicy(const ManifestId& id) {
  return id.kind == "AuthorizationPolicy" && id.group == "security.istio.io";
}

ObjectKey KeyOf(const ManifestId& id) {
  const KindInfo* info = FindKind(id.group, id.kind);
  return {info == nullptr ? Kind::kService : info->kind, id.name.ns, id.name.name};
}

void AddWritten(const Json::Value& object, Snapshot* out) {
  const Json::Value& meta = object["metadata"];
  out->written[{object["apiVersion"].asString(), object["kind"].asString(), meta["namespace"].asString(),
                meta["name"].asString()}] = object;
}

void AddPods(const View& view, Snapshot* out) {
  view.tables.ForEach<core::Pod>([out](const Ptr<core::Pod>& pod) {
    if (!pod->node_name.empty()) out->node_of[pod->meta.nn()] = pod->node_name;
  });
  view.tables.ForEach<core::Service>([&](const Ptr<core::Service>& service) {
    const NamespacedName name = service->meta.nn();
    std::set<NamespacedName> pods;
    if (!service->selector.empty()) {
      view.tables.ForEachIn<core::Pod>(name.ns, [&](const Ptr<core::Pod>& pod) {
        const auto has = [&](const auto& label) {
          return pod->meta.labels.Find(label.first) == label.second;
        };
        if (std::all_of(service->selector.begin(), service->selector.end(), has)) pods.insert(pod->meta.nn());
      });
    }
    for (const NamespacedName& slice_name : view.slices_of.Find(name)) {
      const auto slice = view.tables.Get<core::EndpointSlice>(slice_name);
      if (slice == nullptr) continue;
      for (const core::Endpoint& endpoint : slice->endpoints) {
        const std::string address = endpoint.addresses.empty() ? "" : endpoint.addresses.front();
        const std::string& pod = endpoint.target_pod.empty() ? address : endpoint.target_pod;
        if (!pod.empty()) pods.insert({name.ns, pod});
        if (!endpoint.node_name.empty() && !pod.empty()) out->node_of[{name.ns, pod}] = endpoint.node_name;
      }
    }
    if (!pods.empty()) out->pods.emplace(name, std::move(pods));
  });
}

}  // namespace

void State::Put(const Manifest& manifest) {
  if (manifest.object) {
    world_.Apply(*manifest.object);
    dirty_ = true;
  }
  if (IsPolicy(manifest.id)) {
    const Result<JsonDocument> document = JsonDocument::Parse(manifest.json, 64u << 20);
    std::optional<AuthorizationPolicy> policy;
    if (document) policy = ReadPolicy(document->root(), world_.view().options.trust_domain);
    if (policy) policy->name = manifest.id.name;
    policies_.erase(manifest.id.name);
    // Those of isolation are made anew, as they will be once the operator has seen the state.
    if (policy && !IsOwned(ParseValue(manifest.json)))
      policies_.emplace(manifest.id.name, std::move(*policy));
  }
  manifests_.insert_or_assign(manifest.id, manifest);
}

void State::Remove(const ManifestId& id) {
  const auto at = manifests_.find(id);
  if (at == manifests_.end()) return;
  if (at->second.object) {
    world_.Remove(KeyOf(id));
    dirty_ = true;
  }
  if (IsPolicy(id)) policies_.erase(id.name);
  manifests_.erase(at);
}

const Manifest* State::Find(const ManifestId& id) const {
  const auto at = manifests_.find(id);
  return at == manifests_.end() ? nullptr : &at->second;
}

const World& State::Drained() {
  if (dirty_) world_.Drain();
  dirty_ = false;
  return world_;
}

std::vector<int> State::Policies(const std::vector<OwnedObject>& tenancy, PolicyTable* table) const {
  std::vector<int> out;
  for (const auto& [name, policy] : policies_) out.push_back(table->Add(policy));
  for (AuthorizationPolicy& policy : PoliciesAmong(tenancy, world_.view().options.trust_domain))
    out.push_back(table->Add(std::move(policy)));
  return out;
}

Snapshot State::Take(PolicyTable* table) {
  Snapshot out;
  const World& world = Drained();
  const View& view = world.view();
  out.services = world.services();
  out.waypoints = world.waypoints();
  const std::vector<OwnedObject> tenancy = LowerTenancy(view);
  out.access = AccessOf(view, Policies(tenancy, table), *table);
  for (const auto& [name, workspace] : view.tenancy.by_name()) {
    for (const std::string& ns : workspace->namespaces) out.workspace_of[ns] = name;
  }
  for (const OwnedObject& object : tenancy) AddWritten(object.object, &out);
  if (view.options.istio_mode) {
    for (const Json::Value& object : istiod::LowerToIstio(world)) AddWritten(object, &out);
  }
  AddPods(view, &out);
  return out;
}

}  // namespace fairlead::reconcilers::preview
