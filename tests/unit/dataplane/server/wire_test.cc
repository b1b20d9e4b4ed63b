#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataplane/server/ads_wire.h"
#include "envoy/config/cluster/v3/cluster.pb.h"
#include "envoy/service/discovery/v3/discovery.pb.h"
#include "tests/support/xds/sample_state.h"

namespace fairlead::xds {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Message = envoy::service::discovery::v3::DeltaDiscoveryRequest;

TEST(AdsWireTest, AResponseIsWhatTheGeneratedCodeReads) {
  Response response;
  response.type = Type::kCluster;
  response.nonce = "1f";
  for (size_t i = 0; i < 3; ++i)
    response.resources.push_back(fairlead::testing::SampleResource(Type::kCluster, i));
  std::string bytes = EncodeResponseHead(response);
  for (const ResourcePtr& r : response.resources) bytes += r->Wire();

  envoy::service::discovery::v3::DeltaDiscoveryResponse message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  EXPECT_EQ(message.nonce(), "1f");
  EXPECT_EQ(message.type_url(), TypeUrl(Type::kCluster));
  ASSERT_EQ(message.resources_size(), 3);
  for (int i = 0; i < 3; ++i) {
    const auto& resource = message.resources(i);
    EXPECT_EQ(resource.name(), "cluster-" + std::to_string(i));
    EXPECT_EQ(resource.version(), response.resources[static_cast<size_t>(i)]->version());
    EXPECT_EQ(resource.resource().type_url(), TypeUrl(Type::kCluster));
    envoy::config::cluster::v3::Cluster cluster;
    ASSERT_TRUE(resource.resource().UnpackTo(&cluster));
    EXPECT_EQ(cluster.name(), resource.name());
  }
}

TEST(AdsWireTest, WhatEndsIsSentWithTheTimeThatIsLeft) {
  const ResourcePtr resource = MakeEndingResource({Type::kRuntime, "fairlead"}, "", {}, Timestamp{1000});
  const auto read = [&](int64_t now) {
    envoy::service::discovery::v3::DeltaDiscoveryResponse message;
    EXPECT_TRUE(message.ParseFromString(resource->Wire(Timestamp{now})));
    EXPECT_EQ(message.resources(0).name(), "fairlead");
    EXPECT_EQ(message.resources(0).resource().type_url(), TypeUrl(Type::kRuntime));
    return message.resources(0).ttl();
  };
  EXPECT_EQ(read(400).seconds(), 600);
  EXPECT_EQ(read(999).seconds(), 1);
  for (const int64_t late : {1000, 2000}) {
    EXPECT_EQ(read(late).seconds(), 0);
    EXPECT_EQ(read(late).nanos(), 1'000'000) << "0 would be: stays";
  }
}

TEST(AdsWireTest, Removals) {
  Response response;
  response.type = Type::kRoute;
  response.nonce = "2";
  response.removed = {"a", std::string(300, 'b')};
  envoy::service::discovery::v3::DeltaDiscoveryResponse message;
  ASSERT_TRUE(message.ParseFromString(EncodeResponseHead(response)));
  EXPECT_THAT(message.removed_resources(), ElementsAre("a", std::string(300, 'b')));
}

Message First() {
  Message message;
  message.mutable_node()->set_id("w-1");
  message.mutable_node()->set_cluster("shop/waypoint");
  message.set_type_url(std::string(TypeUrl(Type::kRoute)));
  return message;
}

TEST(AdsWireTest, ARequestInFull) {
  Message message = First();
  message.mutable_node()->set_user_agent_name("envoy");
  message.mutable_node()->mutable_user_agent_build_version()->mutable_version()->set_major_number(1);
  message.mutable_node()->mutable_user_agent_build_version()->mutable_version()->set_minor_number(35);
  message.add_resource_names_subscribe("a");
  message.add_resource_names_unsubscribe("b");
  (*message.mutable_initial_resource_versions())["c"] = "7";
  message.set_response_nonce("n");
  message.mutable_error_detail()->set_message("no");
  const Result<AdsRequest> parsed = ParseAdsRequest(message.SerializeAsString());
  ASSERT_TRUE(parsed);
  ASSERT_TRUE(parsed->proxy) << parsed->proxy.error().message;
  EXPECT_EQ(parsed->proxy->id, "w-1");
  EXPECT_EQ(parsed->proxy->audience, (Audience{"shop", "waypoint"}));
  EXPECT_EQ(parsed->proxy->version, "envoy 1.35.0");
  EXPECT_THAT(parsed->request.subscribe, ElementsAre("a"));
  EXPECT_THAT(parsed->request.unsubscribe, ElementsAre("b"));
  EXPECT_EQ(parsed->request.initial_versions.at("c"), "7");
  EXPECT_EQ(parsed->request.response_nonce, "n");
  EXPECT_EQ(parsed->request.error_detail, "no");
}

TEST(AdsWireTest, TheWaypointMayBeNamedInTheMetadata) {
  Message message = First();
  message.mutable_node()->set_cluster("service-a");
  (*message.mutable_node()->mutable_metadata()->mutable_fields())["fairlead.dev/waypoint"].set_string_value(
      "bank/w");
  const Result<AdsRequest> parsed = ParseAdsRequest(message.SerializeAsString());
  ASSERT_TRUE(parsed && parsed->proxy);
  EXPECT_EQ(parsed->proxy->audience, (Audience{"bank", "w"}));
}

TEST(AdsWireTest, ABadNodeIsToldWhatToSet) {
  const auto error_of = [](const std::function<void(Message*)>& change) {
    Message message = First();
    change(&message);
    const Result<AdsRequest> parsed = ParseAdsRequest(message.SerializeAsString());
    return !parsed || parsed->proxy ? std::string("no error") : parsed->proxy.error().message;
  };
  EXPECT_THAT(error_of([](Message* m) { m->clear_node(); }), HasSubstr("must have a node"));
  EXPECT_THAT(error_of([](Message* m) { m->mutable_node()->clear_id(); }), HasSubstr("--service-node"));
  EXPECT_THAT(error_of([](Message* m) { m->mutable_node()->set_id("a\nb"); }), HasSubstr("printable"));
  for (const std::string cluster : {"", "shop", "/waypoint", "shop/", "a/b/c", "a b/c"}) {
    EXPECT_THAT(error_of([&](Message* m) { m->mutable_node()->set_cluster(cluster); }),
                HasSubstr("node.cluster to \"<namespace>/<gateway>\""))
        << cluster;
  }
}

TEST(AdsWireTest, OtherBytesAreRefused) {
  EXPECT_FALSE(ParseAdsRequest("\xff\xff\xff"));
  EXPECT_FALSE(ParseAdsRequest(First().SerializeAsString().substr(0, 5)));
}

}  // namespace
}  // namespace fairlead::xds
