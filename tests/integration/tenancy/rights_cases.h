// Changes of policies by callers, for the rights of one workspace: written by hand, and made up.
//
// Who calls: the test that holds Judge and the API server against each other. Values.
#pragma once

#include <string>
#include <vector>

#include "crds/base/key.h"

namespace fairlead::testing {

extern const std::string kRightsWorkspace;  // YAML; its namespaces are shop and shop-api

struct RightsCase {
  std::string title;
  std::string caller;  // "dave": a name of RightsCallers()
  Kind kind = Kind::kRetryTimeoutPolicy;
  std::string before, after;  // specs as YAML in flow style; "" : there is none
  bool allowed = true;        // by Judge
  bool native = true;         // by the API server, which does not know the labels of named targets
  std::string ns = "shop";
  std::string reason;  // of breaking the glass
};

struct RightsCaller {
  std::string name, user;
  std::vector<std::string> groups;
};

const std::vector<RightsCaller>& RightsCallers();
std::vector<RightsCase> HandWrittenRightsCases();
// The verdicts are left open.
std::vector<RightsCase> RandomRightsCases(unsigned seed, int count);

}  // namespace fairlead::testing
