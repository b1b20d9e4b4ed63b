#include "reconcilers/failover/steps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <optional>
#include <string_view>
#include <utility>

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
  size_t place = 0;  // its number among those of the members
  size_t entry = 0;
  uint64_t weight = 0;  // of its members
  std::vector<size_t> members = {};
};

// The entry's weight, shared among its localities by their members' weights, as whole numbers without a
// common divisor: exact while they fit, and to a millionth of the whole else.
std::vector<uint32_t> WeightsOf(const std::vector<WeightedLocality>* entries,
                                const std::vector<Draft>& drafts) {
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max(), kScale = 1'000'000, kWhole = 100;
  std::map<size_t, uint64_t> of_entry;
  for (const Draft& draft : drafts) of_entry[draft.entry] += draft.weight;
  uint64_t common = 1;  // a multiple of what the members of each entry weigh; 0: too large
  for (const auto& [entry, weight] : of_entry) {
    if (common != 0) common = weight > kMost / kWhole ? 0 : std::lcm(common, weight);
    if (common > kMost / kWhole) common = 0;
  }
  std::vector<uint64_t> weights;
  uint64_t divisor = 0;
  for (const Draft& draft : drafts) {
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
  std::vector<uint32_t> out;
  for (const uint64_t weight : weights) out.push_back(static_cast<uint32_t>(weight / divisor));
  return out;
}

// Without weights the localities share by members: as if all were of one entry.
bool IsWeighted(const std::vector<WeightedLocality>& step) {
  return !step.empty() && step.front().weight.has_value();
}

class Builder {
 public:
  Builder(const api::FailoverPolicy& policy, Members members) {
    plan_.min_healthy_percent = policy.min_healthy_percent;
    plan_.members = std::move(members);
  }

  // Entries: null where the step has no weights of its own.
  void AddStep(std::string name, const std::vector<WeightedLocality>* entries = nullptr) {
    plan_.steps.push_back({std::move(name), {}});
    entries_.push_back(entries != nullptr && IsWeighted(*entries) ? entries : nullptr);
  }

  // `slot_at`: of a place; nullopt: no step covers it.
  template <class SlotAt>
  Plan FillByPlace(const SlotAt& slot_at) {
    std::vector<std::optional<Slot>> slots;
    for (size_t p = 0; p < plan_.members.places(); ++p) slots.push_back(slot_at(plan_.members.place(p)));
    return Fill([&](size_t i) { return slots[plan_.members.place_of(i)]; });
  }

  // `slot_of`: of a member by its number; nullopt: no step covers it.
  template <class SlotOf>
  Plan Fill(const SlotOf& slot_of) {
    const size_t places = plan_.members.places();
    std::vector<Draft> drafts(plan_.steps.size() * places);  // by step, then place
    for (size_t i = 0; i < plan_.members.size(); ++i) {
      const std::optional<Slot> slot = slot_of(i);
      if (!slot) {
        plan_.unreached.push_back(i);
        continue;
      }
      Draft& draft = drafts[slot->step * places + plan_.members.place_of(i)];
      draft.entry = entries_[slot->step] == nullptr ? 0 : slot->entry;
      draft.weight += plan_.members[i].weight;
      draft.members.push_back(i);
    }
    for (size_t s = 0; s < plan_.steps.size(); ++s) {
      std::vector<Draft> taken;
      for (size_t p = 0; p < places; ++p) {
        Draft& draft = drafts[s * places + p];
        draft.place = p;
        if (!draft.members.empty()) taken.push_back(std::move(draft));
      }
      const std::vector<uint32_t> weights = WeightsOf(entries_[s], taken);
      for (size_t i = 0; i < taken.size(); ++i) {
        plan_.steps[s].parts.push_back(
            {plan_.members.place(taken[i].place), weights[i], std::move(taken[i].members)});
      }
    }
    return std::move(plan_);
  }

  const Members& members() const { return plan_.members; }

 private:
  Plan plan_;
  std::vector<const std::vector<WeightedLocality>*> entries_;  // by step
};

Plan ByNearness(const Locality& source, Builder builder) {
  const bool zone = !source.zone.empty(), region = !source.region.empty();
  if (zone) builder.AddStep("same zone");
  if (region) builder.AddStep("same region");
  builder.AddStep("any");
  return builder.FillByPlace([&](const Locality& place) -> std::optional<Slot> {
    const bool same_region = place.region == source.region;
    if (zone && same_region && place.zone == source.zone) return Slot{0, 0};
    const size_t after_zone = zone ? 1 : 0;
    if (region && same_region) return Slot{after_zone, 0};
    return Slot{after_zone + (region ? 1 : 0), 0};
  });
}

std::string NameOf(const api::FailoverStep& step) {
  std::string out;
  for (const WeightedLocality& entry : step.to) {
    if (!out.empty()) out += ", ";
    out += entry.locality == Locality() ? "any" : ToString(entry.locality);
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
  return builder.FillByPlace([&](const Locality& place) -> std::optional<Slot> {
    for (size_t s = 0; s < rule.steps.size(); ++s) {
      if (const auto entry = EntryFor(rule.steps[s].to, place)) return Slot{s + (own ? 1 : 0), *entry};
    }
    if (own && Covers(rule.from, place)) return Slot{0, 0};
    return std::nullopt;
  });
}

// The field of a place that the label tells; null: it tells none.
constexpr std::string Locality::*FieldOf(std::string_view label) {
  if (label == "topology.kubernetes.io/region") return &Locality::region;
  if (label == "topology.kubernetes.io/zone") return &Locality::zone;
  if (label == "topology.istio.io/subzone") return &Locality::subzone;
  if (label == "topology.istio.io/cluster") return &Locality::cluster;
  return nullptr;
}

Plan ByLabels(const std::vector<std::string>& keys, const Source& source, Builder builder) {
  for (size_t agreeing = keys.size(); agreeing > 0; --agreeing) {
    std::string name = "same";
    for (size_t i = 0; i < agreeing; ++i) name += (i == 0 ? " " : ", ") + keys[i];
    builder.AddStep(std::move(name));
  }
  builder.AddStep("any");
  return builder.Fill([&](size_t i) -> std::optional<Slot> {
    const Member& member = builder.members()[i];
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

Members::Members(std::vector<Member> members) {
  auto shared = std::make_shared<Shared>();
  std::erase_if(members, [](const Member& m) { return m.weight == 0; });
  std::sort(members.begin(), members.end());
  const auto place = [&](uint32_t i) -> const Locality& { return members[i].locality; };
  for (uint32_t i = 0; i < members.size(); ++i) {
    const auto at = std::lower_bound(shared->places.begin(), shared->places.end(), i,
                                     [&](uint32_t a, uint32_t b) { return place(a) < place(b); });
    if (at == shared->places.end() || place(*at) != place(i)) shared->places.insert(at, i);
  }
  for (uint32_t i = 0; i < members.size(); ++i) {
    const auto at = std::lower_bound(shared->places.begin(), shared->places.end(), i,
                                     [&](uint32_t a, uint32_t b) { return place(a) < place(b); });
    shared->place_of.push_back(static_cast<uint32_t>(at - shared->places.begin()));
  }
  shared->members = std::move(members);
  shared_ = std::move(shared);
}

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

std::string_view LabelOf(std::string_view label, const Labels& labels, const Locality& place) {
  if (const auto value = labels.Find(label)) return *value;
  const auto field = FieldOf(label);
  return field == nullptr ? std::string_view() : place.*field;
}

bool IsOfPlace(std::string_view label) { return FieldOf(label) != nullptr; }

std::string ToString(const Locality& place) {
  std::string out = place.region;
  if (!place.zone.empty()) out += "/" + place.zone;
  if (!place.subzone.empty()) out += "/" + place.subzone;
  if (!place.cluster.empty()) out = "cluster " + place.cluster + (out.empty() ? "" : " " + out);
  return out.empty() ? "unknown place" : out;
}

Plan PlanFailover(const api::FailoverPolicy& policy, const Source& source, Members members) {
  Builder builder(policy, std::move(members));
  if (!policy.priority_labels.empty()) return ByLabels(policy.priority_labels, source, std::move(builder));
  const api::LocalityRule* rule = RuleFor(policy, source.locality);
  return rule == nullptr ? ByNearness(source.locality, std::move(builder))
                         : ByRule(*rule, std::move(builder));
}

}  // namespace fairlead::reconcilers::failover
