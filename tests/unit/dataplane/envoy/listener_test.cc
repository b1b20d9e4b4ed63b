#include "dataplane/envoy/listener.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/envoy/http_connection_manager.h"
#include "dataplane/envoy/names.h"
#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT

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

}  // namespace
}  // namespace fairlead::envoy
