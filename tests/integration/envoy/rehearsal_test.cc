// The rehearsal agrees with traffic: what `failover simulate` says of an outage is what a real Envoy then
// does, for drawn policies, endpoints and outages in three clusters. From objects on: World, planner,
// catalog, xDS.
#include "reconcilers/failover/rehearsal.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "reconcilers/store/remotes.h"
#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"
#include "tests/unit/reconcilers/objects.h"

namespace fairlead::testing {
namespace {

using namespace reconcilers;  // NOLINT: the model's words
using failover::Outage;
using failover::Rehearsal;

constexpr int kRequests = 1500, kScenarios = 24;
constexpr size_t kInPlace = 3;

struct Place {
  std::string cluster, region, zone;  // no cluster: ours
  std::string ToString() const { return cluster + "/" + region + "/" + zone; }
};
const std::vector<Place> kPlaces = {
    {"", "r0", "z0"}, {"west", "rw", "w0"}, {"west", "rw", "w1"}, {"east", "re", "e0"}, {"east", "re", "e1"}};

std::string NodeYaml(const Place& place) {
  return "{apiVersion: v1, kind: Node, metadata: {name: " + place.zone +
         ", labels: {topology.kubernetes.io/region: " + place.region +
         ", topology.kubernetes.io/zone: " + place.zone + "}}}";
}

constexpr char kService[] =
    "{apiVersion: v1, kind: Service, metadata: {name: ratings, namespace: shop, labels: {istio.io/global: "
    "\"true\"}}, spec: {clusterIP: 10.0.0.1, ports: [{name: http, port: 80, appProtocol: http}]}}";

// Of one endpoint, since a slice has one port for all.
struct Endpoint {
  size_t place = 0;
  int port = 0;
  bool there = true, ready = true;
};

std::string SliceYaml(const Endpoint& of, size_t n) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: ratings-" +
         std::to_string(n) +
         ", namespace: shop, labels: {kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: "
         "[{name: http, port: " +
         std::to_string(of.port) + ", protocol: TCP}], endpoints: [" +
         (of.there ? "{addresses: [127.0.0.1], nodeName: " + kPlaces[of.place].zone +
                         ", conditions: {ready: " + (of.ready ? "true" : "false") + "}}"
                   : "") +
         "]}";
}

// Each the share of the requests, by Place::ToString; "": answered 503 by Envoy itself.
using Shares = std::map<std::string, double>;

class RehearsalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start("r0", "z0");
    ASSERT_NE(waypoint_, nullptr);
    for (const AnyObject& object : ObjectsOf(
             "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/use-waypoint: "
             "waypoint}}\n---\n"
             "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: "
             "shop, labels: {istio.io/waypoint-for: service}, annotations: {fairlead.dev/plaintext-port: \"" +
             std::to_string(waypoint_->port()) +
             "\"}}\nspec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, "
             "protocol: HBONE}]}\n")) {
      world_.Apply(object);
    }
    for (size_t place = 0; place < kPlaces.size(); ++place) {
      Put(place, kService);
      Put(place, NodeYaml(kPlaces[place]));
      for (size_t i = 0; i < kInPlace; ++i) {
        backends_.push_back(*Backend::Start("ratings-" + std::to_string(backends_.size())));
        endpoints_.push_back({place, backends_.back()->port()});
      }
    }
  }

  void Put(size_t place, const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    const std::string& cluster = kPlaces[place].cluster;
    cluster.empty() ? world_.Apply(object) : world_.ApplyRemote(cluster, object);
  }
  void PutEndpoints() {
    for (size_t i = 0; i < endpoints_.size(); ++i) Put(endpoints_[i].place, SliceYaml(endpoints_[i], i));
  }
  void Is(const std::string& cluster, RemoteState state) { world_.SetRemoteState(cluster, {state, {1}, ""}); }

  // What it names goes down: of a cluster that is lost its endpoints count as ill once that has lasted.
  void CarryOut(const Outage& outage) {
    for (Endpoint& endpoint : endpoints_) {
      const Place& place = kPlaces[endpoint.place];
      if (outage.of != Outage::Of::kCluster && place.region == outage.place.region &&
          (outage.of == Outage::Of::kRegion || place.zone == outage.place.zone))
        endpoint.ready = false;
    }
    if (outage.of == Outage::Of::kCluster) Is(outage.place.cluster, RemoteState::kExpired);
  }

  Shares Served() {
    waypoint_->Publish(world_.Drain());
    EXPECT_TRUE(waypoint_->AwaitProgrammed());
    // The worker takes over what the main thread has acknowledged before it reads on from a connection.
    for (int i = 0; i < 10; ++i) waypoint_->Call({.host = "ratings.shop"});
    for (const auto& backend : backends_) backend->Forget();
    const LoadResult result =
        waypoint_->Load({.host = "ratings.shop"}, {.workers = 2, .requests = kRequests});
    EXPECT_EQ(result.Count(200) + result.Count(503), kRequests) << result.Summary();
    Shares out;
    for (size_t i = 0; i < backends_.size(); ++i) {
      out[kPlaces[endpoints_[i].place].ToString()] += static_cast<double>(backends_[i]->Count()) / kRequests;
    }
    out[""] = static_cast<double>(result.Count(503)) / kRequests;
    return out;
  }

  // There is one place that requests come from, so the load of all endpoints of a place is its share.
  static Shares Forecast(const Rehearsal& rehearsal) {
    Shares out;
    for (const Place& place : kPlaces) out[place.ToString()] = 0;
    if (rehearsal.targets.size() != 1 || rehearsal.targets[0].sources.size() != 1) {
      ADD_FAILURE() << ToText(rehearsal);
      return out;
    }
    for (const failover::PlaceLoad& load : rehearsal.targets[0].places)
      out[Place{load.place.cluster, load.place.region, load.place.zone}.ToString()] +=
          load.then * load.healthy_then;
    out[""] = rehearsal.targets[0].sources[0].nowhere_then;
    return out;
  }

  // Each count is that of a binomial at most: within five sigma, once in 1.7 million tries not. Where the
  // share is nothing or all, the count is exact. Two requests are for the whole numbers of the scheduler.
  static void ExpectAgree(const Shares& forecast, const Shares& served) {
    for (const auto& [place, share] : forecast) {
      const double sigma = std::sqrt(share * (1 - share) / kRequests);
      const double bound = sigma < 1e-6 ? 0.5 / kRequests : 5 * sigma + 2.0 / kRequests;
      EXPECT_NEAR(served.at(place), share, bound) << (place.empty() ? "503" : place);
    }
  }

  std::unique_ptr<Waypoint> waypoint_;
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<Endpoint> endpoints_;
  World world_{WorldOptions()};
  std::mt19937 random_{20261122};

  // --- what is drawn

  size_t Draw(size_t n) { return random_() % n; }

  void DrawEndpoints() {
    for (Endpoint& endpoint : endpoints_) {
      endpoint.there = Draw(6) != 0;
      endpoint.ready = Draw(endpoint.place == 0 ? 2 : 4) != 0;  // requests have to leave the own place
    }
  }

  api::FailoverStep DrawStep(std::vector<api::Locality> to) {
    api::FailoverStep out;
    const bool weighted = Draw(2) == 0;
    int left = 100;
    for (size_t i = 0; i < to.size(); ++i) {
      const int others = static_cast<int>(to.size() - i - 1);
      const int weight = others == 0 ? left : 1 + static_cast<int>(Draw(static_cast<size_t>(left - others)));
      left -= weight;
      out.to.push_back({std::move(to[i]), weighted ? std::optional(weight) : std::nullopt});
    }
    return out;
  }

  // West as a whole or by zones, in an order of its own, cut into steps.
  std::vector<api::FailoverStep> DrawSteps() {
    std::vector<api::Locality> to = {{"", "r0", "z0", ""}, {"east", "re", "e0", ""}, {"east", "", "e1", ""}};
    if (Draw(2) == 0) {
      to.push_back({"west", "", "", ""});
    } else {
      to.insert(to.end(), {{"west", "rw", "w0", ""}, {"west", "rw", "w1", ""}});
    }
    std::shuffle(to.begin(), to.end(), random_);
    std::vector<api::FailoverStep> out;
    for (size_t at = 0; at < to.size();) {
      const size_t n = std::min(1 + Draw(3), to.size() - at);
      out.push_back(DrawStep({to.begin() + static_cast<ptrdiff_t>(at),  //
                              to.begin() + static_cast<ptrdiff_t>(at + n)}));
      at += n;
    }
    return out;
  }

  void PutPolicy(int generation) {
    auto policy = std::make_shared<api::FailoverPolicy>();
    policy->meta.name = "p";
    policy->meta.ns = "shop";
    policy->meta.generation = generation;
    policy->targets.refs = {{Kind::kService, "ratings", std::nullopt}};
    policy->min_healthy_percent = 30 + static_cast<int>(Draw(71));
    policy->outlier_detection.consecutive_errors = 0;
    if (Draw(4) != 0) policy->localities = {{{"", "r0", "", ""}, DrawSteps()}};  // else the nearest first
    world_.Apply(Ptr<api::FailoverPolicy>(std::move(policy)));
  }

  std::vector<Outage> DrawOutages() {
    static const std::vector<std::string> kOutages = {"cluster=west", "cluster=east", "region=rw",
                                                      "zone=rw/w0",   "zone=re/e1",   "region=re"};
    std::vector<Outage> out;
    for (size_t left = 1 + Draw(2); left > 0; --left)
      out.push_back(*failover::ParseOutage(kOutages[Draw(kOutages.size())]));
    return out;
  }
};

