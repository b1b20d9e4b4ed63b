// A FailoverPolicy through the program fairlead-operator: from the API server to what a real Envoy does with
// requests, and to what proxies elsewhere are told.
#include "tests/integration/operator/two_zones_base.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using xds::Type;

constexpr char kEndpoints[] = "shop/ratings|8080";

class FailoverTest : public TwoZonesTest {
 protected:
  void SetUp() override {
    TwoZonesTest::SetUp();
    if (!IsSkipped()) StartOperator();
  }
  void Apply(const std::string& spec) {
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: shop}\n"
        "spec:\n  targetRefs: [{kind: Service, name: ratings}]\n" +
        spec);
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
    const auto counts = Send(20);
    if (counts.empty()) return "-";
    std::string out;
    for (const auto& [zone, count] : counts) out += count > 0 ? zone : "";
    return out;
  }
  bool Comes(const std::string& zones) {
    return Eventually([&] { return (last_ = Got()) == zones; }, std::chrono::seconds(60));
  }

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
  ASSERT_TRUE(a->Await(has, kPatience));
  ASSERT_TRUE(b->Await(has, kPatience));
  const auto version = [](const FakeEnvoy& envoy) {
    return envoy.versions()[static_cast<size_t>(Type::kEndpoints)].at(kEndpoints);
  };
  EXPECT_TRUE(Eventually([&] { return version(*a) != version(*b); }, kPatience));
  Json::Value proxies;
  EXPECT_TRUE(Eventually(
      [&] {
        const auto policy = user_->Read(Kind::kFailoverPolicy, "shop", "near");
        if (policy) proxies = (*policy)["status"]["proxies"];
        return proxies["needed"] == 2 && proxies["programmed"] == 2;
      },
      kPatience))
      << proxies.toStyledString();
  EXPECT_TRUE(user_->Delete(Kind::kFailoverPolicy, "shop", "near"));
  EXPECT_TRUE(Eventually([&] { return version(*a) == version(*b); }, kPatience));
}

}  // namespace
}  // namespace fairlead::testing
