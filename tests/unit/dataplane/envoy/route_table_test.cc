#include "dataplane/envoy/route_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;

RouteTable Encode(const EffectiveService& service) { return EncodeRoutes(service, service.ports[0]); }

TEST(EncodeRoutes, OneVirtualHostForAnyHost) {
  const RouteTable table = Encode(ServiceWith("ratings", RuleTo({To("ratings")})));
  EXPECT_EQ(Json(table.config),
            R"({"name":"shop/ratings|80","virtual_hosts":[{"name":"all","domains":["*"],"routes":[)"
            R"({"match":{"prefix":"/"},"route":{"cluster":"shop/ratings|80","timeout":"0s"},)"
            R"("name":"HTTPRoute shop/route[0]"}]}]})");
}

TEST(EncodeRoutes, EntriesKeepTheirOrder) {
  EffectiveService service = ServiceWith("ratings", RuleTo({To("a")}));
  EffectiveRule second = RuleTo({To("b")});
  second.index = 1;
  second.name = "named";
  service.ports[0].rules.push_back(second);
  service.ports[0].entries = {{Exact("/x"), 1}, {Prefix("/y"), 0}, {Prefix("/"), 1}};
  const RouteTable table = Encode(service);
  const auto& routes = table.config.virtual_hosts(0).routes();
  ASSERT_EQ(routes.size(), 3);
  EXPECT_EQ(routes[0].name(), "HTTPRoute shop/route[1] named");
  EXPECT_EQ(routes[0].match().path(), "/x");
  EXPECT_EQ(routes[1].route().cluster(), "shop/a|80");
  EXPECT_EQ(routes[2].match().prefix(), "/");
}

TEST(EncodeRoutes, RetriesSplitAnEntryInPlace) {
  EffectiveRule rule = RuleTo({To("ratings")});
  rule.policy.retries = Retries();
  EffectiveService service = ServiceWith("ratings", rule);
  service.ports[0].entries = {{Prefix("/x"), 0}, {Prefix("/"), 0}};
  const RouteTable table = Encode(service);
  const auto& routes = table.config.virtual_hosts(0).routes();
  ASSERT_EQ(routes.size(), 4);
  EXPECT_EQ(routes[0].match().headers_size(), 1);
  EXPECT_EQ(routes[1].match().headers_size(), 0);
  EXPECT_EQ(routes[1].match().path_separated_prefix(), "/x") << "the rest of /x stands before /";
  for (const auto& route : routes) EXPECT_EQ(route.route().cluster(), "shop/ratings|80;budget=20/10");
}

TEST(EncodeRoutes, AnEntryWithABadRegexIsLeftOutAlone) {
  EffectiveService service = ServiceWith("ratings", RuleTo({To("ratings")}));
  EffectiveMatch bad = Prefix("/(");
  bad.http.path_type = gateway::PathMatchType::kRegex;
  service.ports[0].entries.insert(service.ports[0].entries.begin(), {bad, 0});
  EXPECT_EQ(Encode(service).config.virtual_hosts(0).routes_size(), 1);
}

TEST(EncodeRoutes, SourcesAreWhoHadASay) {
  EffectiveRule rule = RuleTo({To("ratings")});
  rule.policy.request_timeout = Sourced<Duration>{Duration::Seconds(1), By("timeouts", 7)};
  rule.policy.retries = Retries();
  rule.policy.retries->attempts.origin = By("retries", 2);
  const RouteTable table = Encode(ServiceWith("ratings", rule));
  EXPECT_THAT(table.sources, ElementsAre(xds::Source{{Kind::kRetryTimeoutPolicy, "shop", "retries"}, 2},
                                         xds::Source{{Kind::kRetryTimeoutPolicy, "shop", "timeouts"}, 7},
                                         xds::Source{{Kind::kHTTPRoute, "shop", "route"}, 3},
                                         xds::Source{ServiceKey("ratings"), 0}));
}

TEST(EncodeRoutes, WhoTurnedRetriesOnHadASayWithDefaultsAlone) {
  EffectiveRule rule = RuleTo({To("ratings")});
  rule.policy.retries = Retries();
  rule.policy.retries->enabled_by = By("on", 5);
  EXPECT_TRUE(
      Encode(ServiceWith("ratings", rule)).sources.contains({{Kind::kRetryTimeoutPolicy, "shop", "on"}, 5}));
}

TEST(EncodeRoutes, WhoTurnedRetriesOffHadASay) {
  EffectiveRule rule = RuleTo({To("ratings")});
  rule.policy.retries_off = Sourced<int>{0, By("off", 4)};
  const RouteTable table = Encode(ServiceWith("ratings", rule));
  EXPECT_TRUE(table.sources.contains({{Kind::kRetryTimeoutPolicy, "shop", "off"}, 4}));
  EXPECT_FALSE(table.config.virtual_hosts(0).routes(0).route().has_retry_policy());
}

}  // namespace
}  // namespace fairlead::envoy
