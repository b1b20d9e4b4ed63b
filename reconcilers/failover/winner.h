// Winners: which FailoverPolicy is in force at which service port.
//
// The winner is in force as a whole, since its steps, weights and health make one statement; a
// RetryTimeoutPolicy is merged field by field instead. The order is GEP-713's, that of candidates.h. Who
// calls: rehearsal, lint. Reads all FailoverPolicies of a view, once. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reconcilers/lower/view.h"
#include "reconcilers/policy/candidates.h"

namespace fairlead::reconcilers::failover {

class Winners {
 public:
  explicit Winners(const View& view);

  std::vector<ObjectKey> Services()
      const;  // Services and ServiceEntries that are there and have a policy. Sorted
  // Null: none is for the port.
  Ptr<api::FailoverPolicy> At(const ObjectKey& service, const std::string& port_name) const;

 private:
  struct Entry {
    Ptr<api::FailoverPolicy> policy;
    std::string section;
    Candidate rank;
  };
  std::map<ObjectKey, std::vector<Entry>> by_service_;  // the best first
};

}  // namespace fairlead::reconcilers::failover
