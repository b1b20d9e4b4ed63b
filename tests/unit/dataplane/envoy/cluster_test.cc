#include "dataplane/envoy/cluster.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT

const ClusterKey kKey{{ServiceKey("ratings"), 80}, false, std::nullopt};

TEST(EncodeCluster, Plain) {
  EXPECT_EQ(
      Json(EncodeCluster(kKey, nullptr)),
      R"({"name":"shop/ratings|80","type":"EDS","eds_cluster_config":{"eds_config":{"ads":{},"resource_api_version":"V3"}},)"
      R"("connect_timeout":"2s","lb_policy":"LEAST_REQUEST","circuit_breakers":{"thresholds":[{"max_connections":4294967295,)"
      R"("max_pending_requests":4294967295,"max_requests":4294967295,"track_remaining":true}]},)"
      R"("common_lb_config":{"healthy_panic_threshold":{}},"typed_extension_protocol_options":{)"
      R"("envoy.extensions.upstreams.http.v3.HttpProtocolOptions":{"@type":)"
      R"("type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",)"
      R"("common_http_protocol_options":{"idle_timeout":"3600s"},"use_downstream_protocol_config":{)"
      R"("http_protocol_options":{},"http2_protocol_options":{}}}}})");
}

TEST(EncodeCluster, Budget) {
  ClusterKey key = kKey;
  key.budget = RetryBudget{20, 10};
  const auto cluster = EncodeCluster(key, nullptr);
  EXPECT_EQ(cluster.name(), "shop/ratings|80;budget=20/10");
  EXPECT_EQ(Json(cluster.circuit_breakers().thresholds(0).retry_budget()),
            R"({"budget_percent":{"value":20},"min_retry_concurrency":10})");
}

TEST(EncodeCluster, Http2WhateverTheClientSpeaks) {
  ClusterKey key = kKey;
  key.http2 = true;
  const std::string json = Json(EncodeCluster(key, nullptr));
  EXPECT_NE(json.find(R"("explicit_http_config":{"http2_protocol_options":{}})"), std::string::npos) << json;
}

TEST(EncodeCluster, NamesAreResolvedInPlace) {
  EffectiveEndpoints dns = EndpointsOf("ratings", 80, {"a.example", "b.example"});
  dns.discovery = Discovery::kDns;
  const auto cluster = EncodeCluster(kKey, &dns);
  EXPECT_EQ(cluster.type(), ::envoy::config::cluster::v3::Cluster::STRICT_DNS);
  EXPECT_FALSE(cluster.has_eds_cluster_config());
  EXPECT_EQ(cluster.load_assignment().endpoints(0).lb_endpoints_size(), 2);
}

TEST(EncodeEndpoints, LocalitiesAndWeights) {
  EffectiveEndpoints endpoints = EndpointsOf("ratings", 80, {"10.0.0.1", "10.0.0.2", "fd00::1"});
  endpoints.endpoints[1].region = "eu";
  endpoints.endpoints[1].zone = "eu-1";
  endpoints.endpoints[1].subzone = "rack";
  endpoints.endpoints[2].weight = 5;
  EXPECT_EQ(
      Json(EncodeEndpoints("shop/ratings|80", &endpoints)),
      R"({"cluster_name":"shop/ratings|80","endpoints":[{"lb_endpoints":[)"
      R"({"endpoint":{"address":{"socket_address":{"address":"10.0.0.1","port_value":8080}}}},)"
      R"({"endpoint":{"address":{"socket_address":{"address":"fd00::1","port_value":8080}}},"load_balancing_weight":5}]},)"
      R"({"locality":{"region":"eu","zone":"eu-1","sub_zone":"rack"},"lb_endpoints":[)"
      R"({"endpoint":{"address":{"socket_address":{"address":"10.0.0.2","port_value":8080}}}}]}]})");
}

TEST(EncodeEndpoints, NoneAndUnusable) {
  EXPECT_EQ(Json(EncodeEndpoints("c", nullptr)), R"({"cluster_name":"c"})");
  EffectiveEndpoints endpoints = EndpointsOf("ratings", 80, {"not-an-address", "10.0.0.1"});
  EXPECT_EQ(EncodeEndpoints("c", &endpoints).endpoints(0).lb_endpoints_size(), 1);
}

