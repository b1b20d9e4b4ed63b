#include "reconcilers/failover/members.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "reconcilers/lower/endpoints.h"
#include "reconcilers/lower/locality.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/lower/waypoint.h"
#include "reconcilers/store/network.h"

namespace fairlead::reconcilers::failover {
namespace {

using List = std::vector<Member>;  // in the making

Ptr<core::Pod> PodOf(const View& view, const std::string& ns, const std::string& name) {
  return name.empty() ? nullptr : view.tables.Get<core::Pod>(ns, name);
}

Labels Kept(const Labels& labels, MemberLabels keep) {
  if (keep == MemberLabels::kAll) return labels;
  Labels out;
  if (const auto network = labels.Find(kNetworkLabel)) out.Set(kNetworkLabel, *network);
  return out;
}

// What terminates goes to `draining`.
void TakeFromSlice(const View& view, const core::EndpointSlice& slice, const std::string& port_name,
                   List* out, List* draining, MemberLabels keep) {
  for (const core::EndpointPort& port : slice.ports) {
    if (port.name != port_name || port.protocol != "TCP" || port.port == 0) continue;
    for (const core::Endpoint& from : slice.endpoints) {
      if (from.addresses.empty() || (from.terminating && !from.ready && !from.serving)) continue;
      const Ptr<core::Pod> pod = PodOf(view, slice.meta.ns, from.target_pod);
      Member member;
      member.address = from.addresses.front();
      member.port = port.port;
      member.locality = PlaceOf(view, pod.get(), from.node_name, from.zone);
      if (pod != nullptr) member.labels = Kept(pod->meta.labels, keep);
      const bool leaves = from.terminating && !from.ready;
      member.healthy = from.ready || leaves;
      (leaves ? draining : out)->push_back(std::move(member));
    }
  }
}

List OfService(const View& view, const core::Service& service, const std::string& port_name,
               MemberLabels keep) {
  List out, draining;
  if (service.type == "ExternalName") return out;
  for (const auto& slice : SlicesOf(view, service))
    TakeFromSlice(view, *slice, port_name, &out, &draining, keep);
  const bool serves = std::any_of(out.begin(), out.end(), [](const Member& m) { return m.healthy; });
  if (!serves) out.insert(out.end(), draining.begin(), draining.end());
  return out;
}

// The same functions read it: its tables in place of ours.
View ViewOf(const View& here, const RemoteCluster& cluster) {
  return {here.options,      cluster.tables, here.membership,   here.tenancy,        here.attachments,
          here.failovers,    here.routes_of, cluster.slices_of, here.pods_of,        here.callers_of,
          here.istio_states, here.remotes,   here.drills,       here.waypoint_plans, here.priority_labels};
}

bool IsApart(std::string_view ours, const Member& member) {
  const std::string_view network = member.labels.Get(kNetworkLabel);
  return !ours.empty() && !network.empty() && ours != network;
}

List OfRemote(const View& here, const std::string& name, const RemoteCluster& cluster,
              const core::Service& service, uint16_t port, bool through_gateways, MemberLabels keep) {
  List out;
  for (const PortInfo& info : PortsOf(service)) {
    if (info.port == port) out = OfService(ViewOf(here, cluster), service, info.name, keep);
  }
  const std::string_view ours = NetworkOf(here.tables, here.options.root_namespace);
  const std::string_view theirs = NetworkOf(cluster.tables, here.options.root_namespace);
  for (Member& member : out) {
    member.locality.cluster = name;
    if (!theirs.empty() && !member.labels.Find(kNetworkLabel)) member.labels.Set(kNetworkLabel, theirs);
    const bool apart = IsApart(ours, member) &&
                       !(through_gateways && HasGateway(cluster.tables, member.labels.Get(kNetworkLabel)));
    if (apart || cluster.status.state == RemoteState::kExpired) member.healthy = false;
  }
  return out;
}

// Members of the Service of that name in other clusters, where both are global.
void Join(const View& view, const core::Service& service, uint16_t port, MemberLabels keep, List* out) {
  if (!IsGlobal(service) || service.type == "ExternalName" || view.remotes.clusters().empty()) return;
  const bool through_gateways =
      GoesThroughGateways(view, {Kind::kService, service.meta.ns, service.meta.name});
  for (const auto& [name, cluster] : view.remotes.clusters()) {
    if (cluster.status.state == RemoteState::kConnecting) continue;
    const auto there = cluster.tables.Get<core::Service>(service.meta.nn());
    if (there == nullptr || !IsGlobal(*there)) continue;
    if (!ExcludedBy(view, service.meta.ns, name).empty()) continue;
    List joined = OfRemote(view, name, cluster, *there, port, through_gateways, keep);
    out->insert(out->end(), std::make_move_iterator(joined.begin()), std::make_move_iterator(joined.end()));
  }
}

api::Locality PlaceOfWritten(const View& view, const istio::WorkloadEndpoint& from) {
  api::Locality place = ReadPlace(from.locality);
  const std::string_view cluster = from.labels.Get(kClusterLabel);
  place.cluster = cluster.empty() ? view.options.cluster_name : std::string(cluster);
  return place;
}

List OfEntry(const View& view, const istio::ServiceEntry& entry, const istio::ServiceEntryPort& port,
             MemberLabels keep) {
  List out;
  if (entry.resolution == istio::Resolution::kNone) return out;
  const uint16_t target = port.target_port == 0 ? port.number : port.target_port;
  for (const istio::WorkloadEndpoint& from : entry.endpoints) {
    if (from.address.empty() || from.address.starts_with("unix://")) continue;
    const auto own = from.ports.find(port.name);
    Labels labels = Kept(from.labels, keep);
    if (!from.network.empty() && !labels.Find(kNetworkLabel)) labels.Set(kNetworkLabel, from.network);
    out.push_back({from.address, own == from.ports.end() ? target : own->second, PlaceOfWritten(view, from),
                   std::move(labels), std::max<uint32_t>(from.weight, 1), true});
  }
  if (out.empty()) {
    const api::Locality here{view.options.cluster_name, "", "", ""};
    for (std::string& host : NamesToResolve(entry))
      out.push_back({std::move(host), target, here, {}, 1, true});
  }
  if (!entry.workload_selector.empty()) {
    const LabelSelector selector{entry.workload_selector, {}};
    view.tables.ForEachIn<core::Pod>(entry.meta.ns, [&](const Ptr<core::Pod>& pod) {
      if (pod->meta.deleting || pod->ips.empty() || !selector.Matches(pod->meta.labels)) return;
      out.push_back({pod->ips.front(), target, PlaceOf(view, pod.get(), pod->node_name, ""),
                     Kept(pod->meta.labels, keep), 1, pod->ready});
    });
  }
  return out;
}

// What runs in our own cluster is on its network, where it does not say otherwise itself.
void SetNetwork(const View& view, List* out) {
  const std::string_view ours = NetworkOf(view.tables, view.options.root_namespace);
  if (ours.empty()) return;
  for (Member& member : *out) {
    if (member.locality.cluster == view.options.cluster_name && !member.labels.Find(kNetworkLabel))
      member.labels.Set(kNetworkLabel, ours);
  }
}

bool ByAddress(const Member& a, const Member& b) {
  return std::tie(a.address, a.port) < std::tie(b.address, b.port);
}
bool SameAddress(const Member& a, const Member& b) { return a.address == b.address && a.port == b.port; }

bool IsKnown(const api::Locality& place) { return !place.region.empty() || !place.zone.empty(); }

}  // namespace

MemberLabels LabelsFor(const api::FailoverPolicy& policy) {
  return policy.priority_labels.empty() ? MemberLabels::kNetwork : MemberLabels::kAll;
}

std::vector<Member> MembersOf(const View& view, const Destination& port, MemberLabels keep) {
  List out;
  Ptr<core::Service> service;
  if (port.service.kind == Kind::kService) {
    service = view.tables.Get<core::Service>(port.service.nn());
    if (service == nullptr) return out;
    for (const PortInfo& info : PortsOf(*service)) {
      if (info.port == port.port) out = OfService(view, *service, info.name, keep);
    }
  } else if (const auto entry = view.tables.Get<istio::ServiceEntry>(port.service.nn())) {
    for (const istio::ServiceEntryPort& info : entry->ports) {
      if (info.number == port.port) out = OfEntry(view, *entry, info, keep);
    }
  }
  if (keep == MemberLabels::kAll) SetNetwork(view, &out);
  std::sort(out.begin(), out.end());
  if (service != nullptr) Join(view, *service, port.port, keep, &out);
  // Of the same address, ours counts, then that of the cluster whose name comes first.
  std::stable_sort(out.begin(), out.end(), ByAddress);
  out.erase(std::unique(out.begin(), out.end(), SameAddress), out.end());
  return out;
}

std::map<std::string, std::set<std::string>> NetworksApart(const View& view,
                                                           std::span<const Member> members) {
  std::map<std::string, std::set<std::string>> out;
  const std::string_view ours = NetworkOf(view.tables, view.options.root_namespace);
  for (const Member& member : members) {
    const bool other =
        !member.locality.cluster.empty() && member.locality.cluster != view.options.cluster_name;
    if (other && IsApart(ours, member))
      out[member.locality.cluster].insert(std::string(member.labels.Get(kNetworkLabel)));
  }
  return out;
}

bool GoesThroughGateways(const View& view, const ObjectKey& service) {
  const ObjectMeta* meta = view.options.istio_mode ? view.tables.MetaOf(service) : nullptr;
  if (meta == nullptr) return false;
  const std::optional<NamespacedName> waypoint = BindingOf(view, service, *meta).waypoint;
  const auto gateway = waypoint ? view.tables.Get<gateway::Gateway>(*waypoint) : nullptr;
  return gateway != nullptr && IsProgrammedByIstiod(view.options, *gateway);
}

std::string ExcludedBy(const View& view, const std::string& ns, const std::string& cluster) {
  const Ptr<ResolvedWorkspace> workspace = view.tenancy.Find(view.membership.WorkspaceOf(ns));
  if (workspace == nullptr || workspace->settings == nullptr) return "";
  return workspace->settings->clusters.Allow(cluster) ? "" : workspace->name();
}

std::set<api::Locality> KnownPlaces(const View& view) {
  std::set<api::Locality> out;
  view.tables.ForEach<core::Node>([&](const Ptr<core::Node>& node) {
    api::Locality place = PlaceOf(view, *node);
    if (IsKnown(place)) out.insert(std::move(place));
  });
  view.tables.ForEach<core::EndpointSlice>([&](const Ptr<core::EndpointSlice>& slice) {
    for (const core::Endpoint& endpoint : slice->endpoints) {
      const Ptr<core::Pod> pod = PodOf(view, slice->meta.ns, endpoint.target_pod);
      api::Locality place = PlaceOf(view, pod.get(), endpoint.node_name, endpoint.zone);
      if (IsKnown(place)) out.insert(std::move(place));
    }
  });
  return out;
}

std::set<api::Locality> CallerPlaces(const View& view) {
  std::set<api::Locality> out;
  view.tables.ForEach<core::Node>([&](const Ptr<core::Node>& node) {
    api::Locality place = PlaceOf(view, *node);
    if (!place.region.empty() || !place.zone.empty()) out.insert(std::move(place));
  });
  if (out.empty()) out = KnownPlaces(view);
  if (out.empty()) out.insert({view.options.cluster_name, "", "", ""});
  return out;
}

api::Locality AsSeenHere(const View& view, api::Locality place) {
  if (place.cluster == view.options.cluster_name) place.cluster.clear();
  return place;
}

}  // namespace fairlead::reconcilers::failover