TEST_F(RehearsalTest, TrafficAgreesInDrawnScenarios) {
  int moved = 0, to_others = 0;
  for (int scenario = 0; scenario < kScenarios; ++scenario) {
    for (const char* cluster : {"west", "east"}) Is(cluster, RemoteState::kFresh);
    DrawEndpoints();
    PutEndpoints();
    PutPolicy(scenario + 1);
    const std::vector<Outage> outages = DrawOutages();
    waypoint_->Publish(world_.Drain());
    const Rehearsal rehearsal = Rehearse(world_, outages);
    const Shares forecast = Forecast(rehearsal);
    for (const Outage& outage : outages) CarryOut(outage);
    PutEndpoints();
    SCOPED_TRACE("scenario " + std::to_string(scenario) + "\n" + ToText(rehearsal));
    ExpectAgree(forecast, Served());
    if (HasFailure()) break;
    const failover::SourceForecast& source = rehearsal.targets[0].sources[0];
    moved += std::any_of(source.steps.begin(), source.steps.end(),
                         [](const failover::StepForecast& step) { return step.now != step.then; })
                 ? 1
                 : 0;
    to_others += forecast.at(kPlaces[0].ToString()) < 0.99 ? 1 : 0;
  }
  EXPECT_GE(moved, kScenarios / 4) << "scenarios in which the outage moves requests";
  EXPECT_GE(to_others, kScenarios / 2) << "scenarios in which requests go to other clusters";
}

}  // namespace
}  // namespace fairlead::testing
