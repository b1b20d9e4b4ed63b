#include "reconcilers/failover/report.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <tuple>
#include <utility>

#include "reconcilers/failover/flow.h"
#include "reconcilers/failover/members.h"
#include "reconcilers/lower/locality.h"
#include "reconcilers/status/losses.h"
#include "reconcilers/store/network.h"
#include "reconcilers/store/remotes.h"

namespace fairlead::reconcilers::failover {
namespace {

using api::FailoverSource;
using api::FailoverStatus;
using api::Locality;

// The step as it is written; null: it is not (the own place, or the nearest first).
const api::FailoverStep* WrittenAs(const api::FailoverPolicy& policy, const Locality& from, const Plan& plan,
                                   size_t step) {
  const api::LocalityRule* rule = policy.priority_labels.empty() ? RuleFor(policy, from) : nullptr;
  if (rule == nullptr) return nullptr;
  const size_t own = plan.steps.size() - rule->steps.size();
  return step < own ? nullptr : &rule->steps[step - own];
}

// The worst first: requests are refused, then not where they are to go, then a step would not work.
int Severity(const FailoverSource& source) {
  if (source.unserved > 0) return 0;
  if (source.active > 1) return 1;
  const bool lacks = std::any_of(source.steps.begin(), source.steps.end(),
                                 [](const auto& step) { return !step.missing.empty(); });
  return lacks ? 2 : 3;
}

bool SameTarget(const FailoverSource& a, const FailoverSource& b) {
  return a.kind == b.kind && a.ns == b.ns && a.name == b.name && a.ports == b.ports;
}

// Of sources of one place, which differ in labels, the worst.
void AddSource(FailoverSource source, std::vector<FailoverSource>* out) {
  if (out->empty() || out->back().from != source.from) return out->push_back(std::move(source));
  if (Severity(source) < Severity(out->back())) out->back() = std::move(source);
}

bool InOrder(const FailoverSource& a, const FailoverSource& b) {
  return std::tie(a.kind, a.ns, a.name, a.ports, a.from) < std::tie(b.kind, b.ns, b.name, b.ports, b.from);
}

// To those of another port for which it is the same, or as a view of its own.
void AddPort(uint16_t port, std::vector<FailoverSource> sources,
             std::vector<std::vector<FailoverSource>>* by_ports) {
  for (std::vector<FailoverSource>& other : *by_ports) {
    for (FailoverSource& source : sources) source.ports = other.front().ports;
    if (other != sources) continue;
    for (FailoverSource& source : other) source.ports.push_back(port);
    return;
  }
  for (FailoverSource& source : sources) source.ports = {port};
  by_ports->push_back(std::move(sources));
}

void SetColumns(const std::vector<FailoverSource>& sources, FailoverStatus* out) {
  constexpr size_t kShown = 6;
  if (sources.empty()) return;
  size_t least = SIZE_MAX, most = 0;
  std::set<int> active;
  for (const FailoverSource& source : sources) {
    least = std::min(least, source.steps.size());
    most = std::max(most, source.steps.size());
    active.insert(source.active);
  }
  out->steps = least == most ? std::to_string(most) : std::to_string(least) + "-" + std::to_string(most);
  size_t shown = 0;
  for (const int step : active) {
    if (shown++ == kShown) break;
    out->active += (out->active.empty() ? "" : ",") + std::to_string(step);
  }
  if (active.size() > kShown) out->active += ",...";
}

// The first steps, and the one that gets the most wherever it is; each text as short as a status has it.
void Shorten(FailoverSource* source) {
  constexpr size_t kMaxText = 256;
  if (source->steps.size() > FailoverSource::kMaxSteps) {
    source->more_steps = static_cast<int>(source->steps.size() - FailoverSource::kMaxSteps);
    if (source->active > static_cast<int>(FailoverSource::kMaxSteps)) {
      api::FailoverStepStatus& last = source->steps[FailoverSource::kMaxSteps - 1];
      last = source->steps[static_cast<size_t>(source->active) - 1];
      last.number = source->active;
    }
    source->steps.resize(FailoverSource::kMaxSteps);
  }
  for (api::FailoverStepStatus& step : source->steps) {
    step.to = CutText(step.to, kMaxText);
    step.missing = CutText(step.missing, kMaxText);
  }
}

}  // namespace

Reporter::Reporter(const View& view, const Lowered& lowered)
    : view_(view), lowered_(lowered), places_(CallerPlaces(view)) {}

Members Reporter::MembersAt(const Destination& destination, const api::FailoverPolicy& policy) const {
  const auto at = lowered_.find(destination);
  if (at != lowered_.end() && at->second->failover &&
      at->second->failover->policy->meta.nn() == policy.meta.nn()) {
    return at->second->failover->members;
  }
  return MembersOf(view_, destination, LabelsFor(policy));
}

// What is to be known of the other clusters of a step; empty: nothing.
std::string Reporter::AboutClusters(const Facts& facts, const api::FailoverStep* written, const Plan& plan,
                                    size_t step) const {
  std::set<std::string> names;
  if (written != nullptr) {
    for (const auto& entry : written->to) names.insert(entry.locality.cluster);
  }
  for (const Part& part : plan.steps[step].parts) names.insert(part.locality.cluster);
  const auto& clusters = view_.remotes.clusters();
  std::vector<std::string> out;
  for (const std::string& name : names) {
    if (name.empty() || name == view_.options.cluster_name) continue;
    const auto remote = clusters.find(name);
    const std::string workspace = ExcludedBy(view_, facts.ns, name);
    if (!workspace.empty() && remote != clusters.end()) {
      out.push_back("cluster " + name + " is not joined: settings of workspace " + workspace);
    } else if (remote == clusters.end()) {
      if (plan.steps[step].parts.empty()) out.push_back("cluster " + name + " is not known");
    } else if (remote->second.status.state != RemoteState::kFresh) {
      const RemoteStatus& status = remote->second.status;
      const std::string since = status.since.ToString();
      out.push_back("cluster " + name + " is " + std::string(ToString(status.state)) +
                    (status.kept ? ", known from before the start: of " + since : " since " + since));
    }
    const auto apart = facts.apart.find(name);
    if (remote == clusters.end() || apart == facts.apart.end()) continue;
    for (const std::string& network : apart->second) {
      if (HasGateway(remote->second.tables, network)) {
        if (!facts.through_gateways)
          out.push_back("network " + network + " of cluster " + name +
                        " is reached by its gateway alone, which this waypoint does not use");
      } else {
        out.push_back("no east-west gateway known for network " + network + " in cluster " + name);
      }
    }
  }
  return JoinBounded(out, "; ");
}

std::string Reporter::MissingAt(const api::FailoverPolicy& policy, const Facts& facts, const Source& from,
                                const Plan& plan, size_t step) const {
  int members = 0, healthy = 0;
  for (const Part& part : plan.steps[step].parts) {
    for (const size_t i : part.members) {
      ++members;
      healthy += plan.members[i].healthy ? 1 : 0;
    }
  }
  std::vector<std::string> out;
  if (members == 0) {
    out.push_back("no endpoints");
  } else if (healthy == 0) {
    out.push_back("no healthy endpoint");
  } else if (healthy * 100 < members * policy.min_healthy_percent) {
    out.push_back("too few are healthy (spec.minHealthyPercent): it gives away a part");
  } else if (policy.outlier_detection.consecutive_errors == 0 && step + 1 < plan.steps.size()) {
    out.push_back("no outlier detection: it gives away nothing while its endpoints are ready");
  }
  const size_t labels = policy.priority_labels.size();
  if (const size_t lacking = FirstLacking(policy, from); step + lacking < labels)
    out.push_back(WhyLacking(policy.priority_labels[lacking], facts.sources, facts.through_gateways));
  std::string clusters = AboutClusters(facts, WrittenAs(policy, from.locality, plan, step), plan, step);
  if (!clusters.empty()) out.push_back(std::move(clusters));
  return JoinBounded(out, "; ");
}

FailoverSource Reporter::SourceOf(const api::FailoverPolicy& policy, const Facts& facts, const Source& from,
                                  const Members& members, const EffectiveDrill* drill) const {
  const Flow flow(policy, from, members, drill);
  const Plan& plan = flow.plan();
  const Shares& shares = flow.shares();
  FailoverSource out;
  out.from = AsSeenHere(view_, from.locality);
  int most = 0;
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    const StepShare& share = shares.steps[i];
    out.steps.push_back({plan.steps[i].name, share.members, share.healthy, share.percent,
                         MissingAt(policy, facts, from, plan, i), Timestamp()});
    if (flow.LeftOut(i) > 0) {
      std::string& missing = out.steps.back().missing;
      missing = "a drill leaves out " + std::to_string(flow.LeftOut(i)) + " of its endpoints" +
                (missing.empty() ? "" : "; " + missing);
    }
    if (share.percent <= most) continue;
    most = share.percent;
    out.active = static_cast<int>(i) + 1;
  }
  out.unserved = static_cast<int>(std::lround(shares.nowhere * 100));
  out.unreached = static_cast<int>(plan.unreached.size());
  return out;
}

