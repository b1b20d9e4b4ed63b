#include "reconcilers/failover/steps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>

namespace fairlead::reconcilers::failover {
namespace {

using api::Locality;
using api::WeightedLocality;

// Where a member belongs: the step, and within it the entry whose weight it shares.
struct Slot {
  size_t step = 0;
  size_t entry = 0;
};

int Depth(const Locality& place) {
  const int tier = !place.subzone.empty() ? 3 : !place.zone.empty() ? 2 : place.region.empty() ? 0 : 1;
  return tier * 2 + (place.cluster.empty() ? 0 : 1);
}

// The entry of the step that covers the place, the most specific one.
std::optional<size_t> EntryFor(const std::vector<WeightedLocality>& step, const Locality& place) {
  std::optional<size_t> best;
  for (size_t i = 0; i < step.size(); ++i) {
    if (!Covers(step[i].locality, place)) continue;
    if (!best || Depth(step[i].locality) > Depth(step[*best].locality)) best = i;
  }
  return best;
}

// A part of a step before the weights of all are brought to whole numbers.
struct Draft {
  Part part;
  size_t entry = 0;
  uint64_t weight = 0;  // of its members
};

// The entry's weight, shared among its localities by their members' weights, as whole numbers without a
// common divisor: exact while they fit, and to a millionth of the whole else.
void SetWeights(const std::vector<WeightedLocality>* entries, std::vector<Draft>* drafts) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max(), kScale = 1'000'000, kWhole = 100;
  std::map<size_t, uint64_t> of_entry;
  for (const Draft& draft : *drafts) of_entry[draft.entry] += draft.weight;
  uint64_t common = 1;  // a multiple of what the members of each entry weigh; 0: too large
  for (const auto& [entry, weight] : of_entry) {
    if (common != 0) common = weight > kMost / kWhole ? 0 : std::lcm(common, weight);
    if (common > kMost / kWhole) common = 0;
  }
  std::vector<uint64_t> weights;
  uint64_t divisor = 0;
  for (const Draft& draft : *drafts) {
    const auto whole = static_cast<uint64_t>(
        entries == nullptr ? kWhole : static_cast<uint64_t>((*entries)[draft.entry].weight.value_or(1)));
    const uint64_t entry_weight = of_entry[draft.entry];
    const double share = static_cast<double>(draft.weight) / static_cast<double>(entry_weight);
    weights.push_back(common != 0
                          ? whole * draft.weight * (common / entry_weight)
                          : static_cast<uint64_t>(std::llround(static_cast<double>(whole * kScale) * share)));
    weights.back() = std::max<uint64_t>(weights.back(), 1);
    divisor = std::gcd(divisor, weights.back());
  }
  for (size_t i = 0; i < drafts->size(); ++i)
    (*drafts)[i].part.weight = static_cast<uint32_t>(weights[i] / divisor);
}

// Without weights the localities share by members: as if all were of one entry.
bool IsWeighted(const std::vector<WeightedLocality>& step) {
  return !step.empty() && step.front().weight.has_value();
}

class Builder {
 public:
  Builder(const api::FailoverPolicy& policy, std::vector<Member> members) {
    std::sort(members.begin(), members.end());
    std::erase_if(members, [](const Member& m) { return m.weight == 0; });
    plan_.min_healthy_percent = policy.min_healthy_percent;
    plan_.members = std::move(members);
  }

  // Entries: null where the step has no weights of its own.
  void AddStep(std::string name, const std::vector<WeightedLocality>* entries = nullptr) {
    plan_.steps.push_back({std::move(name), {}});
    entries_.push_back(entries != nullptr && IsWeighted(*entries) ? entries : nullptr);
    drafts_.emplace_back();
  }

  // `slot_of`: nullopt: no step covers the member.
  template <class SlotOf>
  Plan Fill(const SlotOf& slot_of) {
    for (size_t i = 0; i < plan_.members.size(); ++i) {
      const Member& member = plan_.members[i];
      const std::optional<Slot> slot = slot_of(member);
      if (!slot) {
        plan_.unreached.push_back(i);
        continue;
      }
      Draft& draft = drafts_[slot->step][member.locality];
      draft.entry = entries_[slot->step] == nullptr ? 0 : slot->entry;
      draft.weight += member.weight;
      draft.part.members.push_back(i);
    }
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      std::vector<Draft> drafts;
      for (auto& [place, draft] : drafts_[s]) {
        draft.part.locality = place;
        drafts.push_back(std::move(draft));
      }
      SetWeights(entries_[s], &drafts);
      for (Draft& draft : drafts) plan_.steps[s].parts.push_back(std::move(draft.part));
    }
    return std::move(plan_);
  }

 private:
  Plan plan_;
  std::vector<const std::vector<WeightedLocality>*> entries_;  // by step
  std::vector<std::map<Locality, Draft>> drafts_;              // by step
};

