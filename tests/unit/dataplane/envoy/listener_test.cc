#include "dataplane/envoy/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/envoy/http_connection_manager.h"
#include "dataplane/envoy/names.h"
#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(EncodeScope, AHostLeadsToATable) {
  EXPECT_EQ(Json(EncodeScope({"shop", "waypoint"}, "ratings:9080", "shop/ratings|9080")),
            R"({"name":"shop/waypoint|ratings:9080","route_configuration_name":"shop/ratings|9080",)"
            R"("key":{"fragments":[{"string_key":"ratings:9080"}]}})");
}

TEST(EncodePlaintextListener, RoutesAreScopedByAuthority) {
  const auto listener = EncodePlaintextListener({"shop", "waypoint"}, "127.0.0.1", 15080);
  EXPECT_EQ(listener.name(), "shop/waypoint|plaintext");
  EXPECT_EQ(Json(listener.address()), R"({"socket_address":{"address":"127.0.0.1","port_value":15080}})");
  HttpConnectionManager manager;
  ASSERT_TRUE(listener.filter_chains(0).filters(0).typed_config().UnpackTo(&manager));
  EXPECT_EQ(
      Json(manager.scoped_routes()),
      R"({"name":"hosts","scope_key_builder":{"fragments":[{"header_value_extractor":{"name":":authority","index":0}}]},)"
      R"("rds_config_source":{"ads":{},"resource_api_version":"V3"},"scoped_rds":{"scoped_rds_config_source":)"
      R"({"ads":{},"resource_api_version":"V3"}}})");
  EXPECT_EQ(manager.stream_idle_timeout().seconds(), 0);
  EXPECT_TRUE(manager.has_stream_idle_timeout()) << "unset, Envoy ends idle streams after 5 minutes";
}

TEST(HostsOf, TheBareNameIsPort80) {
  EffectiveService service = ServiceWith("ratings", RuleTo({To("ratings")}), 8080);
  service.hostnames = {"ratings"};
  service.ports.insert(service.ports.begin(), service.ports[0]);
  service.ports[0].port = 80;
  EXPECT_THAT(HostsOf(service),
              ElementsAre(Pair("ratings", "shop/ratings|80"), Pair("ratings:80", "shop/ratings|80"),
                          Pair("ratings:8080", "shop/ratings|8080")));
}

TEST(HostsOf, WithoutPort80TheBareNameIsTheLowest) {
  EffectiveService service = ServiceWith("ratings", RuleTo({To("ratings")}), 8080);
  service.hostnames = {"ratings"};
  service.ports.push_back(service.ports[0]);
  service.ports[1].port = 9090;
  EXPECT_THAT(HostsOf(service),
              ElementsAre(Pair("ratings", "shop/ratings|8080"), Pair("ratings:8080", "shop/ratings|8080"),
                          Pair("ratings:9090", "shop/ratings|9090")));
}

TEST(HostsOf, OtherProtocolsAndWildcardsAreNotServed) {
  EffectiveService service = ServiceWith("ratings", RuleTo({To("ratings")}));
  service.hostnames = {"*.example.com"};
  EXPECT_THAT(HostsOf(service), IsEmpty());
  service.hostnames = {"ratings"};
  service.ports[0].protocol = Protocol::kTcp;
  EXPECT_THAT(HostsOf(service), IsEmpty());
}

}  // namespace
}  // namespace fairlead::envoy
