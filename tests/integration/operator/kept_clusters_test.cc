// The operator ends while another cluster cannot be reached, and is started anew: a proxy keeps that
// cluster's endpoints, and when it is back is sent what has changed there, and no more.
#include <signal.h>

#include <mutex>

#include "crds/base/base64.h"
#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using apiserver::ApiServer;
using apiserver::FaultKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Names = std::set<std::string>;

constexpr auto kEndpoints = static_cast<size_t>(xds::Type::kEndpoints);
constexpr char kRatings[] = "shop/ratings|8080";

std::string ServiceJson(const std::string& name) {
  return R"({"apiVersion":"v1","kind":"Service","metadata":{"name":")" + name +
         R"(","namespace":"shop","labels":{"istio.io/global":"true"}},"spec":{"ports":[{"name":"http","port":8080,)"
         R"("protocol":"TCP","appProtocol":"http"}]}})";
}

std::string SliceJson(const std::string& service, const std::string& address) {
  return R"({"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","metadata":{"name":")" + service +
         R"(-1","namespace":"shop","labels":{"kubernetes.io/service-name":")" + service +
         R"("}},"addressType":"IPv4","ports":[{"name":"http","protocol":"TCP","port":8080}],"endpoints":[)"
         R"({"addresses":[")" +
         address + R"("],"conditions":{"ready":true}}]})";
}

// "ratings" and "reviews" are global, here and in west; a policy leads to west.
class KeptClustersTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    StartServer();
    west_ = *ApiServer::Start({});
    Define(west_.get());
    MakeNamespace("shop");
    StoreWest(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop"}})");
    int host = 0;
    for (const char* service : {"ratings", "reviews"}) {
      ++host;
      Store(ServiceJson(service));
      Store(SliceJson(service, "10.1.0." + std::to_string(host)));
      StoreWest(ServiceJson(service));
      StoreWest(SliceJson(service, "10.2.0." + std::to_string(host)));
    }
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: far, namespace: shop}\n"
        "spec:\n  targetRefs: [{kind: Service, name: ratings}, {kind: Service, name: reviews}]\n"
        "  priorityLabels: [topology.istio.io/cluster]\n");
    Store(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})");
    Store(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"clusters","namespace":"fairlead-system",)"
          R"("labels":{"istio/multiCluster":"true"}},"data":{"west":")" +
          EncodeBase64(west_->kubeconfig()) + R"("}})");
  }
  void StoreWest(const std::string& json) {
    const auto applied = west_->Apply(*apiserver::ParseJson(json));
    ASSERT_TRUE(applied) << applied.error().message;
  }
  void Begin(const std::string& stale_limit = "15m") {
    StartOperator({"--clusters", "--namespace=fairlead-system", "--cluster-stale-limit=" + stale_limit});
  }
  // Both services have endpoints of both clusters.
  void BeginWell() {
    Begin();
    ASSERT_TRUE(AwaitState("fresh"));
    ASSERT_TRUE(StatusSays(R"("endpoints":1,"healthy":1,"percent":0,"to":"any")"));
    FakeEnvoy::Options options{.port = operator_.xds_port(), .id = "w"};
    options.on_response = [this](const FakeEnvoy::Received& received) {
      if (received.type == xds::Type::kRuntime) return;  // each stream is told anew that there is no drill
      const std::lock_guard lock(mutex_);
      const std::string type = std::string(ToString(received.type)) + " ";
      for (const auto& [name, version] : received.resources) sent_.insert(type + name);
      for (const std::string& name : received.removed) sent_.insert("no " + type + name);
    };
    envoy_ = std::make_unique<FakeEnvoy>(std::move(options));
    ASSERT_TRUE(envoy_->Await([](const FakeEnvoy::State& s) { return s.Count(xds::Type::kEndpoints) == 2; }));
  }
  void Cut() {
    west_->faults().Add({.times = -1, .kind = FaultKind::kDropBeforeHeaders});
    west_->DropConnections();
  }
  void LoseWest() {
    Cut();
    ASSERT_TRUE(AwaitState("stale"));
    ASSERT_TRUE(Eventually([&] { return HasCopy(); })) << operator_.Log();
  }
  void BeginAgain(const std::string& stale_limit = "15m") {
    Begin(stale_limit);
    const std::lock_guard lock(mutex_);
    sent_.clear();
  }
  void Reconnect() { envoy_ = envoy_->Successor(operator_.xds_port()); }
  bool HasCopy() {
    return server_->Read("v1", "ConfigMap", "fairlead-system", "fairlead-last-known-of-west").has_value();
  }
  bool AwaitState(const std::string& state) {
    const std::string line = R"(fairlead_cluster_state{cluster="west",state=")" + state + R"("} 1)";
    return Eventually([&] { return operator_.Get("/metrics").find(line) != std::string::npos; });
  }
  bool StatusSays(const std::string& text) {
    return Eventually([&] {
      const auto policy = user_->Read(Kind::kFailoverPolicy, "shop", "far");
      last_ = policy ? WriteJson((*policy)["status"]) : policy.error().message;
      return last_.find(text) != std::string::npos;
    });
  }
  std::string At(const std::string& endpoints) {
    const auto held = envoy_->versions()[kEndpoints];
    const auto at = held.find(endpoints);
    return at == held.end() ? "" : at->second;
  }
  bool AwaitOther(const std::string& endpoints, const std::string& version) {
    return envoy_->Await([&](const FakeEnvoy::State& s) {
      const auto at = s.held[kEndpoints].find(endpoints);
      return at != s.held[kEndpoints].end() && at->second != version;
    });
  }
  // Whatever was to be sent before this is sent when it has come: an endpoint of our own changes.
  Names SentAndFenced() {
    const std::string before = At("shop/reviews|8080");
    Store(SliceJson("reviews", "10.1.9." + std::to_string(++fences_)));
    EXPECT_TRUE(AwaitOther("shop/reviews|8080", before)) << operator_.Log();
    const std::lock_guard lock(mutex_);
    Names sent = std::exchange(sent_, {});
    sent.erase("Endpoints shop/reviews|8080");
    return sent;
  }

  std::unique_ptr<ApiServer> west_;
  std::unique_ptr<FakeEnvoy> envoy_;
  std::mutex mutex_;
  Names sent_;
  int fences_ = 0;
  std::string last_;
};

