// The rehearsal agrees with traffic: what `failover simulate` says of an outage is what real Envoys then do,
// wherever they run, for drawn policies, proxies, endpoints and outages in three clusters. From objects on:
// World, planner, catalog, xDS.
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
using failover::SourceForecast;
using failover::TargetForecast;

constexpr int kRequests = 1500, kScenarios = 24;
constexpr size_t kInPlace = 3;

struct Place {
  std::string cluster, region, zone;  // no cluster: ours
  std::string ToString() const { return cluster + "/" + region + "/" + zone; }
};
const std::vector<Place> kPlaces = {{"", "r0", "z0"},     {"", "r0", "z1"},     {"", "r0", "z2"},
                                    {"west", "rw", "w0"}, {"west", "rw", "w1"}, {"east", "re", "e0"},
                                    {"east", "re", "e1"}};
constexpr size_t kProxies = 2;  // in the first places; in our third zone none runs

std::string NodeYaml(const Place& place) {
  return "{apiVersion: v1, kind: Node, metadata: {name: " + place.zone +
         ", labels: {topology.kubernetes.io/region: " + place.region +
         ", topology.kubernetes.io/zone: " + place.zone + "}}}";
}

// Of the waypoint where a proxy of it runs, else of an endpoint.
std::string PodYaml(const std::string& name, const std::string& version, const std::string& of_waypoint_at) {
  return "{apiVersion: v1, kind: Pod, metadata: {name: " + name +
         ", namespace: shop, labels: {version: " + version +
         (of_waypoint_at.empty() ? "" : ", gateway.networking.k8s.io/gateway-name: waypoint") +
         "}}, spec: {nodeName: \"" + of_waypoint_at +
         "\"}, status: {phase: Running, podIPs: [{ip: 127.0.0.1}]}}";
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

std::string NameOf(size_t n) { return "ratings-" + std::to_string(n); }

std::string SliceYaml(const Endpoint& of, size_t n) {
  return "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: " + NameOf(n) +
         ", namespace: shop, labels: {kubernetes.io/service-name: ratings}}, addressType: IPv4, ports: "
         "[{name: http, port: " +
         std::to_string(of.port) + ", protocol: TCP}], endpoints: [" +
         (of.there ? "{addresses: [127.0.0.1], nodeName: " + kPlaces[of.place].zone +
                         ", targetRef: {kind: Pod, name: " + NameOf(n) +
                         "}, conditions: {ready: " + (of.ready ? "true" : "false") + "}}"
                   : "") +
         "]}";
}

// Each the share of the requests, by Place::ToString; "": answered 503 by Envoy itself.
using Shares = std::map<std::string, double>;

class RehearsalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    for (size_t i = 0; i < kProxies; ++i) {
      waypoints_.push_back(Waypoint::Start(kPlaces[i].region, kPlaces[i].zone, ProxyName(i)));
      ASSERT_NE(waypoints_.back(), nullptr);
    }
    for (const AnyObject& object : ObjectsOf(
             "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {istio.io/use-waypoint: "
             "waypoint}}\n---\n"
             "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: "
             "shop, labels: {istio.io/waypoint-for: service}}\nspec: {gatewayClassName: fairlead-waypoint, "
             "listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n")) {
      world_.Apply(object);
    }
    for (size_t place = 0; place < kPlaces.size(); ++place) {
      Put(place, kService);
      Put(place, NodeYaml(kPlaces[place]));
      for (size_t i = 0; i < kInPlace; ++i) {
        backends_.push_back(*Backend::Start(NameOf(backends_.size())));
        endpoints_.push_back({place, backends_.back()->port()});
      }
    }
  }

  static std::string ProxyName(size_t i) { return "w-" + std::to_string(i); }

  void Put(size_t place, const std::string& yaml) {
    const AnyObject object = ObjectOf(yaml);
    const std::string& cluster = kPlaces[place].cluster;
    cluster.empty() ? world_.Apply(object) : world_.ApplyRemote(cluster, object);
  }
  void PutEndpoints() {
    for (size_t i = 0; i < endpoints_.size(); ++i) Put(endpoints_[i].place, SliceYaml(endpoints_[i], i));
  }
  void Is(const std::string& cluster, RemoteState state) { world_.SetRemoteState(cluster, {state, {1}, ""}); }
  void Publish() {
    const Delta delta = world_.Drain();
    for (const auto& waypoint : waypoints_) waypoint->Publish(delta);
  }

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

  // Of the requests that the proxy there sends.
  Shares Served(Waypoint* waypoint) {
    EXPECT_TRUE(waypoint->AwaitProgrammed());
    // The worker takes over what the main thread has acknowledged before it reads on from a connection.
    for (int i = 0; i < 10; ++i) waypoint->Call({.host = "ratings.shop"});
    for (const auto& backend : backends_) backend->Forget();
    const LoadResult result = waypoint->Load({.host = "ratings.shop"}, {.workers = 2, .requests = kRequests});
    EXPECT_EQ(result.Count(200) + result.Count(503), kRequests) << result.Summary();
    Shares out;
    for (size_t i = 0; i < backends_.size(); ++i) {
      out[kPlaces[endpoints_[i].place].ToString()] += static_cast<double>(backends_[i]->Count()) / kRequests;
    }
    out[""] = static_cast<double>(result.Count(503)) / kRequests;
    return out;
  }

  static Shares Forecast(const TargetForecast& target, const SourceForecast& source) {
    Shares out;
    for (const Place& place : kPlaces) out[place.ToString()] = 0;
    for (size_t i = 0; i < target.places.size(); ++i) {
      const api::Locality& at = target.places[i].place;
      out[Place{at.cluster, at.region, at.zone}.ToString()] = source.to_place_then[i];
    }
    out[""] = source.nowhere_then;
    return out;
  }

  // The load of a place's endpoints is what its sources send there, each as much as any other.
  static void ExpectLoadsAddUp(const TargetForecast& target) {
    for (size_t i = 0; i < target.places.size(); ++i) {
      double sent = 0, live = 0;
      for (const SourceForecast& source : target.sources) {
        if (source.down) continue;
        sent += source.to_place_then[i];
        ++live;
      }
      EXPECT_NEAR(target.places[i].then * target.places[i].healthy_then, live == 0 ? 0 : sent / live, 1e-9);
    }
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

  std::vector<std::unique_ptr<Waypoint>> waypoints_;  // by kPlaces
  std::vector<std::unique_ptr<Backend>> backends_;
  std::vector<Endpoint> endpoints_;
  World world_{WorldOptions()};
  std::mt19937 random_{20261122};

  // --- what is drawn

  size_t Draw(size_t n) { return random_() % n; }

  void DrawEndpoints() {
    for (size_t i = 0; i < endpoints_.size(); ++i) {
      Endpoint& endpoint = endpoints_[i];
      endpoint.there = Draw(6) != 0;
      const bool ours = kPlaces[endpoint.place].cluster.empty();
      endpoint.ready = Draw(ours ? 2 : 4) != 0;  // requests have to leave the own place
      Put(endpoint.place, PodYaml(NameOf(i), Draw(2) == 0 ? "v0" : "v1", ""));
    }
  }

  // Places, sorted, where proxies run: one at least.
  std::vector<size_t> DrawProxies() {
    std::vector<size_t> out;
    const size_t drawn = 1 + Draw((1u << kProxies) - 1);
    for (size_t i = 0; i < kProxies; ++i) {
      if ((drawn >> i & 1u) == 0) {
        world_.Remove({Kind::kPod, "shop", ProxyName(i)});
        continue;
      }
      out.push_back(i);
      world_.Apply(ObjectOf(PodYaml(ProxyName(i), Draw(2) == 0 ? "v0" : "v1", kPlaces[i].zone)));
    }
    return out;
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
    std::vector<api::Locality> to = {
        {"", "r0", "z0", ""}, {"", "r0", "z1", ""}, {"east", "re", "e0", ""}, {"east", "", "e1", ""}};
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
    const size_t form = Draw(8);  // 0: the nearest first
    if (form == 1) policy->priority_labels = {"version"};
    if (form == 2) policy->priority_labels = {"topology.kubernetes.io/region", "version"};
    if (form == 3) policy->localities = {{{"", "r0", "z1", ""}, DrawSteps()}};  // elsewhere the nearest first
    if (form > 3) policy->localities = {{{"", "r0", "", ""}, DrawSteps()}};
    world_.Apply(Ptr<api::FailoverPolicy>(std::move(policy)));
  }

  std::vector<Outage> DrawOutages() {
    static const std::vector<std::string> kOutages = {"cluster=west", "cluster=east", "region=rw",
                                                      "zone=rw/w0",   "zone=re/e1",   "region=re",
                                                      "zone=r0/z0",   "zone=r0/z1",   "zone=r0/z2"};
    std::vector<Outage> out;
    for (size_t left = 1 + Draw(2); left > 0; --left)
      out.push_back(*failover::ParseOutage(kOutages[Draw(kOutages.size())]));
    return out;
  }
};

