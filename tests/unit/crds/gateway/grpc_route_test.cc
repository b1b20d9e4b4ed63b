#include "crds/gateway/grpc_route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"

namespace fairlead::gateway {
namespace {

using ::testing::ElementsAre;

Parsed<GRPCRoute> Parse(const std::string& spec) {
  Result<JsonDocument> doc =
      JsonDocument::Parse(R"({"metadata": {"name": "r", "namespace": "shop"}, "spec": )" + spec + "}");
  EXPECT_TRUE(doc) << doc.error().message;
  return ParseGRPCRoute(doc->root());
}

GRPCRoute ParseSpec(const std::string& spec) {
  Parsed<GRPCRoute> parsed = Parse(spec);
  EXPECT_TRUE(parsed.ok()) << Join(parsed.invalid().errors);
  return parsed.ok() ? std::move(parsed).value() : GRPCRoute{};
}

TEST(ParseGRPCRoute, EveryField) {
  const GRPCRoute route =
      ParseSpec(R"({"parentRefs": [{"group": "", "kind": "Service", "name": "ratings", "port": 9000}],
    "hostnames": ["h"], "useDefaultGateways": "All", "rules": [{"name": "main",
      "matches": [{"method": {"service": "shop.Ratings", "method": "Get"}, "headers": [{"name": "v", "value": "1"}]},
                  {"method": {"type": "RegularExpression", "service": "shop\\..*"}}],
      "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"set": [{"name": "a", "value": "b"}]}},
                  {"type": "ResponseHeaderModifier", "responseHeaderModifier": {"remove": ["c"]}},
                  {"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"}, "percent": 5}},
                  {"type": "ExtensionRef", "extensionRef": {"group": "x", "kind": "Y", "name": "z"}}],
      "backendRefs": [{"name": "ratings", "port": 9000, "weight": 3, "filters": []}],
      "sessionPersistence": {}}]})");
  EXPECT_THAT(route.parents,
              ElementsAre(ParentRef{"", "Service", "shop", "ratings", std::nullopt, uint16_t{9000}}));
  EXPECT_THAT(route.hostnames, ElementsAre("h"));
  EXPECT_TRUE(route.default_gateways);
  ASSERT_EQ(route.rules.size(), 1u);
  const GrpcRouteRule& rule = route.rules[0];
  EXPECT_EQ(rule.name, "main");
  EXPECT_THAT(
      rule.matches,
      ElementsAre(
          GrpcMatch{StringMatchType::kExact, "shop.Ratings", "Get", {{StringMatchType::kExact, "v", "1"}}},
          GrpcMatch{StringMatchType::kRegex, "shop\\..*", "", {}}));
  EXPECT_THAT(rule.filters,
              ElementsAre(HttpFilter(RequestHeaderFilter{{{{"a", "b"}}, {}, {}}}),
                          HttpFilter(ResponseHeaderFilter{{{}, {}, {"c"}}}),
                          HttpFilter(MirrorFilter{{{"", "Service", "shop", "m", std::nullopt}, 5, 100}}),
                          HttpFilter(UnsupportedFilter{"ExtensionRef"})));
  EXPECT_THAT(rule.backends,
              ElementsAre(HttpBackendRef{{"", "Service", "shop", "ratings", uint16_t{9000}}, 3, {}}));
  EXPECT_TRUE(rule.session_persistence);
}

TEST(ParseGRPCRoute, ARuleWithoutMatchesMatchesAllAndThereIsNoDefaultRule) {
  EXPECT_TRUE(ParseSpec("{}").rules.empty());
  for (const char* rule : {"{}", R"({"matches": []})", R"({"matches": [{}]})"}) {
    const GRPCRoute route = ParseSpec(std::string(R"({"rules": [)") + rule + "]}");
    ASSERT_EQ(route.rules.size(), 1u);
    EXPECT_THAT(route.rules[0].matches, ElementsAre(GrpcMatch{}));
  }
}

TEST(ParseGRPCRoute, ErrorsHavePaths) {
  const Parsed<GRPCRoute> parsed =
      Parse(R"({"rules": [{"matches": [{"method": {"type": "Glob", "service": 7}}]}]})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(Join(parsed.invalid().errors),
            "spec.rules[0].matches[0].method.type: is \"Glob\"; known are Exact, RegularExpression; "
            "spec.rules[0].matches[0].method.service: must be a string, is an integer");
  EXPECT_EQ(parsed.invalid().key.kind, Kind::kGRPCRoute);
}

}  // namespace
}  // namespace fairlead::gateway
