// PriorityLabels: the labels that FailoverPolicies go by (spec.priorityLabels), wherever they stand.
//
// World keeps one; lowering reads it. Of the labels of a waypoint's pods no others are kept, so that proxies
// which differ in these alone get the same. A value; one thread.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::reconcilers {

class PriorityLabels {
 public:
  // What a policy that came, changed or went names. True: there is one more, or one less.
  bool Change(const std::vector<std::string>& old, const std::vector<std::string>& now) {
    bool changed = false;
    for (const std::string& label : now) changed = ++policies_[label] == 1 || changed;
    for (const std::string& label : old) {
      const auto at = policies_.find(label);
      if (--at->second > 0) continue;
      policies_.erase(at);
      changed = true;
    }
    return changed;
  }

  bool Has(std::string_view label) const { return policies_.contains(label); }

 private:
  std::map<std::string, size_t, std::less<>> policies_;  // that name the label
};

}  // namespace fairlead::reconcilers
