// Scene 7: retries must not multiply an overload.
//
// The budget bounds how many retries are under way at once: a fifth of all requests under way. With r retries
// and n first tries that take equally long, r <= 0.2 (n + r) on average, so r/n <= 0.25, whatever the
// machine's speed; a retry also waits for its back-off, which only lowers it. The bound that is asked for
// leaves some slack for the one retry that is always allowed and for the edges of the run.
#include "tests/demo/scenes.h"
#include "tests/demo/words.h"

namespace fairlead::demo {
namespace {

constexpr int kWorkers = 40;
constexpr int kOverload = 2'000;
constexpr int kSample = 400;
constexpr double kBound = 1.25 + 0.15;
constexpr std::chrono::milliseconds kServiceTime{20};  // keeps all workers' requests under way at once

// The sample without its bounds: as many retries as first tries, and many more whatever the share.
void LiftBudget(Json::Value* policy) {
  Json::Value& budget = (*policy)["spec"]["retries"]["budget"];
  budget["percent"] = 100;
  budget["minPerSecond"] = 1000;
}

uint64_t Overload(Stage& stage, int requests, testing::LoadResult* load) {
  testing::Backend& ratings = stage.shop().at("ratings");
  ratings.Set({.fail_every = 1, .slow = kServiceTime});
  ratings.Forget();
  *load = stage.Send("shop", "ratings", {}, {.workers = kWorkers, .requests = requests});
  return ratings.Count();
}

}  // namespace

Result<void> BudgetHolds(Stage& stage) {
  testing::LoadResult load;
  if (auto applied = stage.cluster().ApplyFile("40-budget.yaml", &LiftBudget); !applied)
    return Unexpected(applied.error());
  if (Result<void> r = stage.cluster().AwaitProgrammed("shop", "ratings"); !r) return r;
  uint64_t seen = Overload(stage, kSample, &load);
  stage.report().Expect("ratings: all fail, 40 clients, no bound: 3 retries for each request, load x 4",
                        "load x " + Ratio(seen, kSample), seen == 4 * kSample && load.Count(503) == kSample);

  if (auto applied = stage.cluster().ApplyFile("40-budget.yaml"); !applied)
    return Unexpected(applied.error());
  if (Result<void> r = stage.cluster().AwaitProgrammed("shop", "ratings"); !r) return r;
  stage.report().Note("40-budget.yaml applied: " + Describe(stage.cluster().StatusOf("shop", "ratings")));
  seen = Overload(stage, kOverload, &load);
  stage.report().Expect("ratings: with a budget of 20 %, the load is at most x 1.25 (and 0.15 of slack)",
                        "load x " + Ratio(seen, kOverload),
                        static_cast<double>(seen) <= kBound * kOverload && seen > kOverload);
  return {};
}

}  // namespace fairlead::demo
