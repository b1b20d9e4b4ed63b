#include "reconcilers/lower/endpoints.h"

#include <algorithm>
#include <iterator>

#include "reconcilers/failover/members.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/lower/locality.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/store/network.h"

namespace fairlead::reconcilers {
namespace {

using Result = std::map<Destination, Ptr<EffectiveEndpoints>>;

void SetPlace(const api::Locality& place, EffectiveEndpoint* endpoint) {
  endpoint->region = place.region;
  endpoint->zone = place.zone;
  endpoint->subzone = place.subzone;
}

// Labels that the policy goes by, and that of the network, which its status tells of: the others are no
// reason to tell proxies anything, and most of the memory.
void KeepLabels(const std::vector<std::string>& keys, std::vector<failover::Member>* members) {
  for (failover::Member& member : *members) {
    Labels kept;
    const auto keep = [&](std::string_view key) {
      if (const auto value = member.labels.Find(key)) kept.Set(key, *value);
    };
    std::for_each(keys.begin(), keys.end(), keep);
    keep(kNetworkLabel);
    member.labels = std::move(kept);
  }
  members->shrink_to_fit();
}

void Publish(const View& view, const Destination& destination, const std::string& port_name,
             Discovery discovery, std::vector<EffectiveEndpoint> endpoints, Result* out) {
  std::sort(endpoints.begin(), endpoints.end());
  endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
  auto value = std::make_shared<EffectiveEndpoints>();
  value->destination = destination;
  value->discovery = discovery;
  value->endpoints = std::move(endpoints);
  value->endpoints.shrink_to_fit();
  if (Ptr<api::FailoverPolicy> policy = failover::WinnerAt(view, destination.service, port_name)) {
    auto members = failover::MembersOf(view, destination, failover::LabelsFor(*policy));
    KeepLabels(policy->priority_labels, &members);
    value->failover =
        EffectiveFailover{view.options.cluster_name, std::move(policy), std::move(members), std::nullopt};
    if (const EffectiveDrill* const drill = view.drills.At(destination)) value->failover->drill = *drill;
  }
  out->emplace(destination, std::move(value));
}

// The endpoints of one slice at the service port of that name.
void TakeFromSlice(const View& view, const core::EndpointSlice& slice, const std::string& port_name,
                   std::vector<EffectiveEndpoint>* ready, std::vector<EffectiveEndpoint>* draining) {
  for (const core::EndpointPort& port : slice.ports) {
    if (port.name != port_name || port.protocol != "TCP" || port.port == 0) continue;
    for (const core::Endpoint& from : slice.endpoints) {
      const bool usable = from.ready || (from.serving && from.terminating);
      if (!usable) continue;
      EffectiveEndpoint endpoint;
      endpoint.port = port.port;
      const auto pod =
          from.target_pod.empty() ? nullptr : view.tables.Get<core::Pod>(slice.meta.ns, from.target_pod);
      SetPlace(PlaceOf(view, pod.get(), from.node_name, from.zone), &endpoint);
      // Kubernetes: the addresses of one endpoint are interchangeable, and only the first is used.
      if (from.addresses.empty()) continue;
      endpoint.address = from.addresses.front();
      (from.ready ? ready : draining)->push_back(std::move(endpoint));
    }
  }
}

// A global Service that no FailoverPolicy divides is one service in all clusters: where its requests may go,
// wherever that is (Istio's `istio.io/global`).
std::vector<EffectiveEndpoint> InAllClusters(const View& view, const Destination& port) {
  std::vector<EffectiveEndpoint> endpoints;
  for (const failover::Member& member : failover::MembersOf(view, port, failover::MemberLabels::kNetwork)) {
    if (!member.healthy) continue;
    EffectiveEndpoint endpoint{.address = member.address, .port = member.port, .weight = member.weight};
    SetPlace(member.locality, &endpoint);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

void LowerService(const View& view, const ObjectKey& key, const core::Service& service, Result* out) {
  if (service.type == "ExternalName") return;
  const bool joined = IsGlobal(service) && !view.remotes.clusters().empty();
  const std::vector<Ptr<core::EndpointSlice>> slices = SlicesOf(view, service);
  for (const PortInfo& port : PortsOf(service)) {
    if (joined && failover::WinnerAt(view, key, port.name) == nullptr) {
      Publish(view, {key, port.port}, port.name, Discovery::kStatic, InAllClusters(view, {key, port.port}),
              out);
      continue;
    }
    std::vector<EffectiveEndpoint> ready, draining;
    for (const auto& slice : slices) TakeFromSlice(view, *slice, port.name, &ready, &draining);
    Publish(view, {key, port.port}, port.name, Discovery::kStatic,
            ready.empty() ? std::move(draining) : std::move(ready), out);
  }
}

uint16_t TargetPort(const istio::ServiceEntryPort& port) {
  return port.target_port == 0 ? port.number : port.target_port;
}

std::vector<EffectiveEndpoint> Written(const istio::ServiceEntry& entry,
                                       const istio::ServiceEntryPort& port) {
  std::vector<EffectiveEndpoint> endpoints;
  for (const istio::WorkloadEndpoint& from : entry.endpoints) {
    if (from.address.empty() || from.address.starts_with("unix://")) continue;
    EffectiveEndpoint endpoint;
    endpoint.address = from.address;
    const auto own = from.ports.find(port.name);
    endpoint.port = own == from.ports.end() ? TargetPort(port) : own->second;
    SetPlace(ReadPlace(from.locality), &endpoint);
    endpoint.weight = std::max<uint32_t>(from.weight, 1);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

std::vector<EffectiveEndpoint> Selected(const View& view, const istio::ServiceEntry& entry,
                                        const istio::ServiceEntryPort& port) {
  const LabelSelector selector{entry.workload_selector, {}};
  std::vector<EffectiveEndpoint> endpoints;
  view.tables.ForEachIn<core::Pod>(entry.meta.ns, [&](const Ptr<core::Pod>& pod) {
    if (!pod->ready || pod->meta.deleting || pod->ips.empty() || !selector.Matches(pod->meta.labels)) return;
    EffectiveEndpoint endpoint;
    endpoint.address = pod->ips.front();
    endpoint.port = TargetPort(port);
    SetPlace(PlaceOf(view, pod.get(), pod->node_name, ""), &endpoint);
    endpoints.push_back(std::move(endpoint));
  });
  return endpoints;
}

bool IsDns(istio::Resolution resolution) {
  return resolution == istio::Resolution::kDns || resolution == istio::Resolution::kDnsRoundRobin ||
         resolution == istio::Resolution::kDynamicDns;
}

void LowerEntry(const View& view, const ObjectKey& key, const istio::ServiceEntry& entry, Result* out) {
  if (entry.resolution == istio::Resolution::kNone) return;
  const bool dns = IsDns(entry.resolution);
  for (const PortInfo& info : PortsOf(entry)) {
    const auto port = std::find_if(entry.ports.begin(), entry.ports.end(),
                                   [&](const auto& p) { return p.number == info.port; });
    std::vector<EffectiveEndpoint> endpoints =
        entry.workload_selector.empty() ? Written(entry, *port) : Selected(view, entry, *port);
    if (endpoints.empty()) {
      for (std::string& host : NamesToResolve(entry)) {
        EffectiveEndpoint endpoint;
        endpoint.address = std::move(host);
        endpoint.port = TargetPort(*port);
        endpoints.push_back(std::move(endpoint));
      }
    }
    Publish(view, {key, info.port}, info.name, dns ? Discovery::kDns : Discovery::kStatic,
            std::move(endpoints), out);
  }
}

}  // namespace

std::vector<std::string> NamesToResolve(const istio::ServiceEntry& entry) {
  std::vector<std::string> out;
  if (!IsDns(entry.resolution) || !entry.workload_selector.empty()) return out;
  std::copy_if(entry.hosts.begin(), entry.hosts.end(), std::back_inserter(out),
               [](const std::string& host) { return !host.empty() && host.front() != '*'; });
  return out;
}

std::vector<Ptr<core::EndpointSlice>> SlicesOf(const View& view, const core::Service& service) {
  const std::string first = service.cluster_ips.empty() ? "" : service.cluster_ips.front();
  const std::string_view wanted = first.find(':') == std::string::npos ? "IPv4" : "IPv6";
  std::vector<Ptr<core::EndpointSlice>> preferred, other;
  for (const NamespacedName& name : view.slices_of.Find(service.meta.nn())) {
    auto slice = view.tables.Get<core::EndpointSlice>(name);
    if (slice == nullptr || slice->address_type == "FQDN") continue;
    (slice->address_type == wanted ? preferred : other).push_back(std::move(slice));
  }
  return preferred.empty() ? other : preferred;
}

Result LowerEndpoints(const View& view, const ObjectKey& key) {
  Result out;
  if (key.kind == Kind::kService) {
    if (const auto service = view.tables.Get<core::Service>(key.nn()))
      LowerService(view, key, *service, &out);
  } else if (const auto entry = view.tables.Get<istio::ServiceEntry>(key.nn())) {
    LowerEntry(view, key, *entry, &out);
  }
  return out;
}

}  // namespace fairlead::reconcilers
