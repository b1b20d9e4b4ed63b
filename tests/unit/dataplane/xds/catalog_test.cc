#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <json/json.h>

#include <memory>
#include <thread>

#include "tests/unit/dataplane/xds/catalog_base.h"

namespace fairlead::xds {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST_F(CatalogTest, NothingIsServedBeforeTheFirstWholeState) {
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  EXPECT_THAT(proxy.Receive(), IsEmpty());
  catalog_.Publish(For(kShop, {Cluster("a", "1")}));
  EXPECT_THAT(proxy.Receive(), IsEmpty());
  catalog_.SetReady();
  EXPECT_GE(proxy.wakes, 2);
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster a"));
}

TEST_F(CatalogTest, AProxyThatComesBeforeTheStateIsNotSentWhatItHas) {
  const ResourcePtr a = Cluster("a", "1");
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster, {}, {{"a", a->version()}, {"b", "old"}, {"c", "gone"}});
  catalog_.Publish(For(kShop, {a, Cluster("b", "2")}));
  catalog_.SetReady();
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster b", "-Cluster c"));
}

TEST_F(CatalogTest, AProxyOfAnUnknownAudienceKeepsWhatItHas) {
  catalog_.SetReady();
  Proxy proxy(&catalog_, "w-1", kBank);
  proxy.Ask(Type::kCluster, {}, {{"a", "1"}});
  EXPECT_THAT(proxy.Receive(), IsEmpty());
  EXPECT_THAT(catalog_.CountFor(kPolicy, {{kBank, {}}}).lagging, ElementsAre("bank/waypoint (w-1)"));
}

TEST_F(CatalogTest, AnAudienceThatGoesLeavesItsProxiesAloneAndMayComeBack) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1"), Cluster("b", "1")}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster a", "+Cluster b"));

  Update gone;
  gone.audiences[kShop].gone = true;
  catalog_.Publish(gone);
  EXPECT_THAT(proxy.Receive(), IsEmpty());

  catalog_.Publish(For(kShop, {Cluster("a", "1"), Cluster("c", "1")}));
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster c", "-Cluster b"));
}

TEST_F(CatalogTest, OnlyTheAudiencesThatHaveTheNameAreWoken) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1")}));
  catalog_.Publish(For(kBank, {Cluster("b", "1")}));
  Proxy shop(&catalog_, "w-1", kShop), bank(&catalog_, "w-2", kBank);
  catalog_.Publish(For(kShop, {Cluster("a", "2")}));
  EXPECT_EQ(shop.wakes, 1);
  EXPECT_EQ(bank.wakes, 0);
}

TEST_F(CatalogTest, CountsProgrammedLaggingDisconnectedAndRejected) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1", {{kPolicy, 1}}), Cluster("b", "1")}));
  Proxy good(&catalog_, "w-1", kShop);
  Proxy slow(&catalog_, "waypoint~10.0.0.2~w-2.shop~shop.svc.cluster.local", kShop);
  Proxy bad(&catalog_, "w-3", kShop);
  Proxy foreign(&catalog_, "other", kShop);
  for (Proxy* proxy : {&good, &slow, &bad}) proxy->Ask(Type::kCluster);
  good.Receive();
  bad.Receive("Error adding/updating cluster(s) a: no such filter");

  const api::ProxyCounts counts = catalog_.CountFor(kPolicy, {{kShop, {"w-1", "w-2", "w-3", "w-4"}}});
  EXPECT_EQ(counts.needed, 4);
  EXPECT_EQ(counts.programmed, 1);
  EXPECT_THAT(counts.lagging, ElementsAre("shop/waypoint (w-2)"));
  EXPECT_THAT(counts.disconnected, ElementsAre("shop/waypoint (w-4)"));
  EXPECT_THAT(
      counts.rejected,
      ElementsAre("shop/waypoint (w-3): Cluster a: Error adding/updating cluster(s) a: no such filter"));
}

