// Places that a FailoverPolicy names and that are not there, and steps that lead to no endpoint of a target.
//
// Said only where nodes, or endpoints, are known; of other clusters, where they are joined: else they cannot
// be seen from here.
#include <algorithm>
#include <limits>
#include <set>

#include "crds/base/nearest.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/lint/collect.h"
#include "reconcilers/lower/locality.h"
#include "reconcilers/lower/ports.h"
#include "reconcilers/policy/resolver.h"
#include "reconcilers/status/losses.h"

namespace fairlead::reconcilers {
namespace {

using api::Locality;
using failover::Member;

struct Target {
  ObjectKey key;
  std::vector<Member> members;  // of its first port
};

class PlacesLint {
 public:
  PlacesLint(const View& view, const api::FailoverPolicy& policy, size_t max_targets, Findings* out)
      : view_(view),
        own_cluster_(view.options.cluster_name),
        remotes_(view.remotes),
        key_{Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name},
        out_(out) {
    view.tables.ForEach<core::Node>([&](const Ptr<core::Node>& node) { AddKnown(PlaceOf(view, *node)); });
    std::set<ObjectKey> seen;
    for (const Placement& placement : PlacementsOf(view, policy)) {
      if (targets_.size() == max_targets) break;
      const auto ports = PortsOf(view, placement.target);
      if (!ports || ports->empty() || !seen.insert(placement.target).second) continue;
      targets_.push_back(
          {placement.target, failover::MembersOf(view, {placement.target, ports->front().port})});
      if (regions_.empty()) continue;  // without nodes nothing is known of places
      for (const Member& member : targets_.back().members) AddKnown(member.locality);
    }
  }

  void Check(const Locality& place, bool of_step, const std::string& field) {
    if (!place.cluster.empty() && place.cluster != own_cluster_) return CheckElsewhere(place, of_step, field);
    const bool known =
        IsKnown(place.region, "region", regions_, field) &&
        (place.zone.empty() || IsKnown(place.region + "/" + place.zone, "zone", zones_, field));
    if (known && of_step) HasEndpoints(place, field);
  }

 private:
  // Of a cluster that is named by labels alone nothing is known but its endpoints.
  void CheckElsewhere(const Locality& place, bool of_step, const std::string& field) {
    if (remotes_.clusters().empty() || IsLabelled(place.cluster)) return;
    std::set<std::string> known = {own_cluster_};
    for (const auto& [name, cluster] : remotes_.clusters()) known.insert(name);
    if (!known.contains(place.cluster)) {
      const std::string_view meant = Nearest(place.cluster, {known.begin(), known.end()});
      out_->Add(LintCode::kUnknownPlace, key_, field,
                "there is no cluster " + place.cluster +
                    (meant.empty() ? "" : "; did you mean " + std::string(meant) + "?"),
                "clusters that are known: " + JoinBounded({known.begin(), known.end()}, ", ", 8));
    } else if (of_step && !IsExcluded(place.cluster, field) &&
               remotes_.clusters().at(place.cluster).status.state != RemoteState::kConnecting) {
      HasEndpoints(place, field);
    }
  }

  // Whether settings keep it from being joined for some of the targets.
  bool IsExcluded(const std::string& cluster, const std::string& field) {
    std::vector<std::string> targets;
    std::string by;
    for (const Target& target : targets_) {
      const std::string workspace = failover::ExcludedBy(view_, target.key.ns, cluster);
      if (workspace.empty()) continue;
      targets.push_back(target.key.ToString());
      by = workspace;
    }
    if (targets.empty()) return false;
    out_->Add(LintCode::kNoEndpointsThere, key_, field,
              "cluster " + cluster + " is not joined for " + JoinBounded(targets, ", ") +
                  ": settings of workspace " + by,
              "let spec.clusters of its WorkspaceSettings join it, or take it out");
    return true;
  }

  // Whether endpoints here say that they are in that cluster, which is not joined.
  bool IsLabelled(const std::string& cluster) const {
    const auto there = [&](const Member& member) { return member.locality.cluster == cluster; };
    return !remotes_.clusters().contains(cluster) &&
           std::any_of(targets_.begin(), targets_.end(), [&](const Target& target) {
             return std::any_of(target.members.begin(), target.members.end(), there);
           });
  }

