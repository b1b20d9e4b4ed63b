#include "crds/api/failover_policy.h"

#include <algorithm>

#include "crds/api/policy_reader.h"
#include "crds/base/meta_json.h"
#include "crds/base/names.h"

namespace fairlead::api {
namespace {

constexpr size_t kMaxRules = 32, kMaxSteps = 16, kMaxEntries = 12, kMaxPriorityLabels = 16;

Locality ReadLocality(ObjectReader& r) {
  Locality out;
  out.cluster = r.String("cluster", kPlaceRule).value_or("");
  out.region = r.String("region", kPlaceRule).value_or("");
  out.zone = r.String("zone", kPlaceRule).value_or("");
  out.subzone = r.String("subzone", kPlaceRule).value_or("");
  if (r.Has("zone") && !r.Has("region")) r.field().Add("zone needs region");
  if (r.Has("subzone") && !r.Has("zone")) r.field().Add("subzone needs zone");
  return out;
}

void CheckWeights(ObjectReader& step, const FailoverStep& s, bool whole) {
  const auto weighted = [](const WeightedLocality& to) { return to.weight.has_value(); };
  const auto count = std::count_if(s.to.begin(), s.to.end(), weighted);
  if (count == 0 || !whole) return;
  if (static_cast<size_t>(count) != s.to.size()) {
    step.at("to").Add("must have weights in all entries or in none");
    return;
  }
  int sum = 0;
  for (const WeightedLocality& to : s.to) sum += to.weight.value_or(0);
  if (sum != 100)
    step.at("to").Add("must have weights that add up to 100, they add up to " + std::to_string(sum));
}

FailoverStep ReadStep(ObjectReader& r) {
  FailoverStep out;
  bool whole = true;  // every weight could be read
  std::vector<Locality> seen;
  r.Objects("to", {.min = 1, .max = kMaxEntries, .required = true}, [&](ObjectReader& entry) {
    WeightedLocality to;
    to.locality = ReadLocality(entry);
    to.weight = entry.Int("weight", 1, 100);
    whole &= to.weight.has_value() == entry.Has("weight");
    if (!entry.Has("cluster") && !entry.Has("region")) entry.field().Add("must have cluster or region");
    if (std::find(seen.begin(), seen.end(), to.locality) != seen.end()) {
      r.at("to").Add("must not repeat a locality");
    }
    seen.push_back(to.locality);
    out.to.push_back(std::move(to));
  });
  CheckWeights(r, out, whole);
  return out;
}

void WarnOfRepeats(ObjectReader& rule, const LocalityRule& r) {
  std::vector<Locality> earlier;
  for (size_t i = 0; i < r.steps.size(); ++i) {
    for (const WeightedLocality& to : r.steps[i].to) {
      if (std::find(earlier.begin(), earlier.end(), to.locality) != earlier.end()) {
        rule.at("steps")[i].Warn("names a locality of an earlier step again, which has no effect");
        break;
      }
    }
    for (const WeightedLocality& to : r.steps[i].to) earlier.push_back(to.locality);
  }
}

bool Holds(const Locality& pattern, const Locality& place) {
  const auto agrees = [](const std::string& wanted, const std::string& has) {
    return wanted.empty() || wanted == has;
  };
  return agrees(pattern.cluster, place.cluster) && agrees(pattern.region, place.region) &&
         agrees(pattern.zone, place.zone) && agrees(pattern.subzone, place.subzone);
}

bool Names(const FailoverStep& step, const Locality& place) {
  return std::any_of(step.to.begin(), step.to.end(),
                     [&](const WeightedLocality& to) { return Holds(to.locality, place); });
}

// Its own place comes after another one.
bool GivesAway(const LocalityRule& rule) {
  if (rule.steps.empty() || Names(rule.steps.front(), rule.from)) return false;
  return std::any_of(rule.steps.begin(), rule.steps.end(),
                     [&](const FailoverStep& step) { return Names(step, rule.from); });
}

// Places whose rules send to each other before they keep anything themselves: the requests cross over.
void WarnOfCircles(ObjectReader& spec, const std::vector<LocalityRule>& rules) {
  std::vector<bool> told(rules.size());
  for (size_t first = 0; first < rules.size(); ++first) {
    std::vector<size_t> way{first};
    while (way.size() <= rules.size() && GivesAway(rules[way.back()])) {
      const FailoverStep& step = rules[way.back()].steps.front();
      const auto next = std::find_if(rules.begin(), rules.end(), [&](const LocalityRule& rule) {
        return rule.from != Locality() && Names(step, rule.from);
      });
      if (next == rules.end()) break;
      way.push_back(static_cast<size_t>(next - rules.begin()));
      if (way.back() == first) break;
    }
    if (way.size() < 2 || way.back() != first || told[first]) continue;
    for (const size_t rule : way) told[rule] = true;
    spec.at("localities")[first].Warn(
        "sends to the place of localities[" + std::to_string(way[1]) +
        "] before its own, and that comes back to it: requests go round in a circle");
  }
}

void ReadLocalities(ObjectReader& spec, FailoverPolicy* out) {
  std::vector<Locality> sources;
  spec.Objects("localities", {.max = kMaxRules}, [&](ObjectReader& r) {
    LocalityRule rule;
    r.Object("from", [&](ObjectReader& from) { rule.from = ReadLocality(from); });
    r.Objects("steps", {.min = 1, .max = kMaxSteps, .required = true},
              [&](ObjectReader& step) { rule.steps.push_back(ReadStep(step)); });
    WarnOfRepeats(r, rule);
    if (std::find(sources.begin(), sources.end(), rule.from) != sources.end()) {
      spec.at("localities").Add("must not have two rules from the same locality");
    }
    sources.push_back(rule.from);
    out->localities.push_back(std::move(rule));
  });
  WarnOfCircles(spec, out->localities);
}

void ReadSpec(ObjectReader& spec, FailoverPolicy* out) {
  out->targets = ReadTargets(spec, {Kind::kService, Kind::kServiceEntry});
  ReadLocalities(spec, out);
  out->priority_labels = ReadStringSet(spec, "priorityLabels", {.max = kMaxPriorityLabels},
                                       {.max = 317, .check = CheckLabelKey});
  if (!out->localities.empty() && !out->priority_labels.empty()) {
    spec.field().Add("must not have both localities and priorityLabels");
  }
  out->min_healthy_percent = spec.Int("minHealthyPercent", 1, 100).value_or(out->min_healthy_percent);
  spec.Object("outlierDetection", [&](ObjectReader& r) {
    OutlierDetection& o = out->outlier_detection;
    const DurationRule interval{Duration::Milliseconds(100), Duration::Seconds(3600)};
    const DurationRule ejection{Duration::Milliseconds(100), Duration::Seconds(86400)};
    o.consecutive_errors = r.Int("consecutiveErrors", 0, 1000).value_or(o.consecutive_errors);
    o.interval = r.ReadDuration("interval", interval).value_or(o.interval);
    o.base_ejection_time = r.ReadDuration("baseEjectionTime", ejection).value_or(o.base_ejection_time);
    o.max_ejection_percent = r.Int("maxEjectionPercent", 1, 100).value_or(o.max_ejection_percent);
    if (o.consecutive_errors == 0) {
      r.at("consecutiveErrors")
          .Warn("0 turns outlier detection off: only endpoints that are not ready count as failed");
    }
  });
  out->drill = ReadDrill(spec);
}

Json::Value ToJson(const LocalityRule& rule) {
  Json::Value out(Json::objectValue);
  out["from"] = ToJson(rule.from);
  for (const FailoverStep& step : rule.steps) {
    Json::Value to(Json::arrayValue);
    for (const WeightedLocality& entry : step.to) {
      Json::Value item = ToJson(entry.locality);
      if (entry.weight) item["weight"] = *entry.weight;
      to.append(item);
    }
    Json::Value item(Json::objectValue);
    item["to"] = to;
    out["steps"].append(item);
  }
  return out;
}

}  // namespace

Parsed<FailoverPolicy> ParseFailoverPolicy(const JsonNode& object) {
  return ParseOwn<FailoverPolicy>(object, ReadSpec, [](const JsonNode& status, FailoverPolicy* out) {
    out->status = ParsePolicyStatus(status);
  });
}

Json::Value ToJson(const FailoverPolicy& policy) {
  Json::Value out = ObjectToJson(policy.kKind, policy.meta);
  out["spec"] = SpecToJson(policy);
  if (policy.status) out["status"] = ToJson(*policy.status);
  return out;
}

Json::Value SpecToJson(const FailoverPolicy& policy) {
  Json::Value spec;
  WriteTargets(policy.targets, &spec);
  for (const LocalityRule& rule : policy.localities) spec["localities"].append(ToJson(rule));
  if (!policy.priority_labels.empty()) spec["priorityLabels"] = fairlead::ToJson(policy.priority_labels);
  spec["minHealthyPercent"] = policy.min_healthy_percent;
  Json::Value& outlier = spec["outlierDetection"];
  outlier["consecutiveErrors"] = policy.outlier_detection.consecutive_errors;
  outlier["interval"] = policy.outlier_detection.interval.ToString();
  outlier["baseEjectionTime"] = policy.outlier_detection.base_ejection_time.ToString();
  outlier["maxEjectionPercent"] = policy.outlier_detection.max_ejection_percent;
  if (policy.drill) spec["drill"] = ToJson(*policy.drill);
  return spec;
}

}  // namespace fairlead::api