TEST_F(KeptClustersTest, AProxyKeepsTheEndpointsOfAClusterThatIsGoneThroughARestart) {
  BeginWell();
  LoseWest();
  const std::string before = At(kRatings);
  ASSERT_EQ(operator_.process().Stop(std::chrono::seconds(60)), 0) << operator_.Log();
  BeginAgain();
  Reconnect();
  EXPECT_THAT(SentAndFenced(), IsEmpty());
  EXPECT_EQ(At(kRatings), before);
  EXPECT_TRUE(AwaitState("stale"));
  EXPECT_TRUE(StatusSays("cluster west is stale, known from before the start: of 20")) << last_;
  const std::string dump = operator_.Get("/debug/dump?part=clusters");
  EXPECT_THAT(dump, HasSubstr(R"("kept": true)"));
  EXPECT_EQ(operator_.Metric("fairlead_cluster_kept"), 1);

  // It is back, with one endpoint changed.
  StoreWest(SliceJson("ratings", "10.2.0.77"));
  west_->faults().Clear();
  EXPECT_TRUE(AwaitOther(kRatings, before)) << operator_.Log();
  EXPECT_TRUE(AwaitState("fresh"));
  EXPECT_THAT(SentAndFenced(), ElementsAre("Endpoints shop/ratings|8080"));
  EXPECT_TRUE(Eventually([&] {
    StatusSays(R"("to":"any")");
    return last_.find("stale") == std::string::npos;
  })) << last_;
  EXPECT_EQ(operator_.Metric("fairlead_cluster_kept"), 0);
}

TEST_F(KeptClustersTest, AndThroughACrash) {
  BeginWell();
  LoseWest();
  const std::string before = At(kRatings);
  operator_.process().Kill();
  BeginAgain();
  Reconnect();
  EXPECT_THAT(SentAndFenced(), IsEmpty());
  EXPECT_EQ(At(kRatings), before);
  west_->faults().Clear();
  EXPECT_TRUE(AwaitState("fresh"));
  EXPECT_THAT(SentAndFenced(), IsEmpty()) << "nothing has changed there";
}

TEST_F(KeptClustersTest, OneThatGoesWhileTheOperatorIsDownIsKnownAsOfItsEnd) {
  BeginWell();
  const std::string before = At(kRatings);
  ASSERT_EQ(operator_.process().Stop(std::chrono::seconds(60)), 0) << operator_.Log();
  ASSERT_TRUE(HasCopy()) << operator_.Log();
  Cut();
  BeginAgain();
  Reconnect();
  EXPECT_THAT(SentAndFenced(), IsEmpty());
  EXPECT_EQ(At(kRatings), before);
}

TEST_F(KeptClustersTest, PastTheLimitItIsThereAndDoesNotCount) {
  BeginWell();
  LoseWest();
  ASSERT_EQ(operator_.process().Stop(std::chrono::seconds(60)), 0) << operator_.Log();
  BeginAgain("1ms");
  Reconnect();
  EXPECT_TRUE(AwaitState("expired"));
  EXPECT_TRUE(StatusSays(R"("endpoints":1,"healthy":0)")) << last_;
  EXPECT_TRUE(StatusSays("cluster west is expired, known from before the start")) << last_;
  EXPECT_THAT(SentAndFenced(), ElementsAre("Endpoints shop/ratings|8080"));
}

TEST_F(KeptClustersTest, WithItsSecretTheCopyGoes) {
  BeginWell();
  LoseWest();
  Store(R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"clusters","namespace":"fairlead-system",)"
        R"("labels":{"istio/multiCluster":"false"}},"data":{}})");
  EXPECT_TRUE(Eventually([&] { return !HasCopy(); })) << operator_.Log();
  EXPECT_TRUE(StatusSays(R"("endpoints":0)")) << last_;
}

}  // namespace
}  // namespace fairlead::testing
