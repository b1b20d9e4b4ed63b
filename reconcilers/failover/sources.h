// Sources: where the requests for a service come from.
//
// The waypoint of a service sends them, so they come from where its proxies run, with the labels of its pods.
// Where a proxy is not known to run, or none is known, they may come from anywhere; what is taken for that is
// up to who asks. Who calls: the lowering of waypoints, by which proxies get their endpoints, and statuses,
// drills and the rehearsal, which so tell of the same requests. Pure.
//
//   const KnownSources sources = SourcesOf(view, service.waypoint);
//   for (const Source& from : sources.AlsoAt(KnownPlaces(view))) PlanFailover(policy, from, members);
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "reconcilers/failover/steps.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

struct KnownSources {
  std::set<Source> placed;    // proxies whose place is known, with the name of our cluster
  std::set<Labels> unplaced;  // of proxies whose place is not; of any client where no proxy is known
  bool of_proxies = false;    // proxies are known

  // With those whose place is not known at each of the places.
  std::set<Source> AlsoAt(const std::set<api::Locality>& places) const;
};

// `waypoint`: that serves; none: clients send by themselves.
KnownSources SourcesOf(const View& view, const std::optional<NamespacedName>& waypoint);

// The labels by which steps can tell requests of a pod from others; `pod` may be null: of any client. Only
// those that some policy goes by.
Labels SourceLabels(const View& view, const core::Pod* pod);

// Whether the label tells a pod from others of its workload. Such a label is not compared.
bool IsOfOnePod(std::string_view label);

// Of the policy's priority labels the first that the source does not have: it agrees with no endpoint from
// there on. Their number: it has all.
size_t FirstLacking(const api::FailoverPolicy& policy, const Source& source);

// "requests have no label version: the waypoint's pods do not carry it". `by_istiod`: it is istiod's
// waypoint.
std::string WhyLacking(const std::string& label, const KnownSources& sources, bool by_istiod);

}  // namespace fairlead::reconcilers::failover
