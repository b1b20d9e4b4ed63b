// A drill at the proxies: routes twice, a second cluster that leaves the place out, and the fraction that
// ends.
#include <envoy/config/endpoint/v3/endpoint.pb.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include "dataplane/envoy/planner.h"
#include "dataplane/envoy/route_table.h"
#include "dataplane/envoy/runtime_layers.h"
#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace envoy::testing;  // NOLINT: the model's words
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using xds::Type;

const NamespacedName kWaypoint{"shop", "waypoint"};
const ObjectKey kNear{Kind::kFailoverPolicy, "shop", "near"}, kFar{Kind::kFailoverPolicy, "shop", "far"};

EffectiveDrill Drill(int weight = 0, int64_t until = 1000, const ObjectKey& policy = kNear) {
  return {policy, 7, {"", "r", "za", ""}, weight, Timestamp{until}};
}

EffectiveService Ratings(const Boxed<EffectiveDrill>& drill = {}) {
  EffectiveRule rule = RuleTo({To("ratings")});
  rule.backends[0].drill = drill;
  EffectiveService service;
  service.key = ServiceKey("ratings");
  service.hostnames = {"ratings"};
  service.waypoint = kWaypoint;
  service.ports = {{80, "http", Protocol::kHttp, {rule}, {{Prefix("/"), 0}}}};
  return service;
}

EffectiveEndpoints Endpoints(const Boxed<EffectiveDrill>& drill = {}) {
  auto policy = std::make_shared<api::FailoverPolicy>();
  policy->meta.ns = "shop";
  policy->meta.name = "near";
  policy->meta.generation = 7;
  EffectiveEndpoints out;
  out.destination = {ServiceKey("ratings"), 80};
  const auto at = [](const std::string& address, const std::string& zone) {
    return failover::Member{address, 8080, {"home", "r", zone, ""}, {}, 1, true};
  };
  out.failover = EffectiveFailover{"home", policy, {at("10.0.0.1", "za"), at("10.0.0.2", "zb")}, drill};
  return out;
}

Delta With(const Boxed<EffectiveDrill>& drill) {
  Delta delta;
  delta.services[ServiceKey("ratings")] = std::make_shared<const EffectiveService>(Ratings(drill));
  const EffectiveEndpoints endpoints = Endpoints(drill);
  delta.endpoints[endpoints.destination] = std::make_shared<const EffectiveEndpoints>(endpoints);
  return delta;
}

class DrillTest : public ::testing::Test {
 protected:
  DrillTest() {
    Delta delta = With({});
    delta.waypoints[kWaypoint] =
        std::make_shared<const EffectiveWaypoint>(EffectiveWaypoint{kWaypoint, "test"});
    planner_.Plan(delta);
  }
  std::vector<std::string> Changed(const Delta& delta) {
    update_ = planner_.Plan(delta);
    std::vector<std::string> out;
    if (!update_.audiences.contains(kWaypoint)) return out;
    for (const auto& r : update_.audiences.at(kWaypoint).changed) out.push_back(r->name.ToString());
    for (const auto& name : update_.audiences.at(kWaypoint).removed) out.push_back("-" + name.ToString());
    return out;
  }
  xds::ResourcePtr Find(const std::string& name) const {
    for (const auto& r : planner_.ResourcesOf(kWaypoint)) {
      if (r->name.ToString() == name) return r;
    }
    return nullptr;
  }

  Planner planner_{{}};
  xds::Update update_;
};

// "fairlead.drill.shop/near=1000000"
std::vector<std::string> Values(const xds::ResourcePtr& layer) {
  // envoy.service.runtime.v3.Runtime: name = 1, layer = 2.
  const std::string bytes(layer->message.Get().bytes);
  const size_t head = 2 + std::string("fairlead").size();
  EXPECT_EQ(bytes.substr(0, head),
            "\n\x08"
            "fairlead");
  size_t at = head + 1;
  while ((static_cast<unsigned char>(bytes[at]) & 0x80) != 0) ++at;
  google::protobuf::Struct values;
  EXPECT_TRUE(values.ParseFromString(bytes.substr(at + 1)));
  std::vector<std::string> out;
  for (const auto& [key, value] : values.fields()) {
    const auto& fields = value.struct_value().fields();
    EXPECT_EQ(fields.at("denominator").string_value(), "MILLION");
    out.push_back(key + "=" + std::to_string(static_cast<int>(fields.at("numerator").number_value())));
  }
  std::sort(out.begin(), out.end());
  return out;
}

