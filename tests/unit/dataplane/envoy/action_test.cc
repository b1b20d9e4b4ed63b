#include "dataplane/envoy/action.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using gateway::PathRewrite;

struct Encoded {
  std::string json;
  std::set<ClusterKey> clusters;
};

Encoded Encode(const EffectiveRule& rule, const EffectiveMatch& match = Prefix("/")) {
  Encoded out;
  route_v3::Route route;
  EncodeAction(rule, match, 80, {}, &route, &out.clusters);
  out.json = Json(route);
  return out;
}

constexpr const char* k500 = R"({"direct_response":{"status":500}})";

TEST(EncodeAction, OneBackend) {
  const Encoded out = Encode(RuleTo({To("ratings", 9080)}));
  EXPECT_EQ(out.json, R"({"route":{"cluster":"shop/ratings|9080","timeout":"0s"}})");
  EXPECT_EQ(out.clusters, (std::set<ClusterKey>{{{ServiceKey("ratings"), 9080}}}));
}

TEST(EncodeAction, WeightsLeaveZeroOut) {
  EXPECT_EQ(Encode(RuleTo({To("a", 80, 90), To("b", 80, 10), To("c", 80, 0)})).json,
            R"({"route":{"weighted_clusters":{"clusters":[{"name":"shop/a|80","weight":90},)"
            R"({"name":"shop/b|80","weight":10}]},"timeout":"0s"}})");
}

TEST(EncodeAction, TheShareOfUnresolvedBackendsIsAnswered500) {
  const Encoded out = Encode(RuleTo({To("a", 80, 2), Unresolved(1), Unresolved(3)}));
  EXPECT_EQ(out.json, R"({"route":{"weighted_clusters":{"clusters":[{"name":"shop/a|80","weight":2},)"
                      R"({"name":"unresolved","weight":4}]},"timeout":"0s",)"
                      R"("cluster_not_found_response_code":"INTERNAL_SERVER_ERROR"}})");
  EXPECT_EQ(out.clusters.size(), 1u);
}

TEST(EncodeAction, NothingToSendToIsAnswered500) {
  EXPECT_EQ(Encode(RuleTo({})).json, k500);
  EXPECT_EQ(Encode(RuleTo({To("a", 80, 0)})).json, k500);
  EXPECT_EQ(Encode(RuleTo({Unresolved()})).json, k500);
  EXPECT_EQ(Encode(RuleTo({Unresolved(), Unresolved()})).json, k500);
}

TEST(EncodeAction, WhatCannotBeCarriedOutIsAnswered500) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.answers_500 = true;
  EXPECT_EQ(Encode(rule).json, k500);
  rule.answers_500 = false;
  rule.filters = {gateway::UnsupportedFilter{"ExtensionRef"}};
  EXPECT_EQ(Encode(rule).json, k500);
  rule.filters = {gateway::RedirectFilter{}, gateway::UnsupportedFilter{"ExtensionRef"}};
  EXPECT_EQ(Encode(rule).json, k500) << "a redirect does not hide it";
}

TEST(EncodeAction, TimeoutsAreAlwaysTold) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.policy.request_timeout = Sourced<Duration>{Duration::Milliseconds(1500), {}};
  rule.policy.idle_timeout = Sourced<Duration>{Duration::Seconds(3600), {}};
  EXPECT_EQ(Encode(rule).json,
            R"({"route":{"cluster":"shop/a|80","timeout":"1.500s","idle_timeout":"3600s"}})");
  rule.policy.request_timeout->value = Duration();
  rule.policy.idle_timeout->value = Duration();
  EXPECT_EQ(Encode(rule).json, R"({"route":{"cluster":"shop/a|80","timeout":"0s","idle_timeout":"0s"}})");
}

TEST(EncodeAction, ABudgetMakesAClusterOfItsOwn) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.policy.retries = Retries();
  EXPECT_EQ(Encode(rule).json, R"({"route":{"cluster":"shop/a|80;budget=20/10","timeout":"0s"}})");
}

TEST(EncodeAction, ProtocolsMakeClustersOfTheirOwn) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.backends[0].protocol = Protocol::kGrpc;
  EXPECT_EQ(Encode(rule).json, R"({"route":{"cluster":"shop/a|80;h2","timeout":"0s"}})");
}

