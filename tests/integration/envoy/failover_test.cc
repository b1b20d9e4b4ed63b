// Failover with a real Envoy: what traffic does agrees with what SharesOf says, for drawn scenarios of
// health, weights and steps; spill-over, return, nowhere to go, and ejection.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "dataplane/envoy/cluster.h"
#include "dataplane/envoy/proto.h"
#include "reconcilers/failover/shares.h"
#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"

namespace fairlead::testing {
namespace {

using namespace reconcilers;  // NOLINT: the model's words
using failover::Member;
using failover::Plan;
using failover::Shares;

constexpr size_t kZones = 6, kInZone = 4;
constexpr int kRequests = 2000;

// The zone of backend n: regions r0, r1, r2 of two zones each, four backends in a zone.
api::Locality PlaceOf(size_t backend) {
  const size_t zone = backend / kInZone;
  return {"", "r" + std::to_string(zone / 2), "z" + std::to_string(zone), ""};
}

api::WeightedLocality Zone(size_t zone, std::optional<int> weight = std::nullopt) {
  return {PlaceOf(zone * kInZone), weight};
}

class Failover : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    std::vector<int> ports;
    for (size_t i = 0; i < kZones * kInZone; ++i) {
      backends_.push_back(*Backend::Start("shop-" + std::to_string(i)));
      ports.push_back(backends_.back()->port());
      healthy_.push_back(true);
    }
    waypoint_->Serve(shop_.At(ports));
  }

  // Of the first `used` backends of each zone.
  std::vector<Member> Members(size_t used = kInZone) const {
    std::vector<Member> out;
    for (size_t i = 0; i < backends_.size(); ++i) {
      if (i % kInZone >= used) continue;
      out.push_back(
          {"127.0.0.1", static_cast<uint16_t>(backends_[i]->port()), PlaceOf(i), {}, 1, healthy_[i]});
    }
    return out;
  }

  // Puts cluster and endpoints in the place of the planner's, under the same names.
  Plan Serve(const api::FailoverPolicy& policy, const failover::Source& source, std::vector<Member> members) {
    Plan plan = PlanFailover(policy, source, std::move(members));
    const envoy::ClusterKey key{shop_.endpoints.destination, false, std::nullopt};
    auto cluster = envoy::EncodeCluster(key, &shop_.endpoints);
    envoy::EncodeFailover(policy, &cluster);
    const auto endpoints = envoy::EncodeEndpoints(cluster.name(), plan);
    xds::Update update;
    update.audiences[{"shop", "waypoint"}].changed = {
        xds::MakeResource({xds::Type::kCluster, cluster.name()}, envoy::Serialize(cluster), {}, {}),
        xds::MakeResource({xds::Type::kEndpoints, cluster.name()}, envoy::Serialize(endpoints), {}, {})};
    waypoint_->catalog().Publish(update);
    EXPECT_TRUE(waypoint_->AwaitProgrammed());
    // The worker takes over what the main thread has acknowledged before it reads on from a connection; these
    // pass.
    for (int i = 0; i < 10; ++i) waypoint_->Call({.host = "shop"});
    return plan;
  }

  // Requests by zone; -1: answered 503 by Envoy itself.
  std::map<int, int> Send(int requests = kRequests) {
    for (const auto& backend : backends_) backend->Forget();
    const LoadResult result = waypoint_->Load({.host = "shop"}, {.workers = 2, .requests = requests});
    EXPECT_EQ(result.Count(200) + result.Count(503), requests) << result.Summary();
    std::map<int, int> out;
    for (size_t i = 0; i < backends_.size(); ++i)
      out[static_cast<int>(i / kInZone)] += static_cast<int>(backends_[i]->Count());
    out[-1] = result.Count(503);
    return out;
  }

  static std::map<int, double> Expected(const Plan& plan) {
    const Shares shares = SharesOf(plan);
    std::map<int, double> out;
    for (size_t zone = 0; zone < kZones; ++zone) out[static_cast<int>(zone)] = 0;
    for (size_t s = 0; s < plan.steps.size(); ++s) {
      for (size_t p = 0; p < plan.steps[s].parts.size(); ++p) {
        out[std::stoi(plan.steps[s].parts[p].locality.zone.substr(1))] += shares.steps[s].parts[p];
      }
    }
    out[-1] = shares.nowhere;
    return out;
  }

  // Each zone's count is that of a binomial at most: within five sigma of its mean, once in 1.7 million tries
  // not. Where the share is nothing or all, the count is exact. Two requests are for the whole numbers of the
  // scheduler.
  static void ExpectAgree(const std::map<int, double>& expected, const std::map<int, int>& seen,
                          int requests) {
    for (const auto& [zone, share] : expected) {
      const double mean = share * requests, sigma = std::sqrt(requests * share * (1 - share));
      const double bound = sigma < 1e-6 ? 0.5 : 5 * sigma + 2;
      EXPECT_NEAR(seen.at(zone), mean, bound) << "zone " << zone;
    }
  }
  void ExpectAgree(const Plan& plan) { ExpectAgree(Expected(plan), Send(), kRequests); }

