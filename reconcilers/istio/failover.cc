#include "reconcilers/istio/failover.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "reconcilers/failover/steps.h"
#include "reconcilers/istio/seconds.h"

namespace fairlead::reconcilers::istiod {
namespace {

using api::Locality;

constexpr const char* kRegion = "topology.kubernetes.io/region";
constexpr const char* kZone = "topology.kubernetes.io/zone";
constexpr const char* kInstead = "; instead the same zone comes first, then the same region, then any";
// Envoy's overprovisioning factor is 140 there, which is 71.4 %: not to be told from these.
constexpr int kLeastHealthy = 70, kMinHealthy = 71, kMostHealthy = 72;

// As an entry of distribute: "us-east/us-east-1a/*".
std::string PatternOf(const Locality& place) {
  if (place.region.empty()) return "*";
  if (place.zone.empty()) return place.region + "/*";
  if (place.subzone.empty()) return place.region + "/" + place.zone + "/*";
  return place.region + "/" + place.zone + "/" + place.subzone;
}

bool Overlap(const Locality& a, const Locality& b) {
  return failover::Covers(a, b) || failover::Covers(b, a);
}

bool IsRegion(const Locality& place) { return !place.region.empty() && place.zone.empty(); }

bool NamesCluster(const api::LocalityRule& rule) {
  const auto in_step = [](const api::FailoverStep& step) {
    return std::any_of(step.to.begin(), step.to.end(),
                       [](const auto& entry) { return !entry.locality.cluster.empty(); });
  };
  return !rule.from.cluster.empty() || std::any_of(rule.steps.begin(), rule.steps.end(), in_step);
}

// The place itself is no step of its own, before what is written.
bool StartsAtHome(const api::LocalityRule& rule) {
  if (rule.from == Locality()) return true;
  return std::any_of(rule.steps.begin(), rule.steps.end(), [&](const api::FailoverStep& step) {
    return std::any_of(step.to.begin(), step.to.end(),
                       [&](const auto& entry) { return failover::Covers(entry.locality, rule.from); });
  });
}

bool HasWeights(const api::LocalityRule& rule) {
  return std::any_of(rule.steps.begin(), rule.steps.end(),
                     [](const api::FailoverStep& step) { return step.to.front().weight.has_value(); });
}

// The regions in their order, without the own one; nullopt: it is not from region to region.
std::optional<std::vector<std::string>> RegionsOf(const api::LocalityRule& rule) {
  if (!IsRegion(rule.from)) return std::nullopt;
  std::vector<std::string> out;
  for (size_t i = 0; i < rule.steps.size(); ++i) {
    const auto& to = rule.steps[i].to;
    if (to.size() != 1 || !IsRegion(to.front().locality)) return std::nullopt;
    const std::string& region = to.front().locality.region;
    if (region == rule.from.region && i > 0) return std::nullopt;
    if (region != rule.from.region) out.push_back(region);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

// Empty: the rule can be one of distribute; else why not.
std::string WhyNotDistribute(const api::LocalityRule& rule) {
  if (rule.steps.size() > 1 || !StartsAtHome(rule)) {
    if (HasWeights(rule)) return "a DestinationRule has weights or an order of steps, not both";
    if (RegionsOf(rule))
      return "a DestinationRule has weights or an order of regions, not one here and the other there";
    return "an order of steps goes from region to region only in a DestinationRule";
  }
  const auto& to = rule.steps.front().to;
  if (to.size() > 1 && !HasWeights(rule)) return "places of one step have weights in a DestinationRule";
  for (size_t i = 0; i < to.size(); ++i) {
    for (size_t j = i + 1; j < to.size(); ++j) {
      if (Overlap(to[i].locality, to[j].locality))
        return "places of one step may not overlap in a DestinationRule";
    }
  }
  return "";
}

class RuleWriter {
 public:
  explicit RuleWriter(const api::FailoverPolicy& policy) : policy_(policy) {}

  FailoverRule Write() {
    out_.locality["enabled"] = true;
    if (!policy_.priority_labels.empty()) {
      for (const std::string& label : policy_.priority_labels) Append("failoverPriority", label);
    } else if (policy_.localities.empty() || !Localities()) {
      for (const char* label : {kRegion, kZone}) Append("failoverPriority", label);
    }
    if (policy_.min_healthy_percent < kLeastHealthy || policy_.min_healthy_percent > kMostHealthy) {
      out_.limits.push_back(
          "spec.minHealthyPercent is not carried: a DestinationRule has no such field; instead it is 71");
    }
    Outlier();
    return std::move(out_);
  }

 private:
  void Append(const char* member, const std::string& value) { out_.locality[member].append(value); }

  // False: none of it is carried.
  bool Localities() {
    for (size_t i = 0; i < policy_.localities.size(); ++i) {
      if (!NamesCluster(policy_.localities[i])) continue;
      Refuse(
          i,
          "places name no clusters in a DestinationRule (priorityLabels with topology.istio.io/cluster do)");
      return false;
    }
    if (const auto regions = AllRegions()) {
      Regions(*regions);
      return true;
    }
    return Distribute();
  }

  std::optional<std::vector<std::vector<std::string>>> AllRegions() const {
    std::vector<std::vector<std::string>> out;
    for (const api::LocalityRule& rule : policy_.localities) {
      auto regions = RegionsOf(rule);
      if (!regions) return std::nullopt;
      out.push_back(*std::move(regions));
    }
    return out;
  }

  void Regions(const std::vector<std::vector<std::string>>& regions) {
    bool beyond = false;
    for (size_t i = 0; i < regions.size(); ++i) {
      Json::Value item(Json::objectValue);
      item["from"] = policy_.localities[i].from.region;
      item["to"] = regions[i].front();
      out_.locality["failover"].append(std::move(item));
      beyond = beyond || regions[i].size() > 1;
    }
    out_.limits.push_back(std::string("spec.localities is carried in part: ") +
                          (beyond ? "a DestinationRule names one region after the own; " : "") +
                          "inside a region the same zone comes first, and any other region comes last");
  }

  bool Distribute() {
    const auto& rules = policy_.localities;
    for (size_t i = 0; i < rules.size(); ++i) {
      std::string why = WhyNotDistribute(rules[i]);
      for (size_t j = 0; j < i && why.empty(); ++j) {
        if (Overlap(rules[i].from, rules[j].from)) {
          why = "the sources of rules may not overlap in a DestinationRule";
        }
      }
      if (why.empty()) continue;
      Refuse(i, why);
      return false;
    }
    bool anywhere = false;
    for (const api::LocalityRule& rule : rules) {
      Json::Value item(Json::objectValue);
      item["from"] = PatternOf(rule.from);
      for (const auto& entry : rule.steps.front().to)
        item["to"][PatternOf(entry.locality)] = entry.weight.value_or(100);
      out_.locality["distribute"].append(std::move(item));
      anywhere = anywhere || rule.from == Locality();
    }
    if (!anywhere) {
      out_.limits.push_back(
          "spec.localities is carried in part: requests from places without a rule go to all endpoints "
          "alike");
    }
    return true;
  }

  void Refuse(size_t rule, const std::string& why) {
    out_.limits.push_back("spec.localities[" + std::to_string(rule) +
                          "] is not carried, nor is any other: " + why + kInstead);
  }

  // Errors of every kind count together, and nothing else ejects; the panic threshold is 0.
  void Outlier() {
    const api::OutlierDetection& from = policy_.outlier_detection;
    out_.outlier["consecutive5xxErrors"] = from.consecutive_errors;
    out_.outlier["interval"] = Seconds(from.interval);
    out_.outlier["baseEjectionTime"] = Seconds(from.base_ejection_time);
    out_.outlier["maxEjectionPercent"] = from.max_ejection_percent;
    out_.outlier["minHealthPercent"] = 0;
  }

  const api::FailoverPolicy& policy_;
  FailoverRule out_;
};

api::FailoverStep ToPlace(const Locality& place) { return {{{place, std::nullopt}}}; }

// What `failover` makes of requests from each of the places: near by first, then the region that is named for
// theirs, then any other.
std::vector<api::LocalityRule> InRegions(const Json::Value& failover, const std::set<Locality>& places) {
  std::map<std::string, std::string> next;
  for (const Json::Value& item : failover) next.emplace(item["from"].asString(), item["to"].asString());
  std::set<Locality> from;
  for (const auto& [region, to] : next) from.insert({"", region, "", ""});
  for (Locality place : places) {
    place.cluster.clear();
    if (next.contains(place.region)) from.insert(std::move(place));
  }
  std::vector<api::LocalityRule> out;
  for (const Locality& place : from) {
    api::LocalityRule rule{place, {}};
    if (!place.subzone.empty()) rule.steps.push_back(ToPlace(place));
    if (!place.zone.empty()) rule.steps.push_back(ToPlace({"", place.region, place.zone, ""}));
    rule.steps.push_back(ToPlace({"", place.region, "", ""}));
    rule.steps.push_back(ToPlace({"", next.at(place.region), "", ""}));
    rule.steps.push_back(ToPlace(Locality()));
    out.push_back(std::move(rule));
  }
  return out;
}

void Put(const api::FailoverPolicy& policy, Json::Value* to) {
  FailoverRule rule = RuleOf(policy);
  (*to)["loadBalancer"]["localityLbSetting"] = std::move(rule.locality);
  (*to)["outlierDetection"] = std::move(rule.outlier);
}

}  // namespace

FailoverRule RuleOf(const api::FailoverPolicy& policy) { return RuleWriter(policy).Write(); }

api::FailoverPolicy AsCarried(const api::FailoverPolicy& policy,
                              const std::function<std::set<Locality>()>& places) {
  api::FailoverPolicy out = policy;
  out.min_healthy_percent = kMinHealthy;
  const Json::Value locality = RuleOf(policy).locality;
  if (locality.isMember("failoverPriority")) out.localities.clear();
  if (locality.isMember("failover")) out.localities = InRegions(locality["failover"], places());
  if (locality.isMember("distribute") && failover::RuleFor(policy, Locality()) == nullptr)
    out.localities.push_back({Locality(), {ToPlace(Locality())}});  // from elsewhere: to all alike
  return out;
}

void AddFailover(const std::vector<PortFailover>& ports, Json::Value* traffic_policy) {
  const bool agree = std::all_of(ports.begin(), ports.end(), [&](const PortFailover& port) {
    return port.policy == ports.front().policy;
  });
  if (ports.empty() || (agree && ports.front().policy == nullptr)) return;
  if (agree) return Put(*ports.front().policy, traffic_policy);
  for (const PortFailover& port : ports) {
    if (port.policy == nullptr) continue;
    Json::Value settings(Json::objectValue);
    settings["port"]["number"] = port.port;
    Put(*port.policy, &settings);
    (*traffic_policy)["portLevelSettings"].append(std::move(settings));
  }
}

}  // namespace fairlead::reconcilers::istiod