TEST_F(RehearsalTest, TrafficAgreesInDrawnScenarios) {
  int asked = 0, moved = 0, to_others = 0, waypoint_down = 0;
  for (int scenario = 0; scenario < kScenarios; ++scenario) {
    for (const char* cluster : {"west", "east"}) Is(cluster, RemoteState::kFresh);
    DrawEndpoints();
    const std::vector<size_t> proxies = DrawProxies();
    PutEndpoints();
    PutPolicy(scenario + 1);
    const std::vector<Outage> outages = DrawOutages();
    Publish();
    const Rehearsal rehearsal = Rehearse(world_, outages);
    for (const Outage& outage : outages) CarryOut(outage);
    PutEndpoints();
    Publish();
    SCOPED_TRACE("scenario " + std::to_string(scenario) + "\n" + ToText(rehearsal));
    ASSERT_EQ(rehearsal.targets.size(), 1u);
    const TargetForecast& target = rehearsal.targets[0];
    ASSERT_EQ(target.sources.size(), proxies.size()) << "requests come from where the proxies run alone";
    ExpectLoadsAddUp(target);
    waypoint_down += target.everything_down ? 1 : 0;
    for (size_t i = 0; i < proxies.size(); ++i) {
      const SourceForecast& source = target.sources[i];
      ASSERT_EQ(source.from.zone, kPlaces[proxies[i]].zone);
      if (source.down) continue;
      const Shares forecast = Forecast(target, source);
      ExpectAgree(forecast, Served(waypoints_[proxies[i]].get()));
      ++asked;
      moved += std::any_of(source.steps.begin(), source.steps.end(),
                           [](const failover::StepForecast& step) { return step.now != step.then; })
                   ? 1
                   : 0;
      to_others += forecast.at(kPlaces[proxies[i]].ToString()) < 0.99 ? 1 : 0;
    }
    if (HasFailure()) break;
  }
  EXPECT_GE(asked, kScenarios) << "proxies whose traffic was looked at";
  EXPECT_GE(moved, asked / 4) << "of these, those whose requests the outage moves";
  EXPECT_GE(to_others, asked / 2) << "and those whose requests go to other places";
  EXPECT_GE(waypoint_down, 1) << "scenarios in which the waypoint would be down";
}

}  // namespace
}  // namespace fairlead::testing
