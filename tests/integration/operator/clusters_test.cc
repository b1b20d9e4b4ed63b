// Two clusters through the program fairlead-operator: it runs in one, reads the other by a Secret, and a real
// Envoy sends requests to the endpoints of both as a FailoverPolicy says.
#include <cmath>

#include "crds/base/base64.h"
#include "crds/base/clock.h"
#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/backend/backend.h"
#include "tests/support/envoy/envoy.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using apiserver::ApiServer;
using apiserver::FaultKind;
using ::testing::HasSubstr;

constexpr std::chrono::seconds kPatience{60};

constexpr char kService[] =
    R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"ratings","namespace":"shop",
    "labels":{"istio.io/global":"true"}},
    "spec":{"ports":[{"name":"http","port":8080,"protocol":"TCP","appProtocol":"http"}]}})";

std::string NodeJson(const std::string& name, const std::string& region, const std::string& zone) {
  return R"({"apiVersion":"v1","kind":"Node","metadata":{"name":")" + name +
         R"(","labels":{"topology.kubernetes.io/region":")" + region +
         R"(","topology.kubernetes.io/zone":")" + zone + R"("}}})";
}

std::string SliceJson(const std::string& name, const std::string& node, int port, bool ready) {
  return R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":"ratings-)" + name +
         R"(","namespace":"shop","labels":{"kubernetes.io/service-name":"ratings"}},"addressType":"IPv4",)"
         R"("ports":[{"name":"http","protocol":"TCP","port":)" +
         std::to_string(port) + R"(}],"endpoints":[{"addresses":["127.0.0.1"],"nodeName":")" + node +
         R"(","conditions":{"ready":)" + (ready ? "true" : "false") + "}}]}";
}

// Ours has zones a, where the proxy runs, and b; the other cluster, "west", has one endpoint.
class ClustersTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    StartServer();
    auto west = ApiServer::Start({});
    ASSERT_TRUE(west) << west.error().message;
    west_ = std::move(*west);
    Define(west_.get());
    for (const char* name : {"a", "b", "west"}) backends_[name] = *Backend::Start(name);
    StoreHome();
    StoreWest(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    StoreWest(kService);
    StoreWest(NodeJson("node-w", "rw", "zw"));
    SetReady("west", true);
  }

  void StoreHome() {
    waypoint_port_ = FreePort();
    MakeNamespace("shop", waypoint_port_);
    Store(kService);
    for (const char* zone : {"a", "b"}) {
      Store(NodeJson(std::string("node-") + zone, "r", std::string("z") + zone));
      SetReady(zone, true);
    }
    Store(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})");
    Store(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"clusters","namespace":"fairlead-system",)"
          R"("labels":{"istio/multiCluster":"true"}},"data":{"west":")" +
          EncodeBase64(west_->kubeconfig()) + R"("}})");
  }
  void StoreWest(const std::string& json) {
    const auto object = apiserver::ParseJson(json);
    ASSERT_TRUE(object) << json;
    const auto applied = west_->Apply(*object);
    ASSERT_TRUE(applied) << applied.error().message;
  }
  // The endpoint "a", "b" or "west".
  void SetReady(const std::string& name, bool ready) {
    const std::string node = name == "west" ? "node-w" : "node-" + name;
    const std::string slice = SliceJson(name, node, backends_.at(name)->port(), ready);
    name == "west" ? StoreWest(slice) : Store(slice);
  }

  void Begin(const std::string& stale_limit = "15m") {
    StartOperator({"--clusters", "--namespace=fairlead-system", "--cluster-stale-limit=" + stale_limit});
    ASSERT_TRUE(AwaitState("fresh"));
    auto envoy = Envoy::Start({.xds_port = operator_.xds_port(),
                               .id = "w",
                               .cluster = "shop/waypoint",
                               .region = "r",
                               .zone = "za"});
    ASSERT_TRUE(envoy) << envoy.error().message;
    envoy_ = std::move(*envoy);
    ASSERT_TRUE(envoy_->AwaitListener(waypoint_port_, kPatience));
  }
  bool AwaitState(const std::string& state) {
    const std::string line = R"(fairlead_cluster_state{cluster="west",state=")" + state + R"("} 1)";
    return Eventually([&] { return operator_.Get("/metrics").find(line) != std::string::npos; }, kPatience);
  }
  void Policy(const std::string& spec) {
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: far, namespace: shop}\n"
        "spec:\n  targetRefs: [{kind: Service, name: ratings}]\n" +
        spec);
  }
  void Cut() {
    west_->faults().Add({.times = -1, .kind = FaultKind::kDropBeforeHeaders});
    west_->DropConnections();
  }

  // Which backends got so many requests: "a", "a west"; "-": one was not answered 200.
  std::string Got(int requests = 20) {
    for (const auto& [name, backend] : backends_) backend->Forget();
    HttpClient client("127.0.0.1", waypoint_port_);
    for (int i = 0; i < requests; ++i) {
      const auto reply =
          client.Call({.path = "/", .host = "ratings.shop", .timeout = std::chrono::seconds(10)});
      if (reply.status != 200) return "-";
    }
    std::string out;
    for (const auto& [name, backend] : backends_) {
      if (backend->Count() > 0) out += (out.empty() ? "" : " ") + name;
    }
    return out;
  }
  bool Comes(const std::string& names) {
    return Eventually([&] { return (last_ = Got()) == names; }, kPatience);
  }
  bool StatusSays(const std::string& text) {
    return Eventually(
        [&] {
          const auto policy = user_->Read(Kind::kFailoverPolicy, "shop", "far");
          last_ = policy ? WriteJson((*policy)["status"]) : policy.error().message;
          return last_.find(text) != std::string::npos;
        },
        kPatience);
  }

  int waypoint_port_ = 0;
  std::unique_ptr<ApiServer> west_;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
  std::unique_ptr<Envoy> envoy_;
  std::string last_;
};