  long Ejections(const std::string& what) const {
    return waypoint_->envoy().Stat("cluster.shop/shop|80.outlier_detection.ejections_" + what);
  }
  // The first backend answers 500 until Envoy leaves it out for `length`. The policy that is served.
  api::FailoverPolicy WithFirstEjected(api::FailoverPolicy policy, Duration length) {
    policy.min_healthy_percent = 100;
    policy.outlier_detection = {5, Duration::Seconds(1), length, 100};
    Serve(policy, {PlaceOf(0), {}}, Members(2));
    backends_[0]->Set({.fail_every = 1, .fail_status = 500});
    int failed = 0;
    EXPECT_TRUE(waypoint_->Await([&] {
      failed += waypoint_->Call({.host = "shop"}).status == 500 ? 1 : 0;
      return Ejections("enforced_total") >= 1;
    })) << waypoint_->envoy().Log();
    EXPECT_GE(failed, 5);
    return policy;
  }

  std::unique_ptr<Waypoint> waypoint_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<bool> healthy_;
  SampleService shop_{"shop"};
};

// Weights of `n` entries that add up to 100.
std::vector<int> DrawWeights(size_t n, std::mt19937* random) {
  std::vector<int> out(n, 1);
  for (size_t left = 100 - n; left > 0; --left) ++out[(*random)() % n];
  return out;
}

// Zones in an order of its own, cut into steps; every second step with weights.
api::FailoverPolicy DrawPolicy(std::mt19937* random) {
  api::FailoverPolicy policy;
  policy.min_healthy_percent = 30 + static_cast<int>((*random)() % 71);
  policy.outlier_detection.consecutive_errors = 0;
  const uint32_t form = (*random)() % 4;
  if (form == 0) return policy;  // by nearness
  if (form == 1) {
    policy.priority_labels = {"topology.kubernetes.io/region", "topology.kubernetes.io/zone"};
    return policy;
  }
  std::vector<size_t> zones = {0, 1, 2, 3, 4, 5};
  for (size_t i = zones.size() - 1; i > 0; --i) std::swap(zones[i], zones[(*random)() % (i + 1)]);
  api::LocalityRule rule;
  for (size_t at = 0; at < zones.size();) {
    const size_t n = std::min<size_t>(1 + (*random)() % 3, zones.size() - at);
    const bool weighted = (*random)() % 2 == 0;
    const std::vector<int> weights = DrawWeights(n, random);
    api::FailoverStep step;
    for (size_t i = 0; i < n; ++i)
      step.to.push_back(Zone(zones[at + i], weighted ? std::optional(weights[i]) : std::nullopt));
    rule.steps.push_back(std::move(step));
    at += n;
  }
  policy.localities = {std::move(rule)};
  return policy;
}

TEST_F(Failover, TrafficAgreesWithTheSharesInDrawnScenarios) {
  std::mt19937 random(20261121);
  int spilling = 0;
  for (int scenario = 0; scenario < 24; ++scenario) {
    const api::FailoverPolicy policy = DrawPolicy(&random);
    std::vector<Member> members;
    for (size_t i = 0; i < backends_.size(); ++i) healthy_[i] = random() % 4 != 0;
    const size_t ill = random() % kZones;  // one zone is worse
    for (size_t i = 0; i < kInZone; ++i) healthy_[ill * kInZone + i] = random() % 3 == 0;
    for (const Member& member : Members()) {
      if (random() % 5 != 0) members.push_back(member);  // zones differ in size
    }
    const failover::Source source{PlaceOf(random() % backends_.size()), {}};
    const Plan plan = Serve(policy, source, std::move(members));
    SCOPED_TRACE("scenario " + std::to_string(scenario) + ", min healthy " +
                 std::to_string(policy.min_healthy_percent));
    ExpectAgree(plan);
    if (HasFailure()) break;
    for (const failover::StepShare& step : SharesOf(plan).steps) {
      if (step.percent == 0 || step.percent == 100) continue;
      ++spilling;
      break;
    }
  }
  EXPECT_GE(spilling, 8) << "scenarios in which more than one step has a share";
}

// Zone 0, then zones 2 and 3 as 80 to 20, then zone 4: weights and failover in one policy.
api::FailoverPolicy ThreeSteps() {
  api::FailoverPolicy policy;
  policy.min_healthy_percent = 75;
  policy.localities = {{Zone(0).locality, {{{Zone(2, 80), Zone(3, 20)}}, {{Zone(4)}}}}};
  return policy;
}