  void AddKnown(const Locality& place) {
    if (place.region.empty()) return;
    regions_.insert(place.region);
    if (!place.zone.empty()) zones_.insert(place.region + "/" + place.zone);
  }

  bool IsKnown(const std::string& name, const std::string& word, const std::set<std::string>& known,
               const std::string& field) {
    if (name.empty() || known.empty() || known.contains(name)) return true;
    const std::string_view meant = Nearest(name, {known.begin(), known.end()});
    out_->Add(LintCode::kUnknownPlace, key_, field,
              "no node and no endpoint is in " + word + " " + name +
                  (meant.empty() ? "" : "; did you mean " + std::string(meant) + "?"),
              word + "s that are known: " + JoinBounded({known.begin(), known.end()}, ", ", 8));
    return false;
  }

  // A target without any endpoints says nothing about places.
  void HasEndpoints(const Locality& place, const std::string& field) {
    std::vector<std::string> without;
    for (const Target& target : targets_) {
      const auto covered = [&](const Member& member) { return failover::Covers(place, member.locality); };
      if (!target.members.empty() && std::none_of(target.members.begin(), target.members.end(), covered))
        without.push_back(target.key.ToString());
    }
    if (without.empty()) return;
    out_->Add(LintCode::kNoEndpointsThere, key_, field,
              "there are no endpoints in " + failover::ToString(place) + " of " + JoinBounded(without, ", "),
              place.cluster.empty() || place.cluster == own_cluster_
                  ? "run some there, or take it out; fairleadctl failover simulate shows who would take over"
                  : "run some there, label the Service istio.io/global=true here and there, or take it out");
  }

  const View& view_;
  const std::string own_cluster_;
  const Remotes& remotes_;
  const ObjectKey key_;
  Findings* const out_;
  std::set<std::string> regions_, zones_;
  std::vector<Target> targets_;
};

// Whom it names, and whether it is over; what it does not know of time nobody asks.
void LintDrill(const View& view, const api::FailoverPolicy& policy, Findings* out) {
  const ObjectKey key{Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name};
  const api::FailoverDrill& drill = *policy.drill;
  std::set<std::string> targets;
  for (const Placement& placement : PlacementsOf(view, policy))
    targets.insert(placement.target.nn().ToString());
  for (size_t i = 0; i < drill.services.size(); ++i) {
    const std::string& name = drill.services[i];
    if (targets.contains(name.find('/') == std::string::npos ? policy.meta.ns + "/" + name : name)) continue;
    out->Add(LintCode::kUnknownPlace, key, "spec.drill.services[" + std::to_string(i) + "]",
             name + " is no target of the policy",
             "its targets: " + JoinBounded({targets.begin(), targets.end()}, ", ", 8));
  }
  if (view.drills.now.seconds != 0 && drill.until <= view.drills.now) {
    out->Add(LintCode::kDoubtfulValue, key, "spec.drill.until", "is over: there is no drill",
             "fairleadctl failover drill start starts one");
  }
}

}  // namespace

void LintFailover(const View& view, const api::FailoverPolicy& policy, size_t max_targets, Findings* out) {
  if (!LintFailoverTargets(view, policy, max_targets, out)) return;
  if (policy.localities.empty() && !policy.drill) return;
  PlacesLint lint(view, policy, max_targets, out);
  if (policy.drill) {
    lint.Check(policy.drill->down, true, "spec.drill.down");
    LintDrill(view, policy, out);
  }
  for (size_t r = 0; r < policy.localities.size(); ++r) {
    const api::LocalityRule& rule = policy.localities[r];
    const std::string field = "spec.localities[" + std::to_string(r) + "]";
    lint.Check(rule.from, false, field + ".from");
    for (size_t s = 0; s < rule.steps.size(); ++s) {
      for (size_t e = 0; e < rule.steps[s].to.size(); ++e) {
        lint.Check(rule.steps[s].to[e].locality, true,
                   field + ".steps[" + std::to_string(s) + "].to[" + std::to_string(e) + "]");
      }
    }
  }
}

void LintFailover(const World& world, Findings* out) {
  const View& view = world.view();
  view.tables.ForEach<api::FailoverPolicy>([&](const Ptr<api::FailoverPolicy>& policy) {
    LintFailover(view, *policy, std::numeric_limits<size_t>::max(), out);
  });
}

}  // namespace fairlead::reconcilers