TEST_F(CatalogTest, WithoutExpectedPodsTheConnectedProxiesAreNeeded) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1", {{kPolicy, 1}})}));
  auto gone = std::make_unique<Proxy>(&catalog_, "w-0", kShop);
  gone.reset();
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  proxy.Receive();
  const api::ProxyCounts counts = catalog_.CountFor(kPolicy, {{kShop, {}}});
  EXPECT_EQ(counts.needed, 1);
  EXPECT_EQ(counts.programmed, 1);
  EXPECT_THAT(counts.disconnected, ElementsAre("shop/waypoint (w-0)"));
}

TEST_F(CatalogTest, AProxyThatOverlapsWithItselfIsJudgedByItsNewestStream) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1", {{kPolicy, 1}})}));
  auto old = std::make_unique<Proxy>(&catalog_, "w-1", kShop);
  Proxy renewed(&catalog_, "w-1", kShop);
  renewed.Ask(Type::kCluster);
  renewed.Receive();
  EXPECT_EQ(catalog_.CountFor(kPolicy, {{kShop, {"w-1"}}}).programmed, 1);
  old.reset();
  EXPECT_EQ(catalog_.CountFor(kPolicy, {{kShop, {"w-1"}}}).programmed, 1);
}

TEST_F(CatalogTest, AGenerationThatChangesNoBytesIsAcknowledgedAtOnce) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1", {{kPolicy, 1}})}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  proxy.Receive();
  catalog_.Publish(For(kShop, {Cluster("a", "1", {{kPolicy, 2}, {kOther, 1}})}));
  EXPECT_THAT(proxy.Receive(), IsEmpty());
  EXPECT_EQ(catalog_.CountFor(kPolicy, {{kShop, {}}}).programmed, 1);
  EXPECT_EQ(catalog_.CountFor(kOther, {{kShop, {}}}).programmed, 1);
}

TEST_F(CatalogTest, ProgressNamesThePoliciesAndIsCalledWithoutLocks) {
  std::vector<std::set<ObjectKey>> calls;
  std::vector<Audience> proxies;
  catalog_.OnProgress([&](const std::set<ObjectKey>& objects) {
    calls.push_back(objects);
    catalog_.CountFor(*objects.begin(), {{kShop, {}}});  // would deadlock
  });
  catalog_.OnProxies([&](const Audience& audience) { proxies.push_back(audience); });
  catalog_.SetReady();
  catalog_.Publish(
      For(kShop, {Cluster("a", "1", {{kPolicy, 1}}), Cluster("b", "1", {{kOther, 1}, {kService, 1}})}));
  EXPECT_THAT(calls, ElementsAre(std::set<ObjectKey>{kPolicy, kOther}));
  Proxy proxy(&catalog_, "w-1", kShop);
  EXPECT_THAT(proxies, ElementsAre(kShop));
  EXPECT_EQ(catalog_.ObjectsOf(kShop), (std::set<ObjectKey>{kPolicy, kOther}));
  proxy.Ask(Type::kCluster);
  proxy.Receive();
  ASSERT_EQ(calls.size(), 2u);
  EXPECT_EQ(calls[1], (std::set<ObjectKey>{kPolicy, kOther}));
}

TEST_F(CatalogTest, ARouteWaitsForItsClusterAndTheClusterLeavesAfterIt) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Route("r", "1", {{Type::kCluster, "a"}}), Cluster("a", "1")}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kRoute, {"r"});
  EXPECT_FALSE(proxy.stream->Next());
  EXPECT_THAT(catalog_.Dump(), HasSubstr("waits for Cluster a"));
  proxy.Ask(Type::kCluster);
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster a", "+Route r"));

  Update update = For(kShop, {Route("r", "2", {{Type::kCluster, "b"}}), Cluster("b", "1")});
  update.audiences[kShop].removed = {{Type::kCluster, "a"}};
  catalog_.Publish(update);
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster b", "+Route r", "-Cluster a"));
}