failover::Member At(const std::string& address, const api::Locality& place, bool healthy = true) {
  return {address, 8080, place, {}, 1, healthy};
}

TEST(EncodeFailover, StepsBecomePriorities) {
  api::FailoverPolicy policy;
  policy.min_healthy_percent = 50;
  policy.localities = {{{},
                        {{{{{"", "eu", "eu-1", ""}, 80}, {{"", "eu", "eu-2", ""}, 20}}},
                         {{{{"", "ap", "", ""}, std::nullopt}}},
                         {{{{"", "us", "", ""}, std::nullopt}}}}}};
  const failover::Plan plan = failover::PlanFailover(
      policy, {},
      {At("10.0.0.1", {"", "eu", "eu-1", ""}), At("10.0.0.2", {"", "eu", "eu-2", ""}, false),
       At("10.0.0.3", {"", "us", "us-1", ""}), At("10.0.0.4", {"", "moon", "", ""})});
  EXPECT_EQ(
      Json(EncodeEndpoints("c", plan)),
      R"({"cluster_name":"c","endpoints":[)"
      R"({"locality":{"region":"eu","zone":"eu-1"},"lb_endpoints":[)"
      R"({"endpoint":{"address":{"socket_address":{"address":"10.0.0.1","port_value":8080}}}}],"load_balancing_weight":4},)"
      R"({"locality":{"region":"eu","zone":"eu-2"},"lb_endpoints":[)"
      R"({"endpoint":{"address":{"socket_address":{"address":"10.0.0.2","port_value":8080}}},"health_status":"UNHEALTHY"}],)"
      R"("load_balancing_weight":1},)"
      R"({"locality":{"region":"us","zone":"us-1"},"lb_endpoints":[)"
      R"({"endpoint":{"address":{"socket_address":{"address":"10.0.0.3","port_value":8080}}}}],"load_balancing_weight":1,)"
      R"("priority":1}],"policy":{"overprovisioning_factor":200}})");
}

TEST(EncodeFailover, TheSameZoneInTwoClustersIsTwoLocalities) {
  const failover::Plan plan = failover::PlanFailover(
      {}, {},
      {At("10.0.0.1", {"east", "eu", "eu-1", ""}), At("10.0.0.2", {"west", "eu", "eu-1", "rack"}),
       At("10.0.0.3", {"west", "eu", "eu-1", ""}), At("not-an-address", {"", "ap", "", ""})});
  const auto assignment = EncodeEndpoints("c", plan);
  ASSERT_EQ(assignment.endpoints_size(), 3);
  EXPECT_EQ(assignment.endpoints(0).locality().sub_zone(), "");
  EXPECT_EQ(assignment.endpoints(1).locality().sub_zone(), "@west");
  EXPECT_EQ(assignment.endpoints(2).locality().sub_zone(), "rack");
}

TEST(EncodeFailover, OutlierDetection) {
  api::FailoverPolicy policy;
  policy.outlier_detection = {7, Duration::Seconds(3), Duration::Seconds(600), 40};
  ::envoy::config::cluster::v3::Cluster cluster;
  EncodeFailover(policy, &cluster);
  EXPECT_EQ(
      Json(cluster.outlier_detection()),
      R"({"consecutive_5xx":7,"interval":"3s","base_ejection_time":"600s","max_ejection_percent":40,)"
      R"("enforcing_consecutive_5xx":100,"enforcing_success_rate":0,"enforcing_consecutive_gateway_failure":0,)"
      R"("enforcing_failure_percentage":0,"max_ejection_time":"600s"})");
  EXPECT_TRUE(cluster.common_lb_config().has_locality_weighted_lb_config());
  policy.outlier_detection.consecutive_errors = 0;
  cluster.Clear();
  EncodeFailover(policy, &cluster);
  EXPECT_FALSE(cluster.has_outlier_detection());
}

}  // namespace
}  // namespace fairlead::envoy