constexpr char kWestThenB[] =
    "  localities: [{from: {region: r}, steps: [{to: [{cluster: west}]}, {to: [{region: r, zone: zb}]}]}]\n"
    "  outlierDetection: {consecutiveErrors: 0}\n";

TEST_F(ClustersTest, AnotherClusterTakesOverWhatIsKnownOfItStaysAndOursReturns) {
  Policy(kWestThenB);
  Begin();
  EXPECT_TRUE(Comes("a")) << last_ << operator_.Log();

  SetReady("a", false);
  ASSERT_TRUE(Comes("west")) << last_;
  EXPECT_TRUE(StatusSays(R"("active":"2")")) << last_;

  // The other API server is gone, its endpoints are not.
  Cut();
  ASSERT_TRUE(AwaitState("stale"));
  EXPECT_TRUE(StatusSays("cluster west is stale")) << last_;
  EXPECT_EQ(Got(100), "west");
  SetReady("west", false);  // which nobody can know now
  EXPECT_EQ(Got(), "west");

  west_->faults().Clear();
  EXPECT_TRUE(Comes("b")) << last_ << "; what has happened there is known once it can be read again";
  SetReady("west", true);
  EXPECT_TRUE(Comes("west")) << last_;

  SetReady("a", true);
  EXPECT_TRUE(Comes("a")) << last_;
}

// As istio.io/global says: one service in all clusters. A policy divides, or keeps near, what goes where.
TEST_F(ClustersTest, WithoutAPolicyAllClustersServe) {
  Begin("1s");
  ASSERT_TRUE(Comes("a b west")) << last_ << operator_.Log();
  SetReady("a", false);
  EXPECT_TRUE(Comes("b west")) << last_;
  SetReady("a", true);
  Cut();
  EXPECT_TRUE(Comes("a b")) << last_ << ": it is not known any more";
  west_->faults().Clear();
  EXPECT_TRUE(Comes("a b west")) << last_;
  Policy("  outlierDetection: {consecutiveErrors: 0}\n");
  EXPECT_TRUE(Comes("a")) << last_ << ": the same zone";
}

TEST_F(ClustersTest, PastTheLimitRequestsSpillToTheNextStep) {
  Policy(kWestThenB);
  SetReady("a", false);
  Begin("1s");
  ASSERT_TRUE(Comes("west")) << last_ << operator_.Log();
  Cut();
  EXPECT_TRUE(Comes("b")) << last_;
  EXPECT_TRUE(AwaitState("expired"));
  west_->faults().Clear();
  EXPECT_TRUE(Comes("west")) << last_;
}

