#include "reconcilers/store/remotes.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "reconcilers/store/network.h"

namespace fairlead::reconcilers {
namespace {

constexpr std::array kRead = {Kind::kService, Kind::kEndpointSlice, Kind::kPod,
                              Kind::kNode,    Kind::kNamespace,     Kind::kFailoverPolicy};

// What places are read from (lower/locality.h), but the cluster: that is known.
constexpr std::array<std::string_view, 3> kPlaceLabels = {
    "topology.kubernetes.io/region", "topology.kubernetes.io/zone", "topology.istio.io/subzone"};

void CopyLabel(const Labels& from, std::string_view key, Labels* to) {
  if (const auto value = from.Find(key)) to->Set(key, *value);
}

ObjectMeta Named(const ObjectMeta& meta) {
  ObjectMeta out;
  out.name = meta.name;
  out.ns = meta.ns;
  return out;
}

AnyObject Trim(const core::Service& service) {
  auto out = std::make_shared<core::Service>();
  out->meta = Named(service.meta);
  if (IsGlobal(service)) {
    out->meta.labels = service.meta.labels;  // by which policies select it
  } else {
    CopyLabel(service.meta.labels, kNetworkLabel, &out->meta.labels);  // of a gateway
  }
  out->type = service.type;
  if (!service.cluster_ips.empty()) out->cluster_ips = {service.cluster_ips.front()};
  out->ports = service.ports;
  return Ptr<core::Service>(std::move(out));
}

AnyObject Trim(const core::EndpointSlice& slice) {
  auto out = std::make_shared<core::EndpointSlice>(slice);
  out->meta = Named(slice.meta);
  for (core::Endpoint& endpoint : out->endpoints) {
    // The others are for the same endpoint, and not used.
    if (endpoint.addresses.size() > 1) endpoint.addresses.resize(1);
    endpoint.addresses.shrink_to_fit();
  }
  out->endpoints.shrink_to_fit();
  return Ptr<core::EndpointSlice>(std::move(out));
}

AnyObject Trim(const core::Node& node) {
  auto out = std::make_shared<core::Node>();
  out->meta = Named(node.meta);
  for (const std::string_view key : kPlaceLabels) CopyLabel(node.meta.labels, key, &out->meta.labels);
  return Ptr<core::Node>(std::move(out));
}

AnyObject Trim(const core::Namespace& ns) {
  auto out = std::make_shared<core::Namespace>();
  out->meta = Named(ns.meta);
  CopyLabel(ns.meta.labels, kNetworkLabel, &out->meta.labels);
  return Ptr<core::Namespace>(std::move(out));
}

AnyObject Trim(const api::FailoverPolicy& policy) {
  auto out = std::make_shared<api::FailoverPolicy>(policy);
  out->meta = Named(policy.meta);
  out->meta.created = policy.meta.created;
  out->status.reset();
  return Ptr<api::FailoverPolicy>(std::move(out));
}

bool IsGlobal(const RemoteCluster& cluster, const NamespacedName& name) {
  const auto service = cluster.tables.Get<core::Service>(name);
  return service != nullptr && reconcilers::IsGlobal(*service);
}

// The Service of the slice, which may be of none.
void Touch(const RemoteCluster& cluster, const Ptr<core::EndpointSlice>& slice, Remotes::Touched* touched) {
  if (slice == nullptr) return;
  NamespacedName service{slice->meta.ns, slice->service};
  if (IsGlobal(cluster, service)) touched->insert(std::move(service));
}

// Those of slices with such an endpoint. Labels of pods and places of nodes rarely change while slices name
// them: no index is worth its memory.
template <class F>
void TouchWhere(const RemoteCluster& cluster, const std::string& ns, F is_it, Remotes::Touched* touched) {
  const auto visit = [&](const Ptr<core::EndpointSlice>& slice) {
    if (std::any_of(slice->endpoints.begin(), slice->endpoints.end(), is_it)) Touch(cluster, slice, touched);
  };
  if (ns.empty()) {
    cluster.tables.ForEach<core::EndpointSlice>(visit);
  } else {
    cluster.tables.ForEachIn<core::EndpointSlice>(ns, visit);
  }
}

void TouchAll(const RemoteCluster& cluster, Remotes::Touched* touched) {
  cluster.tables.ForEach<core::Service>([&](const Ptr<core::Service>& service) {
    if (reconcilers::IsGlobal(*service)) touched->insert(service->meta.nn());
  });
}

// An object of a kind that is read, as it is in force; null: none.
std::shared_ptr<const void> InForce(const RemoteCluster& cluster, const ObjectKey& key) {
  switch (key.kind) {
    case Kind::kService:
      return cluster.tables.Get<core::Service>(key.nn());
    case Kind::kEndpointSlice:
      return cluster.tables.Get<core::EndpointSlice>(key.nn());
    case Kind::kPod:
      return cluster.tables.Get<core::Pod>(key.nn());
    case Kind::kNamespace:
      return cluster.tables.Get<core::Namespace>(key.nn());
    case Kind::kFailoverPolicy:
      return cluster.tables.Get<api::FailoverPolicy>(key.nn());
    default:
      return cluster.tables.Get<core::Node>(key.nn());
  }
}

// What is read of an object as it was before a change.
struct Before {
  std::shared_ptr<const void> object;
  bool global = false;             // of a Service
  Ptr<core::EndpointSlice> slice;  // of an EndpointSlice
  std::string network;             // of a Namespace, or that a Service is a gateway to
  Ptr<api::FailoverPolicy> policy;
};

std::string NetworkIn(const RemoteCluster& cluster, const ObjectKey& ns) {
  const auto found = cluster.tables.Get<core::Namespace>(ns.nn());
  return found == nullptr ? "" : std::string(found->meta.labels.Get(kNetworkLabel));
}

std::string GatewayTo(const RemoteCluster& cluster, const ObjectKey& service) {
  const auto found = cluster.tables.Get<core::Service>(service.nn());
  return found == nullptr ? "" : std::string(found->meta.labels.Get(kNetworkLabel));
}

Before Look(const RemoteCluster& cluster, const ObjectKey& key) {
  Before out;
  out.object = InForce(cluster, key);
  if (key.kind == Kind::kService) {
    out.global = IsGlobal(cluster, key.nn());
    out.network = GatewayTo(cluster, key);
  }
  if (key.kind == Kind::kNamespace) out.network = NetworkIn(cluster, key);
  if (key.kind == Kind::kEndpointSlice) out.slice = cluster.tables.Get<core::EndpointSlice>(key.nn());
  if (key.kind == Kind::kFailoverPolicy) out.policy = cluster.tables.Get<api::FailoverPolicy>(key.nn());
  return out;
}

void MarkSlice(RemoteCluster* cluster, const NamespacedName& name, const Before& before,
               Remotes::Touched* touched) {
  const auto now = cluster->tables.Get<core::EndpointSlice>(name);
  std::vector<NamespacedName> services;
  if (now != nullptr && !now->service.empty()) services.push_back({name.ns, now->service});
  cluster->slices_of.Set(name, std::move(services));
  if (cluster->status.state == RemoteState::kConnecting) return;
  Touch(*cluster, before.slice, touched);
  Touch(*cluster, now, touched);
}

// Services that the policy may be for. Which it is in force at is worked out when somebody asks.
void TouchFor(const RemoteCluster& cluster, const Ptr<api::FailoverPolicy>& policy,
              Remotes::Touched* touched) {
  if (policy == nullptr) return;
  const auto visit = [&](const Ptr<core::Service>& service) {
    if (reconcilers::IsGlobal(*service)) touched->insert(service->meta.nn());
  };
  if (policy->targets.scope == api::Scope::kNamespace) {
    cluster.tables.ForEachIn<core::Service>(policy->meta.ns, visit);
  } else {
    cluster.tables.ForEach<core::Service>(visit);
  }
}

// What a change of the object means, which is in force as it is now.
void Mark(RemoteCluster* cluster, const ObjectKey& key, const Before& before, Remotes::Touched* touched) {
  if (before.object == InForce(*cluster, key)) return;
  if (key.kind == Kind::kEndpointSlice) return MarkSlice(cluster, key.nn(), before, touched);
  if (cluster->status.state == RemoteState::kConnecting) return;  // none of it counts yet
  if (key.kind == Kind::kService && (before.global || IsGlobal(*cluster, key.nn())))
    touched->insert(key.nn());
  if (key.kind == Kind::kService && before.network != GatewayTo(*cluster, key)) TouchAll(*cluster, touched);
  if (key.kind == Kind::kNamespace && before.network != NetworkIn(*cluster, key)) TouchAll(*cluster, touched);
  if (key.kind == Kind::kPod) {
    const auto of_pod = [&](const core::Endpoint& endpoint) { return endpoint.target_pod == key.name; };
    TouchWhere(*cluster, key.ns, of_pod, touched);
  }
  if (key.kind == Kind::kNode) {
    const auto on_node = [&](const core::Endpoint& endpoint) { return endpoint.node_name == key.name; };
    TouchWhere(*cluster, "", on_node, touched);
  }
  if (key.kind == Kind::kFailoverPolicy) {
    TouchFor(*cluster, before.policy, touched);
    TouchFor(*cluster, cluster->tables.Get<api::FailoverPolicy>(key.nn()), touched);
  }
}

// What counts of a cluster in that state: nothing, all, or that it is there and not healthy.
int Counts(RemoteState state) {
  switch (state) {
    case RemoteState::kConnecting:
      return 0;
    case RemoteState::kFresh:
    case RemoteState::kStale:
      return 2;
    case RemoteState::kExpired:
      return 1;
  }
  return 0;
}

}  // namespace

bool IsGlobal(const core::Service& service) { return service.meta.labels.Get(kGlobalLabel) == "true"; }

std::string_view ToString(RemoteState state) {
  switch (state) {
    case RemoteState::kConnecting:
      return "connecting";
    case RemoteState::kFresh:
      return "fresh";
    case RemoteState::kStale:
      return "stale";
    case RemoteState::kExpired:
      return "expired";
  }
  return "";
}

bool Remotes::IsRead(Kind kind) { return std::find(kRead.begin(), kRead.end(), kind) != kRead.end(); }

// Pods of one ReplicaSet have the same labels. Those that no pod has any more go when there are many.
AnyObject Remotes::Shared(const core::Pod& pod) {
  auto value = std::make_shared<core::Pod>();
  value->meta.labels = pod.meta.labels;
  const auto [at, inserted] = pods_.insert(std::move(value));
  Ptr<core::Pod> shared = *at;
  if (inserted && pods_.size() >= sweep_at_) {
    std::erase_if(pods_, [](const Ptr<core::Pod>& of) { return of.use_count() == 1; });
    sweep_at_ = std::max<size_t>(64, 2 * pods_.size());
  }
  return shared;
}

AnyObject Remotes::Trimmed(const AnyObject& object) {
  if (const auto* service = std::get_if<Ptr<core::Service>>(&object)) return Trim(**service);
  if (const auto* slice = std::get_if<Ptr<core::EndpointSlice>>(&object)) return Trim(**slice);
  if (const auto* pod = std::get_if<Ptr<core::Pod>>(&object)) return Shared(**pod);
  if (const auto* node = std::get_if<Ptr<core::Node>>(&object)) return Trim(**node);
  if (const auto* ns = std::get_if<Ptr<core::Namespace>>(&object)) return Trim(**ns);
  if (const auto* policy = std::get_if<Ptr<api::FailoverPolicy>>(&object)) return Trim(**policy);
  return object;  // Invalid
}

void Remotes::Put(RemoteCluster* cluster, const AnyObject& object, Touched* touched) {
  const ObjectKey key = KeyOf(object);
  if (!IsRead(key.kind)) return;
  const Before before = Look(*cluster, key);
  if (cluster->tables.Put(key, Trimmed(object)) == Tables::Outcome::kSame) return;
  Mark(cluster, key, before, touched);
}

void Remotes::Erase(RemoteCluster* cluster, const ObjectKey& key, Touched* touched) {
  const Before before = Look(*cluster, key);
  if (cluster->tables.Erase(key)) Mark(cluster, key, before, touched);
}

RemoteCluster* Remotes::Into(const std::string& cluster) {
  const auto aside = aside_.find(cluster);
  return aside == aside_.end() ? &clusters_[cluster] : &aside->second;
}

Remotes::Touched Remotes::Apply(const std::string& cluster, const AnyObject& object) {
  Touched touched;
  Put(Into(cluster), object, &touched);
  return touched;
}

Remotes::Touched Remotes::Remove(const std::string& cluster, const ObjectKey& key) {
  Touched touched;
  Erase(Into(cluster), key, &touched);
  return touched;
}

Remotes::Touched Remotes::Replace(const std::string& cluster, Kind kind,
                                  const std::vector<AnyObject>& objects) {
  Touched touched;
  if (!IsRead(kind)) return touched;
  RemoteCluster& into = *Into(cluster);
  into.listed.insert(kind);
  std::set<NamespacedName> listed;
  for (const AnyObject& object : objects) listed.insert(KeyOf(object).nn());
  for (const NamespacedName& name : into.tables.Names(kind)) {
    if (!listed.contains(name)) Erase(&into, {kind, name.ns, name.name}, &touched);
  }
  for (const AnyObject& object : objects) Put(&into, object, &touched);
  return touched;
}

Remotes::Touched Remotes::SetStatus(const std::string& cluster, const RemoteStatus& status) {
  Touched touched;
  RemoteCluster& of = clusters_[cluster];
  const auto aside = aside_.find(cluster);
  const bool whole = !status.kept && aside != aside_.end();
  const bool same = Counts(of.status.state) == Counts(status.state);
  if (!same || whole) TouchAll(of, &touched);
  if (whole) {
    RemoteCluster& listed = aside->second;
    // Which not every cluster lets us list, or later than the rest.
    if (!listed.listed.contains(Kind::kFailoverPolicy)) {
      Touched none;
      of.tables.ForEach<api::FailoverPolicy>(
          [&](const Ptr<api::FailoverPolicy>& policy) { Put(&listed, policy, &none); });
    }
    of = std::move(listed);
    aside_.erase(aside);
    TouchAll(of, &touched);
  }
  of.status = status;
  return touched;
}

Remotes::Touched Remotes::Keep(const std::string& cluster, const std::vector<AnyObject>& objects) {
  Touched touched;
  RemoteCluster& of = clusters_[cluster];
  const RemoteStatus status = of.status;
  TouchAll(of, &touched);
  aside_.try_emplace(cluster, std::move(of));
  aside_.at(cluster).status = {};
  of = RemoteCluster();
  of.status = status;
  for (const AnyObject& object : objects) Put(&of, object, &touched);
  if (Counts(status.state) == 0) touched.clear();
  return touched;
}

Remotes::Touched Remotes::Forget(const std::string& cluster) {
  Touched touched;
  aside_.erase(cluster);
  const auto at = clusters_.find(cluster);
  if (at == clusters_.end()) return touched;
  if (Counts(at->second.status.state) > 0) TouchAll(at->second, &touched);
  clusters_.erase(at);
  return touched;
}

}  // namespace fairlead::reconcilers
