// The scenes of the demo: each applies samples, sends real requests before and after, and tells the report
// what should hold and what was seen. They build on each other and run in the order of Scenes().
//
// Expectations are counts on both ends, never times that depend on the machine: one client at a time where an
// exact number is expected, so that "each third request" means just that.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/demo/stage.h"

namespace fairlead::demo {

struct Scene {
  std::string title;
  // An error: what it needs did not come, and later scenes make no sense.
  std::function<Result<void>(Stage&)> play;
};
std::vector<Scene> Scenes();

Result<void> Baseline(Stage& stage);
Result<void> RetriesCure(Stage& stage);
Result<void> PostsAreNotRepeated(Stage& stage);
Result<void> TimeoutCuts(Stage& stage);
Result<void> DeadEndpoint(Stage& stage);
Result<void> Resets(Stage& stage);
Result<void> BudgetHolds(Stage& stage);
Result<void> CanaryKeepsPolicy(Stage& stage);
Result<void> PlatformOverrides(Stage& stage);
Result<void> DeletingRestores(Stage& stage);
Result<void> FromZoneToCluster(Stage& stage);

}  // namespace fairlead::demo