TEST_F(DrillTest, HasItsOwnClusterWhileItLasts) {
  EXPECT_THAT(Changed(With(Drill())),
              ElementsAre("Cluster shop/ratings|80;drill", "Endpoints shop/ratings|80",
                          "Endpoints shop/ratings|80;drill", "Route shop/ratings|80", "Runtime fairlead"));
  ::envoy::config::endpoint::v3::ClusterLoadAssignment twin;
  const auto at = xds::AtPlace(Find("Endpoints shop/ratings|80;drill"), {{"", "r", "za", ""}, {}});
  ASSERT_TRUE(twin.ParseFromString(std::string(at->message.Get().bytes)));
  ASSERT_EQ(twin.endpoints_size(), 2);
  EXPECT_EQ(twin.endpoints(0).locality().zone(), "za");
  EXPECT_EQ(twin.endpoints(0).lb_endpoints(0).health_status(), ::envoy::config::core::v3::UNHEALTHY);
  EXPECT_EQ(twin.endpoints(1).lb_endpoints(0).health_status(), ::envoy::config::core::v3::UNKNOWN);
  const xds::ResourcePtr layer = Find("Runtime fairlead");
  EXPECT_THAT(Values(layer), ElementsAre("fairlead.drill.shop/near=1000000"));
  EXPECT_EQ(layer->until, Timestamp{1000});
  EXPECT_THAT(layer->sources, ElementsAre(xds::Source{kNear, 7}));

  EXPECT_THAT(Changed(With({})), ElementsAre("Endpoints shop/ratings|80", "Route shop/ratings|80",
                                             "-Cluster shop/ratings|80;drill",
                                             "-Endpoints shop/ratings|80;drill", "-Runtime fairlead"));
}

TEST_F(DrillTest, AnotherWeightOrEndIsTheFractionAlone) {
  Changed(With(Drill()));
  Delta delta = With(Drill(30));
  delta.endpoints.clear();
  EXPECT_THAT(Changed(delta), ElementsAre("Runtime fairlead"));
  EXPECT_THAT(Values(Find("Runtime fairlead")), ElementsAre("fairlead.drill.shop/near=700000"));
  delta = With(Drill(30, 2000));
  delta.endpoints.clear();
  EXPECT_THAT(Changed(delta), ElementsAre("Runtime fairlead"));
  EXPECT_THAT(Changed(delta), IsEmpty());
}

TEST_F(DrillTest, TheLayerEndsWithTheFirstOfItsDrills) {
  Changed(With(Drill(0, 1000)));
  EffectiveService other = Ratings(Drill(50, 500, kFar));
  other.key = ServiceKey("other");
  other.hostnames = {"other"};
  Delta delta;
  delta.services[other.key] = std::make_shared<const EffectiveService>(other);
  Changed(delta);
  EXPECT_EQ(Find("Runtime fairlead")->until, Timestamp{500});
  EXPECT_THAT(Values(Find("Runtime fairlead")),
              ElementsAre("fairlead.drill.shop/far=500000", "fairlead.drill.shop/near=1000000"));
  delta.services[other.key] = nullptr;
  Changed(delta);
  EXPECT_EQ(Find("Runtime fairlead")->until, Timestamp{1000});
}

TEST_F(DrillTest, AWaypointThatComesBackIsToldAgain) {
  Changed(With(Drill()));
  Delta delta;
  delta.waypoints[kWaypoint] = nullptr;
  Changed(delta);
  EXPECT_EQ(Find("Runtime fairlead"), nullptr);
  delta.waypoints[kWaypoint] =
      std::make_shared<const EffectiveWaypoint>(EffectiveWaypoint{kWaypoint, "test"});
  EXPECT_THAT(Changed(delta), ::testing::Contains("Runtime fairlead"));
}

std::vector<std::string> RoutesOf(const EffectiveRule& rule) {
  EffectiveService service = Ratings();
  service.ports[0].rules = {rule};
  const RouteTable table = EncodeRoutes(service, service.ports[0]);
  std::vector<std::string> out;
  for (const auto& route : table.config.virtual_hosts(0).routes()) {
    std::string text = route.match().runtime_fraction().runtime_key() + ":";
    if (route.has_redirect()) text += " redirect";
    if (!route.route().cluster().empty()) text += " " + route.route().cluster();
    for (const auto& c : route.route().weighted_clusters().clusters())
      text += " " + c.name() + "*" + std::to_string(c.weight().value());
    out.push_back(text);
  }
  return out;
}

TEST(DrillRoutes, ComeBeforeTheRouteAsItIs) {
  EffectiveRule rule = RuleTo({To("ratings")});
  rule.backends[0].drill = Drill();
  EXPECT_THAT(RoutesOf(rule),
              ElementsAre("fairlead.drill.shop/near: shop/ratings|80;drill", ": shop/ratings|80"));
}

TEST(DrillRoutes, OfTwoDrillsTheSmallerIsPartOfTheLarger) {
  EffectiveRule rule = RuleTo({To("a", 80, 50), To("b", 80, 50)});
  rule.backends[0].drill = Drill(10);
  rule.backends[1].drill = Drill(70, 1000, kFar);
  EXPECT_THAT(RoutesOf(rule), ElementsAre("fairlead.drill.shop/far: shop/a|80;drill*50 shop/b|80;drill*50",
                                          "fairlead.drill.shop/near: shop/a|80;drill*50 shop/b|80*50",
                                          ": shop/a|80*50 shop/b|80*50"));
}

TEST(DrillRoutes, NeedAPlaceToGo) {
  EffectiveRule rule = RuleTo({To("a", 80, 0), To("b")});
  rule.backends[0].drill = Drill();
  EXPECT_THAT(RoutesOf(rule), ElementsAre(": shop/b|80")) << "weight 0 gets nothing either way";
}

}  // namespace
}  // namespace fairlead::envoy
