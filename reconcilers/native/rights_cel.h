// The rights of workspaces in CEL: what Judge (reconcilers/rights) says, as far as the API server can know
// it.
//
// Who calls: RightsPolicies(). The expressions read the Workspace itself, as the parameter of a policy, so a
// change of roles holds at once and whether or not a webhook answers. They refuse nothing that Judge allows.
// What they cannot know is the labels of objects that a policy names: there any grant's targets are taken for
// met. Pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "crds/base/key.h"

namespace fairlead::reconcilers {

struct RightsCel {
  std::vector<std::pair<std::string, std::string>>
      variables;  // name and expression, each may use those before
  std::string allowed;
  std::string message;
  std::string broken_glass;  // the reason where one was needed, else empty
};

// Of a kind with rights. `administrators`: groups of those who may break the glass.
RightsCel CelOfRights(Kind kind, const std::vector<std::string>& administrators);

}  // namespace fairlead::reconcilers
