// Report: where requests go now under a FailoverPolicy, and what a step lacks to work.
//
// For each target and each place that requests come from (of the waypoint's proxies, else of nodes; of a
// place whose proxies differ in labels, the worst): the steps in order, with their endpoints, what is healthy
// of them, and their share of the requests. Who calls: World for statuses, which take what is worst within
// bounds, and `fairleadctl failover status`, which shows all. Pure; sorted.
//
//   Reporter reporter(view, world.endpoints());
//   std::vector<api::FailoverSource> all = reporter.Sources(policy, {service, {80}});
//   api::FailoverStatus status = Bounded(std::move(all), 0);
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crds/api/failover_policy.h"
#include "reconcilers/failover/sources.h"
#include "reconcilers/failover/steps.h"
#include "reconcilers/lower/view.h"

namespace fairlead::reconcilers::failover {

// A target of a policy, and the ports at which it is in force.
struct Target {
  ObjectKey service;
  std::vector<uint16_t> ports;
  std::optional<NamespacedName> waypoint = {};  // that serves it
};

class Reporter {
 public:
  // Where endpoints are lowered already they are taken as they are, else they are looked up.
  using Lowered = std::map<Destination, Ptr<EffectiveEndpoints>>;
  Reporter(const View& view, const Lowered& lowered);

  // By ports, then places; ports that are alike are together. Steps are not bounded.
  std::vector<api::FailoverSource> Sources(const api::FailoverPolicy& policy, const Target& target) const;

 private:
  // What is to be known of a target beside its members.
  struct Facts {
    std::string ns;
    std::map<std::string, std::set<std::string>> apart;  // cluster -> networks that are not ours
    bool through_gateways = false;  // requests can go to these: istiod's waypoint sends them
    const KnownSources& sources;
  };

  api::FailoverSource SourceOf(const api::FailoverPolicy& policy, const Facts& facts, const Source& from,
                               const Members& members, const EffectiveDrill* drill) const;
  std::string MissingAt(const api::FailoverPolicy& policy, const Facts& facts, const Source& from,
                        const Plan& plan, size_t step) const;

  std::string AboutClusters(const Facts& facts, const api::FailoverStep* written, const Plan& plan,
                            size_t step) const;

  Members MembersAt(const Destination& destination, const api::FailoverPolicy& policy) const;

  const View& view_;
  const Lowered& lowered_;
  std::set<api::Locality> places_;  // as KnownPlaces has them; one that is not known where there are none
};

// What is in a status: of too many sources and steps the worst, the rest counted. `more`: sources that were
// not looked at.
api::FailoverStatus Bounded(std::vector<api::FailoverSource> sources, int more);

// "5 errors in a row: out for 30s and longer each time, at most 100 %; looked at every 10s", or "off".
std::string InWords(const api::OutlierDetection& detection);

// One table for people.
std::string ToText(const std::vector<api::FailoverSource>& sources);

}  // namespace fairlead::reconcilers::failover
