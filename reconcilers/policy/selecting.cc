#include "reconcilers/policy/selecting.h"

namespace fairlead::reconcilers {

void Selecting::Set(const ObjectKey& policy, const std::string& domain,
                    const std::vector<api::TargetSelector>& selectors) {
  std::vector<Bucket> buckets;
  for (const api::TargetSelector& target : selectors) {
    std::string label;
    if (!target.selector.match_labels.empty()) {
      const auto& [key, value] = *target.selector.match_labels.begin();
      label.append(key).append("=").append(value);
    }
    buckets.push_back({domain, target.kind, std::move(label)});
  }
  index_.Set(policy, std::move(buckets));
}

std::set<ObjectKey> Selecting::Candidates(const std::vector<std::string>& domains, Kind kind,
                                          const Labels& labels) const {
  std::set<ObjectKey> found;
  for (const std::string& domain : domains) {
    const auto take = [&](std::string label) {
      const auto& policies = index_.Find({domain, kind, std::move(label)});
      found.insert(policies.begin(), policies.end());
    };
    take("");
    for (const auto& [key, value] : labels) take(std::string(key).append("=").append(value));
  }
  return found;
}

std::string Selecting::DomainOf(api::Scope scope, const std::string& ns, const std::string& workspace) {
  switch (scope) {
    case api::Scope::kNamespace:
      return "n/" + ns;
    case api::Scope::kWorkspace:
      return "w/" + workspace;
    case api::Scope::kMesh:
      return "m";
  }
  return "m";
}

}  // namespace fairlead::reconcilers