TEST_F(Failover, StepByStepAndBackAgain) {
  const api::FailoverPolicy policy = ThreeSteps();
  const failover::Source source{PlaceOf(0), {}};
  const auto serve = [&](int zone0, int zone2, int zone3) {
    for (size_t i = 0; i < kInZone; ++i) {
      healthy_[i] = static_cast<int>(i) < zone0;
      healthy_[2 * kInZone + i] = static_cast<int>(i) < zone2;
      healthy_[3 * kInZone + i] = static_cast<int>(i) < zone3;
    }
    const Plan plan = Serve(policy, source, Members());
    auto seen = Send();
    ExpectAgree(Expected(plan), seen, kRequests);
    return seen;
  };
  EXPECT_EQ(serve(4, 4, 4).at(0), kRequests) << "all is well";
  EXPECT_EQ(serve(3, 4, 4).at(0), kRequests) << "exactly healthy enough";
  const auto spilled = serve(2, 4, 4);
  EXPECT_GT(spilled.at(0), kRequests / 2);
  EXPECT_GT(spilled.at(2), 3 * spilled.at(3)) << "what spills keeps to the weights of the step";
  EXPECT_EQ(serve(0, 4, 4).at(0), 0);
  EXPECT_EQ(serve(0, 4, 0).at(3), 0) << "a dead locality leaves its weight to the other";
  EXPECT_EQ(serve(0, 0, 0).at(4), kRequests) << "the last step";
  EXPECT_EQ(serve(4, 4, 4).at(0), kRequests) << "and back";
}

TEST_F(Failover, NothingHealthyIs503) {
  healthy_.assign(healthy_.size(), false);
  const Plan plan = Serve(ThreeSteps(), {PlaceOf(0), {}}, Members());
  EXPECT_EQ(SharesOf(plan).nowhere, 1);
  const auto seen = Send(100);
  EXPECT_EQ(seen.at(-1), 100) << "and none is sent to an endpoint that is known to fail: no panic";
}

TEST_F(Failover, EndpointsOfALocalityShareByWeight) {
  std::vector<Member> members = Members(3);
  for (Member& member : members) {
    if (member.locality == PlaceOf(0)) member.weight = member.port == backends_[0]->port() ? 3 : 1;
  }
  healthy_[2] = false;
  for (Member& member : members) member.healthy = member.port != backends_[2]->port();
  api::FailoverPolicy policy = ThreeSteps();
  policy.min_healthy_percent = 50;
  const Plan plan = Serve(policy, {PlaceOf(0), {}}, members);
  Send();
  const std::vector<double> shares = MemberShares(plan, SharesOf(plan));
  for (size_t i = 0; i < plan.members.size(); ++i) {
    const auto backend = std::find_if(backends_.begin(), backends_.end(),
                                      [&](const auto& b) { return b->port() == plan.members[i].port; });
    // Two requests are under way at most: least-request evens out, within a tenth of all.
    EXPECT_NEAR(static_cast<double>((*backend)->Count()) / kRequests, shares[i], 0.1) << (*backend)->name();
  }
}

TEST_F(Failover, AStepWithoutEndpointsIsNoGap) {
  std::vector<Member> members;
  for (const Member& member : Members()) {
    if (member.locality != PlaceOf(0)) members.push_back(member);
  }
  EXPECT_EQ(Serve(ThreeSteps(), {PlaceOf(0), {}}, members).steps[0].parts.size(), 0u);
  const auto seen = Send();
  EXPECT_EQ(seen.at(2) + seen.at(3), kRequests);
}

TEST_F(Failover, ABackendThatAnswers500IsEjectedAndItsStepSpills) {
  // Longer than the test: what is ejected stays out.
  const api::FailoverPolicy policy = WithFirstEjected(ThreeSteps(), Duration::Seconds(3600));
  EXPECT_EQ(Ejections("active"), 1);
  healthy_[0] = false;
  const Plan plan = PlanFailover(policy, {PlaceOf(0), {}}, Members(2));
  const auto seen = Send();
  ExpectAgree(Expected(plan), seen, kRequests);
  EXPECT_EQ(backends_[0]->Count(), 0u);
}

TEST_F(Failover, AnEjectedBackendComesBackAfterItsTime) {
  const api::FailoverPolicy policy = WithFirstEjected(ThreeSteps(), Duration::Seconds(1));
  backends_[0]->Set({});
  backends_[0]->Forget();
  EXPECT_TRUE(waypoint_->Await([&] {
    EXPECT_NE(waypoint_->Call({.host = "shop"}).status, 503);
    return backends_[0]->Count() > 0;
  })) << waypoint_->envoy().Log();
  EXPECT_TRUE(waypoint_->Await([&] { return Ejections("active") == 0; }));
  ExpectAgree(PlanFailover(policy, {PlaceOf(0), {}}, Members(2)));
}

}  // namespace
}  // namespace fairlead::testing
