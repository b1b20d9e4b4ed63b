#include <algorithm>

#include "reconcilers/rights/rights.h"

namespace fairlead::reconcilers {
namespace {

using Values = std::vector<std::string>;

bool Has(const Values& values, const std::string& value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

bool Within(const Values& values, const Values& all) {
  return std::all_of(values.begin(), values.end(), [&](const std::string& v) { return Has(all, v); });
}

bool Disjoint(const Values& values, const Values& others) {
  return std::none_of(values.begin(), values.end(), [&](const std::string& v) { return Has(others, v); });
}

std::vector<SelectorRequirement> RequirementsOf(const LabelSelector& selector) {
  std::vector<SelectorRequirement> out = selector.match_expressions;
  for (const auto& [key, value] : selector.match_labels)
    out.push_back({std::string(key), SelectorOperator::kIn, {std::string(value)}});
  return out;
}

// One requirement implies another on the same key. NotIn holds for objects without the label (Kubernetes).
bool Implies(const SelectorRequirement& narrow, const SelectorRequirement& wide) {
  if (narrow.key != wide.key) return false;
  switch (wide.op) {
    case SelectorOperator::kIn:
      return narrow.op == SelectorOperator::kIn && Within(narrow.values, wide.values);
    case SelectorOperator::kNotIn:
      return narrow.op == SelectorOperator::kDoesNotExist ||
             (narrow.op == SelectorOperator::kIn && Disjoint(narrow.values, wide.values)) ||
             (narrow.op == SelectorOperator::kNotIn && Within(wide.values, narrow.values));
    case SelectorOperator::kExists:
      return narrow.op == SelectorOperator::kExists || narrow.op == SelectorOperator::kIn;
    case SelectorOperator::kDoesNotExist:
      return narrow.op == SelectorOperator::kDoesNotExist;
  }
  return false;
}

}  // namespace

bool Implies(const LabelSelector& narrow, const LabelSelector& wide) {
  const std::vector<SelectorRequirement> given = RequirementsOf(narrow), asked = RequirementsOf(wide);
  return std::all_of(asked.begin(), asked.end(), [&](const SelectorRequirement& one) {
    return std::any_of(given.begin(), given.end(), [&](const auto& other) { return Implies(other, one); });
  });
}

}  // namespace fairlead::reconcilers
