#include "reconcilers/failover/sources.h"

#include <algorithm>
#include <array>
#include <vector>

#include "reconcilers/lower/waypoint.h"
#include "reconcilers/store/network.h"

namespace fairlead::reconcilers::failover {
namespace {

// Set by the controllers of workloads, with another value for each pod or each revision: proxies of one
// waypoint would never be alike, and no endpoint has the same.
constexpr std::array<std::string_view, 4> kOfOnePod = {"pod-template-hash", "controller-revision-hash",
                                                       "statefulset.kubernetes.io/pod-name",
                                                       "apps.kubernetes.io/pod-index"};

constexpr std::string_view kHostname = "kubernetes.io/hostname";

}  // namespace

std::set<Source> KnownSources::AlsoAt(const std::set<api::Locality>& places) const {
  std::set<Source> out = placed;
  for (const Labels& labels : unplaced) {
    for (const api::Locality& place : places) out.insert({place, labels});
  }
  return out;
}

KnownSources SourcesOf(const View& view, const std::optional<NamespacedName>& waypoint) {
  KnownSources out;
  const Ptr<EffectiveWaypoint> serving = waypoint ? LowerWaypoint(view, *waypoint) : nullptr;
  if (serving == nullptr || serving->proxies.empty()) {
    out.unplaced.insert(SourceLabels(view, nullptr));
    return out;
  }
  out.of_proxies = true;
  for (const std::string& proxy : serving->proxies) {
    const auto known = serving->sources.find(proxy);
    Source source = known == serving->sources.end() ? Source() : known->second;
    if (source.locality == api::Locality()) {
      out.unplaced.insert(std::move(source.labels));
    } else {
      source.locality.cluster = view.options.cluster_name;
      out.placed.insert(std::move(source));
    }
  }
  return out;
}

Labels SourceLabels(const View& view, const core::Pod* pod) {
  std::vector<Labels::Item> kept;
  if (pod != nullptr) {
    for (const Labels::Item& item : pod->meta.labels) {
      if (view.priority_labels.Has(item.first) && !IsOfOnePod(item.first)) kept.push_back(item);
    }
  }
  Labels out(std::move(kept));
  if (view.priority_labels.Has(kNetworkLabel) && !out.Find(kNetworkLabel)) {
    const std::string_view network = NetworkOf(view.tables, view.options.root_namespace);
    if (!network.empty()) out.Set(kNetworkLabel, network);
  }
  return out;
}

bool IsOfOnePod(std::string_view label) {
  return std::find(kOfOnePod.begin(), kOfOnePod.end(), label) != kOfOnePod.end();
}

size_t FirstLacking(const api::FailoverPolicy& policy, const Source& source) {
  const auto& labels = policy.priority_labels;
  const auto lacking = std::find_if(labels.begin(), labels.end(), [&](const std::string& label) {
    return LabelOf(label, source.labels, source.locality).empty();
  });
  return static_cast<size_t>(lacking - labels.begin());
}

std::string WhyLacking(const std::string& label, const KnownSources& sources, bool by_istiod) {
  const std::string without = "requests have no label " + label + ": ";
  if (IsOfPlace(label)) return without + "the place that they come from has none";
  if (IsOfOnePod(label)) return without + "it tells pods of one workload apart, and is not compared";
  // Clients have labels of their own, and istiod knows the nodes of its waypoints.
  if (!sources.of_proxies || (by_istiod && label == kHostname))
    return "whether requests have label " + label + " is not known here";
  if (label == kNetworkLabel)
    return without + "neither the waypoint's pods nor Namespace istio-system carry it";
  return without + "the waypoint's pods do not carry it";
}

}  // namespace fairlead::reconcilers::failover
