// A FailoverPolicy through the program fairlead-operator: from the API server to what a real Envoy does with
// requests, and to what proxies elsewhere are told.
#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/backend/backend.h"
#include "tests/support/envoy/envoy.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"

namespace fairlead::testing {
namespace {

using xds::Type;

constexpr char kEndpoints[] = "shop/ratings|8080";

class FailoverTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    StartServer();
    waypoint_port_ = FreePort();
    MakeNamespace("shop");
    ApplyYaml(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: "
        "shop, labels: {istio.io/waypoint-for: service}, annotations: {fairlead.dev/plaintext-port: \"" +
        std::to_string(waypoint_port_) +
        "\"}}\nspec: {gatewayClassName: fairlead-waypoint, listeners: [{name: mesh, port: 15008, "
        "protocol: HBONE}]}\n");
    ApplyYaml(
        "apiVersion: v1\nkind: Service\nmetadata: {name: ratings, namespace: shop}\nspec: {ports: "
        "[{name: http, port: 8080, appProtocol: http}]}\n");
    for (const char* zone : {"a", "b"}) {
      ApplyYaml("apiVersion: v1\nkind: Node\nmetadata: {name: node-" + std::string(zone) +
                ", labels: {topology.kubernetes.io/region: r, topology.kubernetes.io/zone: z" + zone +
                "}}\n");
      backends_[zone] = *Backend::Start(zone);
      SetReady(zone, true);
    }
    StartOperator();
  }

  // A slice of its own for each, since a slice has one port for all.
  void SetReady(const std::string& zone, bool ready) {
    ApplyYaml("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: ratings-" + zone +
              ", namespace: shop, labels: {kubernetes.io/service-name: ratings}}\naddressType: IPv4\n"
              "ports: [{name: http, protocol: TCP, port: " +
              std::to_string(backends_.at(zone)->port()) +
              "}]\nendpoints: [{addresses: [127.0.0.1], nodeName: node-" + zone +
              ", conditions: {ready: " + (ready ? "true" : "false") + "}}]\n");
  }
  void Apply(const std::string& spec) {
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: shop}\n"
        "spec:\n  targetRefs: [{kind: Service, name: ratings}]\n" +
        spec);
  }

  std::unique_ptr<Envoy> StartEnvoy(const std::string& zone) {
    auto envoy = Envoy::Start({.xds_port = operator_.xds_port(),
                               .id = "w-" + zone,
                               .cluster = "shop/waypoint",
                               .region = "r",
                               .zone = "z" + zone});
    EXPECT_TRUE(envoy) << envoy.error().message;
    if (!envoy) return nullptr;
    EXPECT_TRUE((*envoy)->AwaitListener(waypoint_port_, std::chrono::seconds(60)));
    return std::move(*envoy);
  }
  std::unique_ptr<FakeEnvoy> StartFake(const std::string& zone) {
    return std::make_unique<FakeEnvoy>(FakeEnvoy::Options{.port = operator_.xds_port(),
                                                          .id = "f-" + zone,
                                                          .cluster = "shop/waypoint",
                                                          .region = "r",
                                                          .zone = "z" + zone});
  }

  // Which backends got twenty requests: "a", "b", "ab"; "-": one was not answered 200.
  std::string Got() {
    for (const auto& [zone, backend] : backends_) backend->Forget();
    HttpClient client("127.0.0.1", waypoint_port_);
    for (int i = 0; i < 20; ++i) {
      const auto reply =
          client.Call({.path = "/", .host = "ratings.shop", .timeout = std::chrono::seconds(10)});
      if (reply.status != 200) return "-";
    }
    std::string out;
    for (const auto& [zone, backend] : backends_) out += backend->Count() > 0 ? zone : "";
    return out;
  }
  bool Comes(const std::string& zones) {
    return Eventually([&] { return (last_ = Got()) == zones; }, std::chrono::seconds(60));
  }

  int waypoint_port_ = 0;
  std::map<std::string, std::unique_ptr<Backend>> backends_;
  std::string last_;
};

TEST_F(FailoverTest, RequestsStayInTheZoneOfTheProxyWhileItServes) {
  Apply("  outlierDetection: {consecutiveErrors: 3, interval: 1s, baseEjectionTime: 300s}\n");
  auto envoy = StartEnvoy("a");
  ASSERT_NE(envoy, nullptr);
  EXPECT_TRUE(Comes("a")) << last_ << envoy->Log();

  SetReady("a", false);
  EXPECT_TRUE(Comes("b")) << last_;
  SetReady("a", true);
  EXPECT_TRUE(Comes("a")) << last_;

  // It fails without the API server's knowledge: found by what it answers.
  backends_.at("a")->Set({.fail_every = 1, .fail_status = 500});
  EXPECT_TRUE(Comes("b")) << last_;
  backends_.at("a")->Set({});

  // The other zone's proxy sees it the other way round.
  envoy.reset();
  envoy = StartEnvoy("b");
  ASSERT_NE(envoy, nullptr);
  EXPECT_TRUE(Comes("b")) << last_;
  SetReady("b", false);
  EXPECT_TRUE(Comes("a")) << last_;
  SetReady("b", true);

  // Explicit steps say otherwise, and are taken over.
  Apply(
      "  localities: [{from: {region: r}, steps: [{to: [{region: r, zone: za, weight: 50}, {region: r, zone: "
      "zb, weight: 50}]}]}]\n");
  EXPECT_TRUE(Comes("ab")) << last_;
  Apply("  localities: [{from: {region: r, zone: zb}, steps: [{to: [{region: r, zone: za}]}]}]\n");
  EXPECT_TRUE(Comes("b")) << last_ << ": its own zone comes first, though no step names it";
  EXPECT_TRUE(user_->Delete(Kind::kFailoverPolicy, "shop", "near"));
  EXPECT_TRUE(Comes("ab")) << last_;
}

TEST_F(FailoverTest, ProxiesOfEachZoneAreToldTheirOwnAndTheStatusCountsBoth) {
  Apply("");
  const auto a = StartFake("a"), b = StartFake("b");
  const auto has = [](const FakeEnvoy::State& s) { return s.Has(Type::kEndpoints, kEndpoints); };
  ASSERT_TRUE(a->Await(has, std::chrono::seconds(60)));
  ASSERT_TRUE(b->Await(has, std::chrono::seconds(60)));
  const auto version = [](const FakeEnvoy& envoy) {
    return envoy.versions()[static_cast<size_t>(Type::kEndpoints)].at(kEndpoints);
  };
  EXPECT_NE(version(*a), version(*b));
  EXPECT_TRUE(user_->Delete(Kind::kFailoverPolicy, "shop", "near"));
  EXPECT_TRUE(Eventually([&] { return version(*a) == version(*b); }, std::chrono::seconds(60)));
}

}  // namespace
}  // namespace fairlead::testing
