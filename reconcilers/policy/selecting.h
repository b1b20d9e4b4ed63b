// Selecting: which policies may select an object, found by the object's labels.
//
// A selector with labels to match is filed under its first one, so that an object whose labels changed asks
// for a handful of policies and not for all. What comes out is a candidate: the selector itself decides.
// Not thread-safe.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "crds/api/policy_common.h"
#include "reconcilers/store/multi_index.h"

namespace fairlead::reconcilers {

class Selecting {
 public:
  // Replaces what is known of the policy. Domain: DomainOf() of its scope; empty selectors: forgotten.
  void Set(const ObjectKey& policy, const std::string& domain,
           const std::vector<api::TargetSelector>& selectors);

  // Candidates for an object of the kind with these labels, in any of the domains.
  std::set<ObjectKey> Candidates(const std::vector<std::string>& domains, Kind kind,
                                 const Labels& labels) const;

  // "n/shop", "w/team-a", "m"
  static std::string DomainOf(api::Scope scope, const std::string& ns, const std::string& workspace);

 private:
  struct Bucket {
    std::string domain;
    Kind kind;
    std::string label;  // "key=value", or empty: no label is required
    friend auto operator<=>(const Bucket&, const Bucket&) = default;
  };
  MultiIndex<Bucket, ObjectKey> index_;
};

}  // namespace fairlead::reconcilers
