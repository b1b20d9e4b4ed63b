#include "reconcilers/failover/rehearsal.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "reconcilers/failover/carried.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/failover/shares.h"
#include "reconcilers/failover/winner.h"
#include "reconcilers/lower/ports.h"

namespace fairlead::reconcilers::failover {
namespace {

// Places and addresses that are down.
class Down {
 public:
  Down(const View& view, const std::vector<Outage>& outages) : outages_(outages) {
    for (const Outage& outage : outages) {
      if (outage.of != Outage::Of::kService) continue;
      for (Kind kind : {Kind::kService, Kind::kServiceEntry}) {
        const ObjectKey key{kind, outage.service.ns, outage.service.name};
        for (const PortInfo& port : PortsOf(view, key).value_or(std::vector<PortInfo>())) {
          for (const Member& member : MembersOf(view, {key, port.port})) addresses_.insert(member.address);
        }
      }
    }
  }

  bool Has(const api::Locality& place) const {
    return std::any_of(outages_.begin(), outages_.end(), [&](const Outage& outage) {
      return outage.of != Outage::Of::kService && Covers(outage.place, place);
    });
  }
  bool Has(const Member& member) const { return Has(member.locality) || addresses_.contains(member.address); }

 private:
  const std::vector<Outage>& outages_;
  std::set<std::string> addresses_;
};

Members WithoutWhatIsDown(const Members& members, const Down& down) {
  std::vector<Member> left(members.begin(), members.end());
  for (Member& member : left) member.healthy = member.healthy && !down.Has(member);
  return left;
}

// Where the requests of one source go.
using Flow = std::map<api::Locality, double>;

// Adds the shares of one source, of which there are `sources`, to the load of each address.
using Loads = std::map<std::pair<std::string, uint16_t>, double>;
Flow AddLoads(const Plan& plan, const Shares& shares, double sources, Loads* loads) {
  const std::vector<double> of_members = MemberShares(plan, shares);
  Flow out;
  for (size_t i = 0; i < plan.members.size(); ++i) {
    (*loads)[{plan.members[i].address, plan.members[i].port}] += of_members[i] / sources;
    out[plan.members[i].locality] += of_members[i];
  }
  return out;
}

std::vector<double> ByPlace(const Flow& flow, const std::vector<PlaceLoad>& places) {
  std::vector<double> out;
  for (const PlaceLoad& load : places) {
    const auto at = flow.find(load.place);
    out.push_back(at == flow.end() ? 0 : at->second);
  }
  return out;
}

std::vector<PlaceLoad> PlacesOf(const Members& now, const Members& then, const Loads& loads_now,
                                const Loads& loads_then) {
  std::map<api::Locality, PlaceLoad> places;
  for (size_t i = 0; i < now.size(); ++i) {
    PlaceLoad& load = places[now[i].locality];
    const auto key = std::pair(now[i].address, now[i].port);
    const auto of = [&](const Loads& loads) { return loads.contains(key) ? loads.at(key) : 0; };
    load.place = now[i].locality;
    ++load.endpoints;
    load.healthy_now += now[i].healthy ? 1 : 0;
    load.healthy_then += then[i].healthy ? 1 : 0;
    load.now += of(loads_now);
    load.then += of(loads_then);
  }
  std::vector<PlaceLoad> out;
  for (auto& [place, load] : places) {
    load.now /= std::max(load.healthy_now, 1);
    load.then /= std::max(load.healthy_then, 1);
    out.push_back(load);
  }
  return out;
}

SourceForecast ForecastOf(const Plan& plan, const Shares& now, const Shares& then) {
  SourceForecast out;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    out.steps.push_back({plan.steps[i].name, now.steps[i].members, now.steps[i].healthy,
                         then.steps[i].healthy, now.steps[i].percent / 100.0, then.steps[i].percent / 100.0});
  }
  out.nowhere_now = now.nowhere;
  out.nowhere_then = then.nowhere;
  out.unreached = static_cast<int>(plan.unreached.size());
  return out;
}

class Rehearser {
 public:
  Rehearser(const View& view, const std::vector<Outage>& outages)
      : view_(view), down_(view, outages), sources_(KnownPlaces(view)) {
    if (sources_.empty()) sources_.insert({view.options.cluster_name, "", "", ""});
    left_ = static_cast<double>(std::count_if(sources_.begin(), sources_.end(),
                                              [&](const api::Locality& from) { return !down_.Has(from); }));
  }

