#include "operator/app/istio_objects.h"

#include <gtest/gtest.h>

namespace fairlead::app {
namespace {

using Type = IstioObjects::Type;
using Strings = std::vector<std::string>;

Json::Value Ours(const std::string& kind, const std::string& name, const std::string& service) {
  Json::Value out;
  out["apiVersion"] = "networking.istio.io/v1";
  out["kind"] = kind;
  out["metadata"]["namespace"] = "shop";
  out["metadata"]["name"] = name;
  out["metadata"]["labels"]["app.kubernetes.io/managed-by"] = "fairlead";
  out["metadata"]["ownerReferences"][0]["kind"] = "Service";
  out["metadata"]["ownerReferences"][0]["name"] = service;
  return out;
}

Json::Value Theirs(const std::string& name, const Strings& hosts, const Strings& gateways = {}) {
  Json::Value out;
  out["apiVersion"] = "networking.istio.io/v1";
  out["kind"] = "VirtualService";
  out["metadata"]["namespace"] = "shop";
  out["metadata"]["name"] = name;
  for (const std::string& host : hosts) out["spec"]["hosts"].append(host);
  for (const std::string& gateway : gateways) out["spec"]["gateways"].append(gateway);
  out["spec"]["http"] = "much";
  return out;
}

class IstioObjectsTest : public ::testing::Test {
 protected:
  std::set<ObjectKey> Touched() { return std::exchange(touched, {}); }

  const ObjectKey ratings{Kind::kService, "shop", "ratings"};
  const std::string host = "ratings.shop.svc.cluster.local";
  std::set<ObjectKey> touched;
  IstioObjects objects{"cluster.local", "home",
                       [this](const std::set<ObjectKey>& services) { touched = services; }};
};

TEST_F(IstioObjectsTest, IsSyncedWhenBothKindsWereListed) {
  EXPECT_FALSE(objects.synced());
  objects.Replace(Type::kVirtualService, {});
  EXPECT_FALSE(objects.synced());
  objects.Replace(Type::kDestinationRule, {});
  EXPECT_TRUE(objects.synced());
}

TEST_F(IstioObjectsTest, OursAreFoundByTheServiceThatOwnsThem) {
  objects.Upsert(Type::kVirtualService, Ours("VirtualService", "fairlead-ratings", "ratings"));
  EXPECT_EQ(Touched(), std::set<ObjectKey>{ratings});
  objects.Upsert(Type::kDestinationRule, Ours("DestinationRule", "of-an-older-version", "ratings"));
  EXPECT_EQ(objects.LiveFor(ratings, {}).size(), 2u);
  EXPECT_EQ(objects.Owners(), std::set<ObjectKey>{ratings});
  objects.Delete(Type::kVirtualService, Ours("VirtualService", "fairlead-ratings", "ratings"));
  EXPECT_EQ(Touched(), std::set<ObjectKey>{ratings});
  EXPECT_EQ(objects.LiveFor(ratings, {}).size(), 1u);
}

TEST_F(IstioObjectsTest, AListTakesThePlaceOfWhatWasThere) {
  objects.Upsert(Type::kVirtualService, Ours("VirtualService", "fairlead-ratings", "ratings"));
  objects.Replace(Type::kVirtualService, {Ours("VirtualService", "fairlead-search", "search")});
  EXPECT_EQ(Touched(), (std::set<ObjectKey>{ratings, {Kind::kService, "shop", "search"}}));
  EXPECT_EQ(objects.Owners(), (std::set<ObjectKey>{{Kind::kService, "shop", "search"}}));
}

TEST_F(IstioObjectsTest, AnObjectOfOthersUnderOurNameIsShownWithoutItsContent) {
  objects.Upsert(Type::kVirtualService, Theirs("fairlead-ratings", {"elsewhere.example"}));
  const std::vector<Json::Value> live =
      objects.LiveFor(ratings, {Ours("VirtualService", "fairlead-ratings", "ratings")});
  ASSERT_EQ(live.size(), 1u);
  EXPECT_FALSE(live[0].isMember("spec"));
  EXPECT_TRUE(objects.Owners().empty());
}

TEST_F(IstioObjectsTest, OthersForAHostAreNamed) {
  objects.Upsert(Type::kVirtualService, Theirs("short", {"ratings"}));
  EXPECT_EQ(Touched(), std::set<ObjectKey>{ratings});
  objects.Upsert(Type::kVirtualService, Theirs("whole", {"other.example", host}, {"mesh", "edge"}));
  objects.Upsert(Type::kVirtualService, Theirs("ingress-only", {host}, {"edge"}));
  EXPECT_EQ(objects.OthersFor(Type::kVirtualService, host, "uid"),
            (Strings{"VirtualService shop/short", "VirtualService shop/whole"}));
  EXPECT_TRUE(objects.OthersFor(Type::kDestinationRule, host, "uid").empty());
  Touched();
  objects.Upsert(Type::kVirtualService, Theirs("short", {"reviews"}));
  EXPECT_EQ(Touched(), (std::set<ObjectKey>{ratings, {Kind::kService, "shop", "reviews"}}));
  EXPECT_EQ(objects.OthersFor(Type::kVirtualService, host, "uid"), (Strings{"VirtualService shop/whole"}));
}

TEST_F(IstioObjectsTest, WhatTheOperatorOfAnotherClusterWroteStandsInTheWayByItsHost) {
  Json::Value copied = Ours("VirtualService", "fairlead-ratings", "ratings");
  copied["metadata"]["annotations"]["fairlead.dev/cluster"] = "east";
  copied["metadata"]["ownerReferences"][0]["uid"] = "another";
  copied["spec"]["hosts"].append(host);
  objects.Upsert(Type::kVirtualService, copied);
  EXPECT_EQ(Touched(), std::set<ObjectKey>{ratings});
  EXPECT_EQ(objects.OthersFor(Type::kVirtualService, host, "uid"),
            (Strings{"VirtualService shop/fairlead-ratings of Fairlead in cluster east"}));
  EXPECT_EQ(objects.LiveFor(ratings, {}), std::vector<Json::Value>{copied})
      << "with all that tells whose it is";
  // Of our own service it is ours: the cluster was called otherwise.
  EXPECT_TRUE(objects.OthersFor(Type::kVirtualService, host, "another").empty());
  copied["metadata"]["annotations"]["fairlead.dev/cluster"] = "home";
  objects.Upsert(Type::kVirtualService, copied);
  EXPECT_TRUE(objects.OthersFor(Type::kVirtualService, host, "uid").empty());
}

TEST_F(IstioObjectsTest, OddObjectsDoNoHarm) {
  Json::Value odd = Theirs("odd", {});
  odd["spec"]["hosts"] = 5;
  odd["spec"]["gateways"] = "mesh";
  objects.Upsert(Type::kVirtualService, odd);
  odd["spec"]["hosts"] = Json::Value(Json::arrayValue);
  odd["spec"]["hosts"].append(Json::Value());
  objects.Upsert(Type::kVirtualService, odd);
  Json::Value rule = odd;
  rule["spec"] = "text";
  objects.Upsert(Type::kDestinationRule, rule);
  EXPECT_TRUE(objects.OthersFor(Type::kVirtualService, host, "uid").empty());
}

}  // namespace
}  // namespace fairlead::app
