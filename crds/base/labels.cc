#include "crds/base/labels.h"

#include <algorithm>

namespace fairlead {
namespace {

auto LowerBound(auto& items, std::string_view key) {
  return std::lower_bound(items.begin(), items.end(), key,
                          [](const auto& item, std::string_view k) { return item.first < k; });
}

bool Satisfies(const SelectorRequirement& r, const Labels& labels) {
  const std::string* value = labels.Find(r.key);
  const bool listed =
      value != nullptr && std::find(r.values.begin(), r.values.end(), *value) != r.values.end();
  switch (r.op) {
    case SelectorOperator::kIn:
      return listed;
    case SelectorOperator::kNotIn:
      return !listed;
    case SelectorOperator::kExists:
      return value != nullptr;
    case SelectorOperator::kDoesNotExist:
      return value == nullptr;
  }
  return false;
}

}  // namespace

Labels::Labels(std::initializer_list<std::pair<std::string, std::string>> init) {
  for (const auto& [key, value] : init) Set(key, value);
}

void Labels::Set(std::string key, std::string value) {
  auto at = LowerBound(items_, key);
  if (at != items_.end() && at->first == key) {
    at->second = std::move(value);
  } else {
    items_.emplace(at, std::move(key), std::move(value));
  }
}

const std::string* Labels::Find(std::string_view key) const {
  auto at = LowerBound(items_, key);
  return at != items_.end() && at->first == key ? &at->second : nullptr;
}

std::string_view Labels::Get(std::string_view key) const {
  const std::string* value = Find(key);
  return value ? std::string_view(*value) : std::string_view();
}

bool LabelSelector::Matches(const Labels& labels) const {
  for (const auto& [key, value] : match_labels) {
    const std::string* have = labels.Find(key);
    if (have == nullptr || *have != value) return false;
  }
  return std::all_of(match_expressions.begin(), match_expressions.end(),
                     [&](const SelectorRequirement& r) { return Satisfies(r, labels); });
}

}  // namespace fairlead