  bool everything_down() const { return left_ == 0; }

  TargetForecast Forecast(const Destination& port, const api::FailoverPolicy& policy) const {
    TargetForecast out;
    out.service = port.service;
    out.ports = {port.port};
    out.policy = {Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name};
    const Members now = MembersOf(view_, port, LabelsFor(policy));
    const Members then = WithoutWhatIsDown(now, down_);
    Loads loads_now, loads_then;
    std::vector<std::pair<Flow, Flow>> flows;
    for (const api::Locality& from : sources_) {
      const Plan plan_now = PlanFailover(policy, {from, {}}, now),
                 plan_then = PlanFailover(policy, {from, {}}, then);
      const Shares shares_now = SharesOf(plan_now), shares_then = SharesOf(plan_then);
      SourceForecast source = ForecastOf(plan_now, shares_now, shares_then);
      source.from = AsSeenHere(view_, from);
      source.down = down_.Has(from);
      auto& [flow_now, flow_then] = flows.emplace_back();
      flow_now = AddLoads(plan_now, shares_now, static_cast<double>(sources_.size()), &loads_now);
      if (!source.down) {
        flow_then = AddLoads(plan_then, shares_then, left_, &loads_then);
        out.stranded = out.stranded || source.nowhere_then > 0;
      }
      out.sources.push_back(std::move(source));
    }
    out.places = PlacesOf(now, then, loads_now, loads_then);
    for (size_t i = 0; i < flows.size(); ++i) {
      out.sources[i].to_place_now = ByPlace(flows[i].first, out.places);
      out.sources[i].to_place_then = ByPlace(flows[i].second, out.places);
    }
    for (PlaceLoad& load : out.places) load.place = AsSeenHere(view_, load.place);
    return out;
  }

 private:
  const View& view_;
  const Down down_;
  std::set<api::Locality> sources_;
  double left_ = 0;  // sources that are not down
};

// Ports that lead to the same are told once.
void AddTarget(TargetForecast target, std::vector<TargetForecast>* targets) {
  if (!targets->empty()) {
    TargetForecast& last = targets->back();
    const std::vector<uint16_t> port = std::exchange(target.ports, last.ports);
    if (last == target) {
      last.ports.insert(last.ports.end(), port.begin(), port.end());
      return;
    }
    target.ports = port;
  }
  targets->push_back(std::move(target));
}

}  // namespace

Rehearsal Rehearse(const World& world, const std::vector<Outage>& outages,
                   const std::optional<NamespacedName>& only) {
  const View& view = world.view();
  const Rehearser rehearser(view, outages);
  Rehearsal out;
  out.outages = outages;
  out.everything_down = rehearser.everything_down();
  out.stranded = out.everything_down;
  for (const ObjectKey& service : ServicesWithPolicy(view)) {
    if (only && service.nn() != *only) continue;
    for (const PortInfo& port : PortsOf(view, service).value_or(std::vector<PortInfo>())) {
      const Ptr<api::FailoverPolicy> policy = WinnerAt(view, service, port.name);
      if (policy == nullptr) continue;
      Carriers carriers(view, *policy);
      const Carried carried = carriers.At(*world.services().at(service));
      TargetForecast target = rehearser.Forecast({service, port.port}, *carried.policy);
      target.not_carried = carried.why_not;
      out.stranded = out.stranded || target.stranded;
      AddTarget(std::move(target), &out.targets);
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers::failover