TEST_F(ClustersTest, ClustersShareByTheirWeights) {
  Policy(
      "  localities: [{from: {region: r, zone: za}, steps: [{to: [{region: r, zone: za, weight: 70}, "
      "{cluster: west, "
      "weight: 30}]}]}]\n  outlierDetection: {consecutiveErrors: 0}\n");
  Begin();
  ASSERT_TRUE(Comes("a west")) << last_ << operator_.Log();
  // A binomial at most: within five sigma of the mean, once in 1.7 million tries not.
  constexpr int kRequests = 1000;
  ASSERT_EQ(Got(kRequests), "a west");
  const double bound = 5 * std::sqrt(kRequests * 0.3 * 0.7);
  EXPECT_NEAR(static_cast<double>(backends_.at("west")->Count()), kRequests * 0.3, bound);
  SetReady("west", false);
  EXPECT_TRUE(Comes("a")) << last_ << ": the other takes all of it";
  SetReady("west", true);
  EXPECT_TRUE(Comes("a west")) << last_;
}

TEST_F(ClustersTest, WhatThePolicyOfTheOtherClusterAsksElseIsTold) {
  Policy(kWestThenB);
  Begin();
  const auto there = [&](const std::string& percent) {
    StoreWest(
        R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"FailoverPolicy","metadata":{"name":"far","namespace":"shop"},)"
        R"("spec":{"targetRefs":[{"kind":"Service","name":"ratings"}],"outlierDetection":{"consecutiveErrors":0},)"
        R"("localities":[{"from":{"region":"r"},"steps":[{"to":[{"cluster":"west"}]},)"
        R"({"to":[{"region":"r","zone":"zb"}]}]}],"minHealthyPercent":)" +
        percent + "}}");
  };
  there("70");
  EXPECT_TRUE(StatusSays(R"("type":"Programmed")")) << last_;
  there("50");
  EXPECT_TRUE(StatusSays(R"("reason":"DiffersInCluster")")) << last_;
  EXPECT_THAT(last_,
              HasSubstr("cluster west: FailoverPolicy shop/far has spec.minHealthyPercent 50, here 70"));
  EXPECT_TRUE(Eventually(
      [&] {
        return operator_.Get("/metrics")
                   .find(R"(fairlead_policies{condition="Consistent",reason="DiffersInCluster"} 1)") !=
               std::string::npos;
      },
      kPatience));
  there("70");
  EXPECT_TRUE(Eventually(
      [&] {
        const auto policy = user_->Read(Kind::kFailoverPolicy, "shop", "far");
        return policy && WriteJson((*policy)["status"]).find("DiffersInCluster") == std::string::npos;
      },
      kPatience));
}

std::string Drill(const std::string& cluster) {
  Timestamp until = Clock::System().WallNow();
  until.seconds += 600;
  return "  drill: {down: {cluster: " + cluster + "}, until: \"" + until.ToString() + "\"}\n";
}

TEST_F(ClustersTest, ADrillTakesAClusterOutAndGivesItBack) {
  Policy(kWestThenB);
  Begin();
  ASSERT_TRUE(Comes("a")) << last_ << operator_.Log();

  Policy(kWestThenB + Drill("Kubernetes"));  // our own: its endpoints are healthy, in each of its zones
  ASSERT_TRUE(Comes("west")) << last_ << operator_.Log();
  EXPECT_EQ(Got(100), "west");
  EXPECT_TRUE(StatusSays(R"("state":"Running")")) << last_;
  Policy(kWestThenB);
  ASSERT_TRUE(Comes("a")) << last_;

  SetReady("a", false);
  ASSERT_TRUE(Comes("west")) << last_;
  Policy(kWestThenB + Drill("west"));
  ASSERT_TRUE(Comes("b")) << last_;
  EXPECT_TRUE(StatusSays("a drill leaves out 1 of its endpoints")) << last_;
  EXPECT_TRUE(AwaitState("fresh")) << "the cluster itself is read as always";
  Policy(kWestThenB);
  EXPECT_TRUE(Comes("west")) << last_;
}

TEST_F(ClustersTest, WithoutItsSecretAClusterGetsNothing) {
  Policy(kWestThenB);
  SetReady("a", false);
  Begin();
  ASSERT_TRUE(Comes("west")) << last_ << operator_.Log();
  Store(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"clusters","namespace":"fairlead-system",)"
        R"("labels":{"istio/multiCluster":"false"}},"data":{}})");
  EXPECT_TRUE(Comes("b")) << last_;
  EXPECT_TRUE(StatusSays("cluster west is not known")) << last_;
}

}  // namespace
}  // namespace fairlead::testing
