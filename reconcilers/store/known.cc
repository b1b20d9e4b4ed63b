#include "reconcilers/store/known.h"

#include <set>

#include "reconcilers/store/network.h"

namespace fairlead::reconcilers {
namespace {

void AddSlice(const Tables& tables, const Ptr<core::EndpointSlice>& slice, Known* out,
              std::set<NamespacedName>* pods) {
  const auto service = tables.Get<core::Service>({slice->meta.ns, slice->service});
  if (slice->service.empty() || service == nullptr || !IsGlobal(*service)) return;
  out->slices.push_back(slice);
  for (const core::Endpoint& endpoint : slice->endpoints) {
    if (!endpoint.target_pod.empty()) pods->insert({slice->meta.ns, endpoint.target_pod});
  }
}

}  // namespace

std::optional<Known> KnownOf(const Remotes& remotes, const std::string& cluster) {
  const auto found = remotes.clusters().find(cluster);
  if (found == remotes.clusters().end()) return std::nullopt;
  const RemoteStatus& status = found->second.status;
  if (status.state == RemoteState::kConnecting || status.kept) return std::nullopt;
  const Tables& tables = found->second.tables;
  Known out;
  tables.ForEach<core::Service>([&](const Ptr<core::Service>& service) {
    if (IsGlobal(*service) || service->meta.labels.Find(kNetworkLabel) != nullptr)
      out.services.push_back(service);
  });
  std::set<NamespacedName> pods;
  tables.ForEach<core::EndpointSlice>(
      [&](const Ptr<core::EndpointSlice>& slice) { AddSlice(tables, slice, &out, &pods); });
  for (const NamespacedName& name : pods) {
    if (auto pod = tables.Get<core::Pod>(name)) out.pods.emplace_back(name, std::move(pod));
  }
  tables.ForEach<core::Node>([&](const Ptr<core::Node>& node) { out.nodes.push_back(node); });
  tables.ForEach<core::Namespace>([&](const Ptr<core::Namespace>& ns) {
    if (!ns->meta.labels.empty()) out.namespaces.push_back(ns);
  });
  tables.ForEach<api::FailoverPolicy>(
      [&](const Ptr<api::FailoverPolicy>& policy) { out.policies.push_back(policy); });
  return out;
}

}  // namespace fairlead::reconcilers