TEST(EncodeAction, Mirrors) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.mirrors = {{Destination{ServiceKey("all"), 80}, Protocol::kHttp, 100, 100, ""},
                  {Destination{ServiceKey("some"), 80}, Protocol::kHttp, 1, 3, ""},
                  {Destination{ServiceKey("none"), 80}, Protocol::kHttp, 0, 100, ""},
                  {std::nullopt, Protocol::kHttp, 100, 100, "no such service"}};
  const Encoded out = Encode(rule);
  EXPECT_EQ(
      out.json,
      R"({"route":{"cluster":"shop/a|80","timeout":"0s","request_mirror_policies":[)"
      R"({"cluster":"shop/all|80","disable_shadow_host_suffix_append":true},)"
      R"({"cluster":"shop/some|80","runtime_fraction":{"default_value":{"numerator":333333,"denominator":"MILLION"}},)"
      R"("disable_shadow_host_suffix_append":true}]}})");
  EXPECT_EQ(out.clusters.size(), 3u);
}

TEST(EncodeAction, Rewrites) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.filters = {gateway::UrlRewriteFilter{"other.host", PathRewrite{PathRewrite::Type::kPrefix, "/new"}}};
  EXPECT_EQ(Encode(rule, Prefix("/old")).json,
            R"({"route":{"cluster":"shop/a|80","prefix_rewrite":"/new","host_rewrite_literal":"other.host",)"
            R"("timeout":"0s"}})");
  rule.filters = {gateway::UrlRewriteFilter{"", PathRewrite{PathRewrite::Type::kFull, "/full"}}};
  EXPECT_EQ(Encode(rule).json, R"({"route":{"cluster":"shop/a|80","timeout":"0s",)"
                               R"("regex_rewrite":{"pattern":{"regex":"^.*$"},"substitution":"/full"}}})");
}

TEST(EncodeAction, RedirectNeedsNoBackend) {
  EffectiveRule rule = RuleTo({});
  rule.filters = {gateway::RedirectFilter{"https", "", std::nullopt, std::nullopt, 301}};
  EXPECT_EQ(Encode(rule).json, R"({"redirect":{"scheme_redirect":"https"}})");
}

TEST(EncodeAction, FiltersOfTheOnlyBackendAreTheRoutes) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.backends[0].filters = {gateway::RequestHeaderFilter{{{{"x", "1"}}, {}, {}}},
                              gateway::UrlRewriteFilter{"", PathRewrite{PathRewrite::Type::kFull, "/full"}}};
  const std::string json = Encode(rule).json;
  EXPECT_NE(json.find(R"("request_headers_to_add":[{"header":{"key":"x","value":"1"})"), std::string::npos)
      << json;
  EXPECT_NE(json.find("/full"), std::string::npos) << json;
}

TEST(EncodeAction, FiltersOfManyBackendsAreTheirShares) {
  EffectiveRule rule = RuleTo({To("a"), To("b")});
  rule.backends[0].filters = {gateway::RequestHeaderFilter{{{{"x", "1"}, {"host", "h"}}, {}, {}}}};
  EXPECT_EQ(
      Encode(rule).json,
      R"({"route":{"weighted_clusters":{"clusters":[{"name":"shop/a|80","weight":1,"request_headers_to_add":[)"
      R"({"header":{"key":"x","value":"1"},"append_action":"OVERWRITE_IF_EXISTS_OR_ADD","keep_empty_value":true}],)"
      R"("host_rewrite_literal":"h"},{"name":"shop/b|80","weight":1}]},"timeout":"0s"}})");
  rule.backends[0].filters = {gateway::UrlRewriteFilter{"", PathRewrite{PathRewrite::Type::kFull, "/full"}}};
  EXPECT_NE(Encode(rule).json.find(R"({"name":"unresolved","weight":1})"), std::string::npos)
      << "Envoy cannot rewrite the path of one share";
}

TEST(EncodeAction, CorsIsARoutesOwn) {
  EffectiveRule rule = RuleTo({To("a")});
  rule.filters = {gateway::CorsFilter{{"*"}, {"GET"}, {}, {}, false, 5}};
  EXPECT_NE(Encode(rule).json.find(R"("typed_per_filter_config":{"envoy.filters.http.cors":{"@type")"),
            std::string::npos);
}

}  // namespace
}  // namespace fairlead::envoy
