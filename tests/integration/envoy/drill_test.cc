// Drills with a real Envoy: the layer of runtime values that a drill is told by ends by itself.
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"

namespace fairlead::testing {
namespace {

constexpr char kKey[] = "fairlead.drill.shop/ratings";

class RuntimeLayer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    ASSERT_TRUE(Sees(false)) << "told at once that there is none, so that its start waits for nothing";
  }

  void Publish(uint32_t millionth, int64_t seconds) {
    google::protobuf::Struct fraction, layer;
    (*fraction.mutable_fields())["numerator"].set_number_value(millionth);
    (*fraction.mutable_fields())["denominator"].set_string_value("MILLION");
    *(*layer.mutable_fields())[kKey].mutable_struct_value() = fraction;
    const std::string bytes = layer.SerializeAsString();
    std::string message =
        std::string("\n\x08") + "fairlead" + '\x12' + static_cast<char>(bytes.size()) + bytes;
    xds::Update update;
    update.audiences[{"shop", "waypoint"}].changed = {
        xds::MakeEndingResource({xds::Type::kRuntime, "fairlead"}, message, {},
                                Timestamp{Clock::System().WallNow().seconds + seconds})};
    waypoint_->catalog().Publish(update);
  }
  bool Sees(bool drill) {
    return waypoint_->Await(
        [&] { return (waypoint_->envoy().Admin("/runtime").find(kKey) != std::string::npos) == drill; });
  }

  std::unique_ptr<Waypoint> waypoint_;
};

TEST_F(RuntimeLayer, EndsAtItsTimeAlsoWithoutAServerAndComesAnew) {
  Publish(700'000, 3);
  ASSERT_TRUE(Sees(true)) << waypoint_->catalog().Dump();
  waypoint_->StopServer();
  EXPECT_TRUE(Sees(false)) << waypoint_->envoy().Admin("/runtime");

  waypoint_->StartServer();
  Publish(700'000, 3600);
  EXPECT_TRUE(Sees(true)) << waypoint_->catalog().Dump();
}

TEST_F(RuntimeLayer, ComesAnewOnTheStreamThatItEndedOn) {
  Publish(700'000, 2);
  ASSERT_TRUE(Sees(true));
  ASSERT_TRUE(Sees(false)) << "nobody took it away";
  Publish(700'000, 3600);
  EXPECT_TRUE(Sees(true)) << waypoint_->catalog().Dump();
  EXPECT_NE(waypoint_->envoy().Admin("/runtime").find("700000"), std::string::npos)
      << waypoint_->envoy().Admin("/runtime");

  xds::Update update;
  update.audiences[{"shop", "waypoint"}].removed = {{xds::Type::kRuntime, "fairlead"}};
  waypoint_->catalog().Publish(update);
  EXPECT_TRUE(Sees(false)) << "stopped";
}

// A split of the requests among two services, of which one has a drill for half of them: whether a request
// takes part has nothing to do with where the split sends it.
TEST(DrillTraffic, TheFractionIsOfEachShareOfASplit) {
  if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
  const auto waypoint = Waypoint::Start();
  ASSERT_NE(waypoint, nullptr);
  const auto a = *Backend::Start("a"), b = *Backend::Start("b"), other = *Backend::Start("other");
  const reconcilers::EffectiveDrill drill{{Kind::kFailoverPolicy, "shop", "near"},
                                          1,
                                          {"", "r", "za", ""},
                                          50,
                                          Timestamp{Clock::System().WallNow().seconds + 3600}};
  SampleService shop("shop"), v1("v1"), v2("v2");
  shop.rule().backends = {BackendOf("v1", 50), BackendOf("v2", 50)};
  shop.rule().backends[0].drill = drill;
  v2.At({other->port()});
  auto policy = std::make_shared<api::FailoverPolicy>();
  policy->meta.ns = "shop";
  policy->meta.name = "near";
  const auto member = [](const Backend& backend, const std::string& zone) {
    return reconcilers::failover::Member{
        "127.0.0.1", static_cast<uint16_t>(backend.port()), {"home", "r", zone, ""}, {}, 1, true};
  };
  v1.endpoints.failover =
      reconcilers::EffectiveFailover{"home", policy, {member(*a, "za"), member(*b, "zb")}, drill};
  waypoint->Serve({v1, v2, shop});
  for (int i = 0; i < 10; ++i) waypoint->Call({.host = "shop"});
  for (const auto* backend : {&a, &b, &other}) (*backend)->Forget();

  constexpr int kRequests = 2000;
  EXPECT_EQ(waypoint->Load({.host = "shop"}, {.workers = 1, .requests = kRequests}).Count(200), kRequests);
  // v2 has its half; of the other, half goes as always, to both zones, and half to the zone that is left.
  // Five sigma.
  const auto expect = [](double share, size_t seen, const char* who) {
    EXPECT_NEAR(static_cast<double>(seen), share * kRequests, 5 * std::sqrt(kRequests * share * (1 - share)))
        << who;
  };
  expect(0.5, other->Count(), "v2");
  expect(0.125, a->Count(), "the zone that is left out");
  expect(0.375, b->Count(), "the zone that is left");
}

}  // namespace
}  // namespace fairlead::testing
