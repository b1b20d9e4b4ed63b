// Scene 8: a policy on a user's HTTPRoute follows the route through a canary, and the route is never written
// to.
//
// Shares are drawn at random by Envoy: they must lie within 6 standard deviations of a binomial distribution,
// which a right proxy misses once in 500 million runs.
#include <cmath>
#include <set>

#include "tests/demo/scenes.h"
#include "tests/demo/words.h"

namespace fairlead::demo {
namespace {

constexpr int kRequests = 1'000;

struct Shares {
  int v1 = 0, v2 = 0, failed = 0;
  std::string Text() const {
    return "v1 " + std::to_string(v1) + ", v2 " + std::to_string(v2) + ", failed " + std::to_string(failed);
  }
};

Shares Measure(Stage& stage) {
  for (const char* name : {"reviews-v1", "reviews-v2"}) stage.shop().at(name).Set({.fail_every = 3});
  const testing::LoadResult load = stage.Send("shop", "reviews", {}, {.requests = kRequests});
  Shares out;
  for (const testing::HttpAnswer& answer : load.answers) {
    const bool v1 = answer.body.find("reviews-v1") != std::string::npos;
    (answer.status != 200 ? out.failed : v1 ? out.v1 : out.v2)++;
  }
  return out;
}

bool Within(int seen, double share) {
  return std::abs(seen - kRequests * share) <= 6 * std::sqrt(kRequests * share * (1 - share));
}

std::string Range(double share) {
  const double slack = 6 * std::sqrt(kRequests * share * (1 - share));
  return std::to_string(static_cast<int>(std::ceil(kRequests * share - slack))) + " to " +
         std::to_string(static_cast<int>(kRequests * share + slack));
}

void HalfEach(Json::Value* route) {
  for (Json::Value& backend : (*route)["spec"]["rules"][0]["backendRefs"]) backend["weight"] = 50;
}

// Who wrote the route, by its managed fields.
std::string WritersOf(const Json::Value& route) {
  std::set<std::string> names;
  for (const Json::Value& entry : route["metadata"]["managedFields"])
    names.insert(entry["manager"].asString());
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : ", ") + name;
  return out;
}

Result<void> AwaitWeights(Stage& stage, const std::string& weight) {
  return stage.patience().Await("the waypoint to have weight " + weight, [&] {
    return stage.RoutesAt("shop", "reviews").find("\"weight\": " + weight) != std::string::npos;
  });
}

}  // namespace

Result<void> CanaryKeepsPolicy(Stage& stage) {
  if (auto applied = stage.cluster().ApplyFile("50-canary-route.yaml"); !applied)
    return Unexpected(applied.error());
  if (Result<void> r = AwaitWeights(stage, "90"); !r) return r;
  stage.report().Note("50-canary-route.yaml applied: the user's own HTTPRoute, 90 to 10");
  Shares shares = Measure(stage);
  stage.report().Expect("reviews: before, requests to either version fail", shares.Text(),
                        shares.failed > kRequests / 5);

  if (auto applied = stage.cluster().ApplyFile("51-canary-policy.yaml"); !applied)
    return Unexpected(applied.error());
  if (Result<void> r = stage.cluster().AwaitProgrammed("shop", "reviews"); !r) return r;
  stage.report().Note("51-canary-policy.yaml applied: " +
                      Describe(stage.cluster().StatusOf("shop", "reviews")));
  shares = Measure(stage);
  stage.report().Expect("reviews: at 90/10, 0 of 1000 fail, v2 gets " + Range(0.1), shares.Text(),
                        shares.failed == 0 && Within(shares.v2, 0.1));

  Result<kube::Written> half = stage.cluster().ApplyFile("50-canary-route.yaml", &HalfEach);
  if (!half) return Unexpected(half.error());
  if (Result<void> r = AwaitWeights(stage, "50"); !r) return r;
  stage.report().Note("the user moves the route to 50/50; the policy is not touched");
  shares = Measure(stage);
  stage.report().Expect("reviews: at 50/50, 0 of 1000 fail, v2 gets " + Range(0.5), shares.Text(),
                        shares.failed == 0 && Within(shares.v2, 0.5));

  Result<Json::Value> route = stage.cluster().Read(Kind::kHTTPRoute, "shop", "reviews");
  if (!route) return Unexpected(route.error());
  const std::string writers = WritersOf(*route);
  const bool untouched = (*route)["metadata"]["resourceVersion"] == half->resource_version;
  stage.report().Expect("the HTTPRoute was written by its user alone, and is as the user left it",
                        "written by " + writers + (untouched ? ", unchanged since" : ", changed since"),
                        writers == kUser && untouched);
  return {};
}

}  // namespace fairlead::demo
