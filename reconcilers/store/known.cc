#include "reconcilers/store/known.h"

#include <algorithm>

#include "reconcilers/store/network.h"

namespace fairlead::reconcilers {
namespace {

void AddSlice(const Tables& tables, const Ptr<core::EndpointSlice>& slice, Known* out) {
  const auto service = tables.Get<core::Service>(slice->meta.ns, slice->service);
  if (slice->service.empty() || service == nullptr || !IsGlobal(*service)) return;
  out->slices.push_back(slice);
  for (const core::Endpoint& endpoint : slice->endpoints) {
    if (endpoint.target_pod.empty()) continue;
    if (auto pod = tables.Get<core::Pod>(slice->meta.ns, endpoint.target_pod))
      out->pods.emplace_back(NamespacedName{slice->meta.ns, endpoint.target_pod}, std::move(pod));
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
    if (IsGlobal(*service) || service->meta.labels.Find(kNetworkLabel)) out.services.push_back(service);
  });
  tables.ForEach<core::EndpointSlice>(
      [&](const Ptr<core::EndpointSlice>& slice) { AddSlice(tables, slice, &out); });
  std::sort(out.pods.begin(), out.pods.end());
  out.pods.erase(std::unique(out.pods.begin(), out.pods.end()), out.pods.end());  // of several slices
  tables.ForEach<core::Node>([&](const Ptr<core::Node>& node) { out.nodes.push_back(node); });
  tables.ForEach<core::Namespace>([&](const Ptr<core::Namespace>& ns) {
    if (!ns->meta.labels.empty()) out.namespaces.push_back(ns);
  });
  tables.ForEach<api::FailoverPolicy>(
      [&](const Ptr<api::FailoverPolicy>& policy) { out.policies.push_back(policy); });
  return out;
}

}  // namespace fairlead::reconcilers
