// The parts of Lint: each looks at one kind of objects and adds findings. Private to reconcilers/lint*.
#pragma once

#include <string>
#include <vector>

#include "reconcilers/lint.h"

namespace fairlead::reconcilers {

class Findings {
 public:
  void Add(LintCode code, const ObjectKey& object, std::string field, std::string message,
           std::string fix = "");
  std::vector<Finding> Take();  // sorted, unique

 private:
  std::vector<Finding> found_;
};

void LintPolicies(const World& world, Findings* out);
void LintRoutes(const World& world, Findings* out);
void LintServices(const World& world, Findings* out);  // services, waypoints, workspaces
void LintNotCarriedOut(const World& world, Findings* out);

}  // namespace fairlead::reconcilers
