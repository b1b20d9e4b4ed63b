#include "tests/demo/scenes.h"

#include "tests/demo/words.h"

namespace fairlead::demo {

using testing::LoadResult;

namespace {

constexpr int kRequests = 300;
constexpr int kPosts = 90;

// Applies a sample that holds one policy, and waits until all of its waypoints have it.
Result<void> ApplyPolicy(Stage& stage, const std::string& file, const std::string& ns,
                         const std::string& name) {
  if (auto applied = stage.cluster().ApplyFile(file); !applied) return Unexpected(applied.error());
  if (Result<void> r = stage.cluster().AwaitProgrammed(ns, name); !r) return r;
  stage.report().Note(file + " applied: " + Describe(stage.cluster().StatusOf(ns, name)));
  return {};
}

}  // namespace

std::vector<Scene> Scenes() {
  return {{"1  Before any policy", &Baseline},
          {"2  Retries cure the 503s", &RetriesCure},
          {"3  POSTs are not repeated", &PostsAreNotRepeated},
          {"4  The timeout cuts the slow call", &TimeoutCuts},
          {"5  A dead endpoint is not noticed", &DeadEndpoint},
          {"6  Connections that are reset", &Resets},
          {"7  The retry budget holds under overload", &BudgetHolds},
          {"8  A canary keeps its policy", &CanaryKeepsPolicy},
          {"9  The platform team's Override wins", &PlatformOverrides},
          {"10 Deleting the policies brings the old behaviour back", &DeletingRestores},
          {"11 From zone to region to another cluster", &FromZoneToCluster}};
}

Result<void> Baseline(Stage& stage) {
  testing::Backend& ratings = stage.shop().at("ratings");
  ratings.Forget();
  const LoadResult r = stage.Send("shop", "ratings", {}, {.requests = kRequests});
  stage.report().Expect("ratings: a third of 300 GETs fail with 503", r.Summary(),
                        r.Count(503) == 100 && r.Count(200) == 200);
  stage.report().Expect("ratings: the backend saw each once", Requests(ratings.Count()),
                        ratings.Count() == kRequests);
  return {};
}

Result<void> RetriesCure(Stage& stage) {
  if (Result<void> r = ApplyPolicy(stage, "10-retries.yaml", "shop", "ratings"); !r) return r;
  testing::Backend& ratings = stage.shop().at("ratings");
  ratings.Set({.fail_every = 3});
  ratings.Forget();
  const LoadResult r = stage.Send("shop", "ratings", {}, {.requests = kRequests});
  stage.report().Expect("ratings: 0 of 300 GETs fail", r.Summary(), r.Count(200) == kRequests);
  stage.report().Expect("ratings: the backend saw more than 300, at most 3 each", Requests(ratings.Count()),
                        ratings.Count() > kRequests && ratings.Count() <= 3 * kRequests);
  return {};
}

Result<void> PostsAreNotRepeated(Stage& stage) {
  testing::Backend& ratings = stage.shop().at("ratings");
  ratings.Set({.fail_every = 3});
  ratings.Forget();
  const LoadResult r =
      stage.Send("shop", "ratings", {.method = "POST", .body = "5 stars"}, {.requests = kPosts});
  stage.report().Expect("ratings: the backend's own count of 90 POSTs is 90", Requests(ratings.Count("POST")),
                        ratings.Count("POST") == kPosts);
  stage.report().Expect("ratings: the 30 failures reach the client", r.Summary(), r.Count(503) == kPosts / 3);

  testing::Backend& charge = stage.shop().at("charge");
  const LoadResult before = stage.Send("payments", "charge", {}, {.requests = kPosts});
  stage.report().Expect("charge: before, every second GET is lost to a reset", before.Summary(),
                        before.failures() == kPosts / 2);
  if (Result<void> applied = ApplyPolicy(stage, "11-charge-retries.yaml", "payments", "charge"); !applied)
    return applied;
  charge.Set({.reset_every = 2});
  const LoadResult gets = stage.Send("payments", "charge", {}, {.requests = kPosts});
  stage.report().Expect("charge: 0 of 90 GETs fail", gets.Summary(), gets.Count(200) == kPosts);
  charge.Set({.reset_every = 2});
  charge.Forget();
  const LoadResult posts = stage.Send(
      "payments", "charge", {.method = "POST", .path = "/charge", .body = "10 EUR"}, {.requests = kPosts});
  stage.report().Expect("charge: the backend's own count of 90 POSTs is 90",
                        Requests(charge.Count("POST", "/charge")), charge.Count("POST", "/charge") == kPosts);
  stage.report().Expect("charge: the 45 resets reach the client", posts.Summary(),
                        posts.failures() == kPosts / 2);
  return {};
}

Result<void> TimeoutCuts(Stage& stage) {
  const testing::HttpQuestion slow{.path = "/slow"};
  const LoadResult before = stage.Send("shop", "search", slow, {});
  stage.report().Expect("search: before, /slow is answered after 3 s",
                        before.Summary() + " after " + Millis(before.Slowest()),
                        before.Count(200) == 1 && before.Slowest() >= kSlow);
  if (Result<void> r = ApplyPolicy(stage, "20-timeout.yaml", "shop", "search"); !r) return r;
  const LoadResult after = stage.Send("shop", "search", slow, {});
  stage.report().Expect("search: with a timeout of 300ms, 504 before the 3 s are over",
                        after.Summary() + " after " + Millis(after.Slowest()),
                        after.Count(504) == 1 && after.Slowest() < kSlow);
  const LoadResult fast = stage.Send("shop", "search", {.path = "/fast"}, {.requests = 20});
  stage.report().Expect("search: fast calls are left alone (a slow machine may cost one)", fast.Summary(),
                        fast.Count(200) >= 19);
  return {};
}

Result<void> DeadEndpoint(Stage& stage) {
  constexpr int kEach = 60;
  const LoadResult before = stage.Send("shop", "catalog", {}, {.requests = kEach});
  stage.report().Expect("catalog: before, GETs fail at the dead one of two endpoints", before.Summary(),
                        before.Count(503) > 0 && before.Count(200) > 0);
  if (Result<void> r = ApplyPolicy(stage, "30-dead-endpoint.yaml", "shop", "catalog"); !r) return r;
  testing::Backend& catalog = stage.shop().at("catalog");
  catalog.Forget();
  const LoadResult gets = stage.Send("shop", "catalog", {}, {.requests = kEach});
  stage.report().Expect("catalog: 0 of 60 GETs fail", gets.Summary(), gets.Count(200) == kEach);
  const LoadResult posts =
      stage.Send("shop", "catalog", {.method = "POST", .body = "new"}, {.requests = kEach});
  stage.report().Expect("catalog: 0 of 60 POSTs fail: a refused connection carried nothing", posts.Summary(),
                        posts.Count(200) == kEach);
  stage.report().Expect("catalog: the backend's own count of 60 POSTs is 60", Requests(catalog.Count("POST")),
                        catalog.Count("POST") == kEach);
  return {};
}

Result<void> Resets(Stage& stage) {
  constexpr int kEach = 60;
  testing::Backend& inventory = stage.shop().at("inventory");
  const LoadResult before = stage.Send("shop", "inventory", {}, {.requests = kEach});
  stage.report().Expect("inventory: before, 30 of 60 GETs are lost", before.Summary(),
                        before.failures() == kEach / 2);
  if (Result<void> r = ApplyPolicy(stage, "31-resets.yaml", "shop", "inventory"); !r) return r;
  inventory.Set({.reset_every = 2});
  const LoadResult after = stage.Send("shop", "inventory", {}, {.requests = kEach});
  stage.report().Expect("inventory: 0 of 60 GETs fail", after.Summary(), after.Count(200) == kEach);
  return {};
}

Result<void> PlatformOverrides(Stage& stage) {
  if (Result<void> r = ApplyPolicy(stage, "60-platform-override.yaml", "shop", "platform-standard"); !r)
    return r;
  Result<void> told = stage.patience().Await("the status of shop/ratings to name the winner", [&] {
    return Describe(stage.cluster().StatusOf("shop", "ratings")).find("platform-standard") !=
           std::string::npos;
  });
  if (!told) return told;
  const std::optional<api::PolicyStatus> status = stage.cluster().StatusOf("shop", "ratings");
  stage.report().Note("the developer's policy: " + Describe(status));
  stage.report().Expect("the developer's policy says that it is overridden, and by whom",
                        Verdict(status, "platform-standard"), IsOverriddenBy(status, "platform-standard"));
  testing::Backend& ratings = stage.shop().at("ratings");
  ratings.Set({.fail_every = 3});
  ratings.Forget();
  const LoadResult r = stage.Send("shop", "ratings", {}, {.requests = kPosts});
  stage.report().Expect("ratings: retries are off: 30 of 90 GETs fail", r.Summary(),
                        r.Count(503) == kPosts / 3);
  stage.report().Expect("ratings: the backend saw each once", Requests(ratings.Count()),
                        ratings.Count() == kPosts);
  return {};
}

Result<void> DeletingRestores(Stage& stage) {
  testing::Backend& ratings = stage.shop().at("ratings");
  if (Result<void> r = stage.cluster().Delete(Kind::kRetryTimeoutPolicy, "shop", "platform-standard"); !r)
    return r;
  if (Result<void> r = stage.cluster().AwaitProgrammed("shop", "ratings"); !r) return r;
  ratings.Set({.fail_every = 3});
  const LoadResult cured = stage.Send("shop", "ratings", {}, {.requests = kPosts});
  stage.report().Expect("ratings: without the Override, 0 of 90 GETs fail again", cured.Summary(),
                        cured.Count(200) == kPosts);

  if (Result<void> r = stage.cluster().Delete(Kind::kRetryTimeoutPolicy, "shop", "ratings"); !r) return r;
  Result<void> gone = stage.patience().Await("the waypoint to let go of the policy", [&] {
    return stage.RoutesAt("shop", "ratings").find("retry_on") == std::string::npos;
  });
  if (!gone) return gone;
  ratings.Set({.fail_every = 3});
  ratings.Forget();
  const LoadResult r = stage.Send("shop", "ratings", {}, {.requests = kRequests});
  stage.report().Expect("ratings: a third of 300 GETs fail, as before any policy", r.Summary(),
                        r.Count(503) == 100 && r.Count(200) == 200);
  stage.report().Expect("ratings: the backend saw each once", Requests(ratings.Count()),
                        ratings.Count() == kRequests);
  return {};
}

}  // namespace fairlead::demo
