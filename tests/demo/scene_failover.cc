// Scene 11: where requests go when endpoints die, zone by zone, and when the other cluster's API server does.
//
// One client after the other and no chance in it: a step that is healthy gets all, so each row is exact, but
// for what Envoy needs to notice errors.
#include <algorithm>

#include "tests/demo/scenes.h"
#include "tests/demo/words.h"

namespace fairlead::demo {
namespace {

constexpr int kEach = 60;

// Who answered: "us-east-1a 60", and what failed.
std::string Where(Stage& stage) {
  stage.regions().Forget();
  const testing::LoadResult load = stage.Send("shop", "checkout", {}, {.requests = kEach});
  std::string out;
  for (const char* zone : {kZone1a, kZone1b, kZoneWest}) {
    int count = 0;
    for (const testing::HttpAnswer& answer : load.answers)
      count += answer.status == 200 && answer.body.find(zone) != std::string::npos ? 1 : 0;
    if (count > 0) out += (out.empty() ? "" : ", ") + std::string(zone) + " " + std::to_string(count);
  }
  if (load.Count(200) < kEach)
    out += (out.empty() ? "" : ", ") + std::string("failed ") + std::to_string(kEach - load.Count(200));
  return out;
}

// Until the proxy has what was said last: a request at a time.
Result<void> AwaitAnswerFrom(Stage& stage, const std::string& zone) {
  return stage.patience().Await("checkout to be answered from " + zone, [&] {
    const testing::LoadResult load = stage.Send("shop", "checkout", {}, {.requests = 4});
    for (const testing::HttpAnswer& answer : load.answers)
      if (answer.status != 200 || answer.body.find(zone) == std::string::npos) return false;
    return true;
  });
}

// Until the status calls the step active for requests from the proxy's zone.
Result<void> AwaitActive(Stage& stage, int step) {
  const std::string what = "the status of FailoverPolicy shop/checkout to call step " + std::to_string(step) +
                           " active from " + kZone1a;
  return stage.patience().Await(what, [&] {
    const Result<Json::Value> policy = stage.cluster().Read(Kind::kFailoverPolicy, "shop", "checkout");
    if (!policy) return false;
    const Json::Value& sources = (*policy)["status"]["sources"];
    return std::any_of(sources.begin(), sources.end(), [&](const Json::Value& source) {
      return source["from"]["zone"] == kZone1a && source["active"] == step;
    });
  });
}

// After a change that leads all requests to the zone: they go there, and the status says by which step.
Result<void> ExpectAllAt(Stage& stage, const std::string& after, const std::string& zone, int step) {
  if (Result<void> r = AwaitAnswerFrom(stage, zone); !r) return r;
  if (Result<void> r = AwaitActive(stage, step); !r) return r;
  const std::string seen = Where(stage);
  stage.report().Expect(after, seen + ", the status says step " + std::to_string(step),
                        seen == zone + " " + std::to_string(kEach));
  return {};
}

Result<void> Die(Stage& stage, const std::string& zone) { return stage.regions().SetReady(zone, false); }
Result<void> ComeBack(Stage& stage, const std::string& zone) { return stage.regions().SetReady(zone, true); }

Result<void> WestIsCutOff(Stage& stage) {
  stage.regions().CutWest();
  Result<void> stale = stage.patience().Await("the operator to call cluster west stale", [&] {
    return stage.Metrics().find(R"(fairlead_cluster_state{cluster="west",state="stale"} 1)") !=
           std::string::npos;
  });
  if (!stale) return stale;
  return ExpectAllAt(stage, "checkout: the API server of west is gone too: what was known of it holds",
                     kZoneWest, 3);
}

// Ready, and yet every answer is an error: what only the proxy can see. When it has ejected the endpoint is
// up to its threads.
Result<void> ErrorsEject(Stage& stage) {
  stage.regions().at(kZone1a).Set({.fail_every = 1});
  if (Result<void> r = AwaitAnswerFrom(stage, kZone1b); !r) return r;
  const std::string seen = Where(stage);
  stage.report().Expect("checkout: us-east-1a answers 503 to all: the proxy leaves it out", seen,
                        seen == kZone1b + (" " + std::to_string(kEach)));
  stage.regions().at(kZone1a).Set({});
  return {};
}

}  // namespace

Result<void> FromZoneToCluster(Stage& stage) {
  const std::string before = Where(stage);
  stage.report().Expect(
      "checkout: before, each zone gets some, near or far", before,
      before.find(kZone1a) != std::string::npos && before.find(kZone1b) != std::string::npos &&
          before.find(kZoneWest) != std::string::npos && before.find("failed") == std::string::npos);
  if (auto applied = stage.cluster().ApplyFile("../regions/10-failover.yaml"); !applied)
    return Unexpected(applied.error());
  stage.report().Note("regions/10-failover.yaml applied; the proxy runs in us-east-1a");
  if (Result<void> r = ExpectAllAt(stage, "checkout: with the policy all stay in us-east-1a", kZone1a, 1); !r)
    return r;
  if (Result<void> r = Die(stage, kZone1a); !r) return r;
  if (Result<void> r = ExpectAllAt(stage, "checkout: us-east-1a dies: the other zone takes over", kZone1b, 2);
      !r)
    return r;
  if (Result<void> r = Die(stage, kZone1b); !r) return r;
  if (Result<void> r =
          ExpectAllAt(stage, "checkout: us-east-1b dies: the other cluster takes over", kZoneWest, 3);
      !r)
    return r;
  if (Result<void> r = WestIsCutOff(stage); !r) return r;
  stage.regions().ReturnWest();
  for (const char* zone : {kZone1a, kZone1b}) {
    if (Result<void> r = ComeBack(stage, zone); !r) return r;
  }
  if (Result<void> r = ExpectAllAt(stage, "checkout: the zones are back: so are the requests", kZone1a, 1);
      !r)
    return r;
  return ErrorsEject(stage);
}

}  // namespace fairlead::demo