std::vector<FailoverSource> Reporter::Sources(const api::FailoverPolicy& policy, const Target& target) const {
  std::vector<std::vector<FailoverSource>> by_ports;
  const KnownSources known = SourcesOf(view_, target.waypoint);
  const std::set<Source> from = known.placed.empty() ? known.AlsoAt(places_) : known.placed;
  for (const uint16_t port : target.ports) {
    const Members members = MembersAt({target.service, port}, policy);
    const Facts facts{target.service.ns, NetworksApart(view_, members),
                      GoesThroughGateways(view_, target.service), known};
    std::vector<FailoverSource> sources;
    for (const Source& one : from) {
      FailoverSource source = SourceOf(policy, facts, one, members, view_.drills.At({target.service, port}));
      source.kind = target.service.kind;
      source.ns = target.service.ns;
      source.name = target.service.name;
      AddSource(std::move(source), &sources);
    }
    AddPort(port, std::move(sources), &by_ports);
  }
  std::vector<FailoverSource> out;
  for (auto& sources : by_ports) std::move(sources.begin(), sources.end(), std::back_inserter(out));
  return out;
}

std::string InWords(const api::OutlierDetection& detection) {
  if (detection.consecutive_errors == 0) return "off";
  return std::to_string(detection.consecutive_errors) +
         (detection.consecutive_errors == 1 ? " error" : " errors in a row") + ": out for " +
         detection.base_ejection_time.ToString() + ", longer each time, at most " +
         std::to_string(detection.max_ejection_percent) + " % of the endpoints; looked at every " +
         detection.interval.ToString();
}

FailoverStatus Bounded(std::vector<FailoverSource> sources, int more) {
  FailoverStatus out;
  out.more_sources = more;
  SetColumns(sources, &out);
  std::stable_sort(sources.begin(), sources.end(), [](const FailoverSource& a, const FailoverSource& b) {
    return Severity(a) < Severity(b);
  });
  for (FailoverSource& source : sources) {
    const auto of_target =
        std::count_if(out.sources.begin(), out.sources.end(),
                      [&](const FailoverSource& other) { return SameTarget(other, source); });
    if (out.sources.size() == FailoverStatus::kMaxSources ||
        static_cast<size_t>(of_target) == FailoverStatus::kMaxPlaces) {
      ++out.more_sources;
      continue;
    }
    Shorten(&source);
    if (source.ports.size() > FailoverSource::kMaxPorts) source.ports.resize(FailoverSource::kMaxPorts);
    out.sources.push_back(std::move(source));
  }
  std::sort(out.sources.begin(), out.sources.end(), InOrder);
  return out;
}

}  // namespace fairlead::reconcilers::failover