TEST_F(CatalogTest, ARejectedClusterHoldsBackItsRouteOnly) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1"), Cluster("b", "1"), Route("r", "1", {{Type::kCluster, "a"}}),
                               Route("s", "1", {{Type::kCluster, "b"}})}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  proxy.Ask(Type::kRoute, {"r", "s"});
  std::vector<std::string> routes;
  while (auto response = proxy.stream->Next()) {
    bool bad = false;
    for (const ResourcePtr& r : response->resources) {
      bad = bad || r->name == ResourceName{Type::kCluster, "a"};
      if (r->name.type == Type::kRoute) routes.push_back(r->name.name);
    }
    proxy.Answer(*response, bad ? std::optional<std::string>("bad a") : std::nullopt);
  }
  EXPECT_THAT(routes, ElementsAre("s"));
  const std::vector<ProxyProgress> proxies = catalog_.Proxies();
  ASSERT_EQ(proxies.size(), 1u);
  EXPECT_EQ(proxies[0].rejected.at({Type::kCluster, "a"}), "bad a");
  EXPECT_THAT(proxies[0].pending, Contains(ResourceName{Type::kRoute, "r"}));
  EXPECT_EQ(proxies[0].acknowledged, 2u);
}

TEST_F(CatalogTest, ARejectedClusterIsToldToThePoliciesOfTheRouteThatNeedsIt) {
  std::vector<std::set<ObjectKey>> told;
  catalog_.OnProgress([&](const std::set<ObjectKey>& objects) { told.push_back(objects); });
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1"), Route("r", "1", {{Type::kCluster, "a"}})}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  proxy.Ask(Type::kRoute, {"r"});
  const auto cluster = proxy.stream->Next();
  ASSERT_TRUE(cluster);
  EXPECT_FALSE(proxy.stream->Next());  // the route waits
  told.clear();
  proxy.Answer(*cluster, "bad a");
  EXPECT_THAT(told, Contains(Contains(kPolicy)));
  EXPECT_THAT(catalog_.CountFor(kPolicy, {{kShop, {"w-1"}}}).rejected,
              ElementsAre("shop/waypoint (w-1): Cluster a: bad a"));

  // The cluster in a version that the proxy takes.
  catalog_.Publish(For(kShop, {Cluster("a", "2")}));
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster a", "+Route r"));
  EXPECT_EQ(catalog_.CountFor(kPolicy, {{kShop, {"w-1"}}}).programmed, 1);
}

TEST_F(CatalogTest, AProxyWithoutTheRuntimeLayerHasThePolicyButNotItsDrill) {
  const ObjectKey policy{Kind::kFailoverPolicy, "shop", "near"};
  const auto publish = [&](int64_t until) {
    catalog_.Publish(For(
        kShop, {Cluster("a", "1", {{policy, 1}}), MakeEndingResource({Type::kRuntime, "fairlead"}, "values",
                                                                     {{policy, 1}}, Timestamp{until})}));
  };
  catalog_.SetReady();
  publish(1000);
  Proxy with(&catalog_, "w-1", kShop), without(&catalog_, "w-2", kShop);
  for (Proxy* proxy : {&with, &without}) proxy->Ask(Type::kCluster);
  with.Ask(Type::kRuntime, {"fairlead"});
  EXPECT_THAT(with.Receive(), ElementsAre("+Cluster a", "+Runtime fairlead"));
  EXPECT_THAT(without.Receive(), ElementsAre("+Cluster a"));
  const auto count = [&] { return catalog_.CountFor(policy, {{kShop, {"w-1", "w-2"}}}); };
  EXPECT_EQ(count().programmed, 2);
  EXPECT_EQ(count().drilling, 1);
  EXPECT_EQ(catalog_.ReportOf(policy, 1, {kShop}).drilling, (std::set<ProxyName>{{kShop, "w-1"}}));

  publish(2000);  // the same values for longer
  EXPECT_EQ(count().drilling, 0);
  EXPECT_THAT(with.Receive(), ElementsAre("+Runtime fairlead"));
  EXPECT_EQ(count().drilling, 1);
}

TEST_F(CatalogTest, EndpointsAreSentAgainBehindTheirChangedCluster) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1"), MakeResource({Type::kEndpoints, "a"}, "e", {}, {})}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  proxy.Receive();
  proxy.Ask(Type::kEndpoints, {"a"});
  proxy.Receive();
  catalog_.Publish(For(kShop, {Cluster("a", "2")}));
  EXPECT_THAT(proxy.Receive(), ElementsAre("+Cluster a", "+Endpoints a"));
}