Plan ByNearness(const Locality& source, Builder builder) {
  const bool zone = !source.zone.empty(), region = !source.region.empty();
  if (zone) builder.AddStep("same zone");
  if (region) builder.AddStep("same region");
  builder.AddStep("any");
  return builder.Fill([&](const Member& member) -> std::optional<Slot> {
    const bool same_region = member.locality.region == source.region;
    if (zone && same_region && member.locality.zone == source.zone) return Slot{0, 0};
    const size_t after_zone = zone ? 1 : 0;
    if (region && same_region) return Slot{after_zone, 0};
    return Slot{after_zone + (region ? 1 : 0), 0};
  });
}

std::string NameOf(const api::FailoverStep& step) {
  std::string out;
  for (const WeightedLocality& entry : step.to) {
    if (!out.empty()) out += ", ";
    out += ToString(entry.locality);
    if (entry.weight) out += " " + std::to_string(*entry.weight) + "%";
  }
  return out;
}

// The place that the rule is for is a step of its own, before all others, unless a step covers it. It takes
// what no entry names: what is named inside it belongs to its step.
bool HasOwnStep(const api::LocalityRule& rule) {
  if (rule.from == Locality()) return false;
  return std::none_of(rule.steps.begin(), rule.steps.end(), [&](const api::FailoverStep& step) {
    return std::any_of(step.to.begin(), step.to.end(),
                       [&](const WeightedLocality& entry) { return Covers(entry.locality, rule.from); });
  });
}

Plan ByRule(const api::LocalityRule& rule, Builder builder) {
  const bool own = HasOwnStep(rule);
  if (own) builder.AddStep(ToString(rule.from));
  for (const api::FailoverStep& step : rule.steps) builder.AddStep(NameOf(step), &step.to);
  return builder.Fill([&](const Member& member) -> std::optional<Slot> {
    for (size_t s = 0; s < rule.steps.size(); ++s) {
      if (const auto entry = EntryFor(rule.steps[s].to, member.locality))
        return Slot{s + (own ? 1 : 0), *entry};
    }
    if (own && Covers(rule.from, member.locality)) return Slot{0, 0};
    return std::nullopt;
  });
}

// A label of a place is known from the place, where the workload does not say otherwise.
std::string_view LabelOf(const std::string& key, const Labels& labels, const Locality& place) {
  if (const std::string* value = labels.Find(key)) return *value;
  if (key == "topology.kubernetes.io/region") return place.region;
  if (key == "topology.kubernetes.io/zone") return place.zone;
  if (key == "topology.istio.io/subzone") return place.subzone;
  if (key == "topology.istio.io/cluster") return place.cluster;
  return "";
}

Plan ByLabels(const std::vector<std::string>& keys, const Source& source, Builder builder) {
  for (size_t agreeing = keys.size(); agreeing > 0; --agreeing) {
    std::string name = "same";
    for (size_t i = 0; i < agreeing; ++i) name += (i == 0 ? " " : ", ") + keys[i];
    builder.AddStep(std::move(name));
  }
  builder.AddStep("any");
  return builder.Fill([&](const Member& member) -> std::optional<Slot> {
    size_t agreeing = 0;
    for (const std::string& key : keys) {
      const std::string_view wanted = LabelOf(key, source.labels, source.locality);
      if (wanted.empty() || LabelOf(key, member.labels, member.locality) != wanted) break;
      ++agreeing;
    }
    return Slot{keys.size() - agreeing, 0};
  });
}

}  // namespace

bool Covers(const Locality& pattern, const Locality& place) {
  const auto fits = [](const std::string& wanted, const std::string& is) {
    return wanted.empty() || wanted == is;
  };
  return fits(pattern.cluster, place.cluster) && fits(pattern.region, place.region) &&
         fits(pattern.zone, place.zone) && fits(pattern.subzone, place.subzone);
}

const api::LocalityRule* RuleFor(const api::FailoverPolicy& policy, const Locality& source) {
  const api::LocalityRule* best = nullptr;
  for (const api::LocalityRule& rule : policy.localities) {
    if (!Covers(rule.from, source)) continue;
    if (best == nullptr || Depth(rule.from) > Depth(best->from)) best = &rule;
  }
  return best;
}

std::string ToString(const Locality& place) {
  std::string out = place.region;
  if (!place.zone.empty()) out += "/" + place.zone;
  if (!place.subzone.empty()) out += "/" + place.subzone;
  if (!place.cluster.empty()) out = "cluster " + place.cluster + (out.empty() ? "" : " " + out);
  return out.empty() ? "unknown place" : out;
}

Plan PlanFailover(const api::FailoverPolicy& policy, const Source& source, std::vector<Member> members) {
  Builder builder(policy, std::move(members));
  if (!policy.priority_labels.empty()) return ByLabels(policy.priority_labels, source, std::move(builder));
  const api::LocalityRule* rule = RuleFor(policy, source.locality);
  return rule == nullptr ? ByNearness(source.locality, std::move(builder))
                         : ByRule(*rule, std::move(builder));
}

}  // namespace fairlead::reconcilers::failover
