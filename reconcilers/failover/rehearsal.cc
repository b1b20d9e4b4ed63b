#include "reconcilers/failover/rehearsal.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <utility>

#include "reconcilers/failover/carried.h"
#include "reconcilers/failover/drill.h"
#include "reconcilers/failover/flow.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/failover/sources.h"
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

using ByLocality = std::map<api::Locality, double>;

// Adds the shares of one source, of which there are `sources`, to the load of each address. Gives where its
// requests go.
using Loads = std::map<std::pair<std::string, uint16_t>, double>;
ByLocality AddLoads(const Flow& flow, double sources, Loads* loads) {
  const std::vector<double> of_members = flow.OfMembers();
  const Members& members = flow.plan().members;
  ByLocality out;
  for (size_t i = 0; i < members.size(); ++i) {
    (*loads)[{members[i].address, members[i].port}] += of_members[i] / sources;
    out[members[i].locality] += of_members[i];
  }
  return out;
}

std::vector<double> ByPlace(const ByLocality& flow, const std::vector<PlaceLoad>& places) {
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

SourceForecast ForecastOf(const Flow& now, const Flow& then) {
  SourceForecast out;
  const auto& steps_now = now.shares().steps;
  const auto& steps_then = then.shares().steps;
  for (size_t i = 0; i < steps_now.size(); ++i) {
    out.steps.push_back({now.plan().steps[i].name, steps_now[i].members, steps_now[i].healthy,
                         steps_then[i].healthy, steps_now[i].percent / 100.0, steps_then[i].percent / 100.0});
  }
  out.nowhere_now = now.shares().nowhere;
  out.nowhere_then = then.shares().nowhere;
  out.unreached = static_cast<int>(now.plan().unreached.size());
  return out;
}

// Of the policy's labels those in which the source differs from the others: "version=v1, no tier".
std::string InWords(const std::vector<std::string>& labels, const std::vector<Source>& sources,
                    size_t which) {
  std::string out;
  for (const std::string& label : labels) {
    const auto value = [&](const Source& of) { return LabelOf(label, of.labels, of.locality); };
    const std::string own(value(sources[which]));
    if (std::all_of(sources.begin(), sources.end(), [&](const Source& of) { return value(of) == own; }))
      continue;
    out += (out.empty() ? "" : ", ") + (own.empty() ? "no " + label : label + "=" + own);
  }
  return out;
}

// Sources of one place are told once, but where their labels lead requests to other steps.
std::vector<SourceForecast> TellOnce(const api::FailoverPolicy& policy, const std::set<Source>& sources,
                                     std::vector<SourceForecast> all) {
  std::vector<SourceForecast> out;
  auto source = sources.begin();
  for (size_t at = 0; at < all.size();) {
    std::vector<Source> here;
    for (; source != sources.end() && (here.empty() || source->locality == here[0].locality); ++source)
      here.push_back(*source);
    const auto begin = all.begin() + static_cast<ptrdiff_t>(at),
               end = begin + static_cast<ptrdiff_t>(here.size());
    if (std::adjacent_find(begin, end, std::not_equal_to<>()) == end) {
      out.push_back(std::move(*begin));
    } else {
      for (size_t i = 0; i < here.size(); ++i) {
        out.push_back(std::move(all[at + i]));
        out.back().labels = InWords(policy.priority_labels, here, i);
      }
    }
    at += here.size();
  }
  return out;
}

class Rehearser {
 public:
  Rehearser(const View& view, const std::vector<Outage>& outages)
      : view_(view), down_(view, outages), places_(KnownPlaces(view)) {
    if (places_.empty()) places_.insert({view.options.cluster_name, "", "", ""});
  }

  TargetForecast Forecast(const Destination& port, const api::FailoverPolicy& policy,
                          const std::optional<NamespacedName>& waypoint) const {
    TargetForecast out;
    out.service = port.service;
    out.ports = {port.port};
    out.policy = {Kind::kFailoverPolicy, policy.meta.ns, policy.meta.name};
    const KnownSources known = SourcesOf(view_, waypoint);
    if (known.of_proxies) out.waypoint = waypoint;
    const std::set<Source> sources = known.AlsoAt(places_);
    const Members now = MembersOf(view_, port, LabelsFor(policy));
    const Members then = WithoutWhatIsDown(now, down_);
    const EffectiveDrill* const drill = view_.drills.At(port);
    const bool lasts = drill != nullptr && Lasts(*drill, policy, sources, then);
    if (drill != nullptr) out.drill = InWords(*drill, lasts);
    std::map<api::Locality, size_t> places;  // with their sources
    for (const Source& from : sources) ++places[from.locality];
    const auto left =
        std::count_if(places.begin(), places.end(), [&](const auto& at) { return !down_.Has(at.first); });
    Loads loads_now, loads_then;
    std::vector<std::pair<ByLocality, ByLocality>> flows;
    for (const Source& from : sources) {
      const Flow flow_now(policy, from, now, drill), flow_then(policy, from, then, lasts ? drill : nullptr);
      SourceForecast source = ForecastOf(flow_now, flow_then);
      source.from = AsSeenHere(view_, from.locality);
      source.down = down_.Has(from.locality);
      const auto here = static_cast<double>(places[from.locality]);
      auto& [to_now, to_then] = flows.emplace_back();
      to_now = AddLoads(flow_now, static_cast<double>(places.size()) * here, &loads_now);
      if (!source.down) {
        to_then = AddLoads(flow_then, static_cast<double>(left) * here, &loads_then);
        out.stranded = out.stranded || source.nowhere_then > 0;
      }
      out.sources.push_back(std::move(source));
    }
    out.everything_down = left == 0;
    out.stranded = out.stranded || out.everything_down;
    out.places = PlacesOf(now, then, loads_now, loads_then);
    for (size_t i = 0; i < flows.size(); ++i) {
      out.sources[i].to_place_now = ByPlace(flows[i].first, out.places);
      out.sources[i].to_place_then = ByPlace(flows[i].second, out.places);
    }
    out.sources = TellOnce(policy, sources, std::move(out.sources));
    for (PlaceLoad& load : out.places) load.place = AsSeenHere(view_, load.place);
    return out;
  }

 private:
  // It ends at once where it leaves requests without any place to go, unless it is forced.
  bool Lasts(const EffectiveDrill& drill, const api::FailoverPolicy& policy, std::set<Source> sources,
             const Members& then) const {
    if (policy.drill && policy.drill->force) return true;
    std::erase_if(sources, [&](const Source& from) { return down_.Has(from.locality); });
    return !Strands(policy, sources, then, drill.down);
  }

  static std::string InWords(const EffectiveDrill& drill, bool lasts) {
    return "a drill leaves out " + api::DownToString(drill.down) + " now, and " +
           (lasts ? "goes on then" : "ends then: with it nothing healthy would be left");
  }

  const View& view_;
  const Down down_;
  std::set<api::Locality> places_;  // from which requests may come where that is not known
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
  for (const ObjectKey& service : ServicesWithPolicy(view)) {
    if (only && service.nn() != *only) continue;
    for (const PortInfo& port : PortsOf(view, service).value_or(std::vector<PortInfo>())) {
      const Ptr<api::FailoverPolicy> policy = WinnerAt(view, service, port.name);
      if (policy == nullptr) continue;
      Carriers carriers(view, *policy);
      const EffectiveService& effective = *world.services().at(service);
      const Carried carried = carriers.At(effective);
      TargetForecast target = rehearser.Forecast({service, port.port}, *carried.policy, effective.waypoint);
      target.not_carried = carried.why_not;
      out.stranded = out.stranded || target.stranded;
      AddTarget(std::move(target), &out.targets);
    }
  }
  return out;
}

}  // namespace fairlead::reconcilers::failover