TEST_F(CatalogTest, DisconnectedProxiesAreKeptInBounds) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1")}));
  for (int i = 0; i < 200; ++i) Proxy(&catalog_, "w-" + std::to_string(1000 + i), kShop);
  const std::vector<ProxyProgress> proxies = catalog_.Proxies();
  EXPECT_LE(proxies.size(), 32u);
  EXPECT_EQ(proxies.back().info.id, "w-1199");
}

TEST_F(CatalogTest, ManyStreamsOfManyResourcesTakeFewBytes) {
  std::vector<ResourcePtr> resources;
  for (int i = 0; i < 10'000; ++i)
    resources.push_back(Cluster("shop/service-" + std::to_string(i), std::to_string(i)));
  catalog_.SetReady();
  catalog_.Publish(For(kShop, resources));
  for (int i = 0; i < 20; ++i) {
    Proxy proxy(&catalog_, "w-" + std::to_string(i), kShop);
    proxy.Ask(Type::kCluster);
    auto response = proxy.stream->Next();
    EXPECT_LT(proxy.stream->memory_bytes(), 128u * 1024) << "while everything is in flight";
    proxy.Answer(*response);
    proxy.Receive();
    EXPECT_LT(proxy.stream->memory_bytes(), 48u * 1024) << "at rest";
  }
}

TEST_F(CatalogTest, ManyThreads) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "0", {{kPolicy, 1}}), Cluster("b", "0"), Cluster("c", "0")}));
  catalog_.OnProgress([&](const std::set<ObjectKey>& objects) {
    catalog_.CountFor(*objects.begin(), {{kShop, {}}});
  });
  catalog_.OnProxies([&](const Audience& audience) { catalog_.ObjectsOf(audience); });
  std::vector<std::jthread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 300; ++i) {
        catalog_.Publish(For(kShop, {Cluster(t == 0 ? "a" : "b", std::to_string(i), {{kPolicy, i}})}));
      }
    });
    threads.emplace_back([&, t] {
      for (int i = 0; i < 100; ++i) {
        auto stream = catalog_.Attach({"w-" + std::to_string(t), kShop, ""}, [] {});
        Request request;
        request.type_url = TypeUrl(Type::kCluster);
        ASSERT_TRUE(stream->OnRequest(request));
        for (int n = 0; n < 5; ++n) {
          const auto response = stream->Next();
          if (!response) continue;
          request.response_nonce = response->nonce;
          ASSERT_TRUE(stream->OnRequest(request));
        }
      }
    });
  }
  threads.emplace_back([&] {
    for (int i = 0; i < 50; ++i) {
      catalog_.Dump();
      catalog_.Proxies();
      catalog_.Find(kShop, {Type::kCluster, "a"});
    }
  });
  threads.clear();
  Proxy proxy(&catalog_, "last", kShop);
  proxy.Ask(Type::kCluster);
  EXPECT_THAT(proxy.Receive(), ::testing::SizeIs(3));
}

TEST_F(CatalogTest, DumpIsJsonWithAudiencesResourcesAndStreams) {
  catalog_.SetReady();
  catalog_.Publish(For(kShop, {Cluster("a", "1", {{kPolicy, 7}})}));
  Proxy proxy(&catalog_, "w-1", kShop);
  proxy.Ask(Type::kCluster);
  Json::Value dump;
  std::string errors;
  std::istringstream in(catalog_.Dump());
  ASSERT_TRUE(Json::parseFromStream(Json::CharReaderBuilder(), in, &dump, &errors)) << errors;
  const Json::Value& audience = dump["audiences"][0];
  EXPECT_EQ(audience["name"].asString(), "shop/waypoint");
  EXPECT_EQ(audience["resources"][0]["sources"][0].asString(), "RetryTimeoutPolicy shop/retries@7");
  EXPECT_EQ(audience["streams"][0]["pending"][0]["why"].asString(), "queued");
}

}  // namespace
}  // namespace fairlead::xds
