#include "dataplane/envoy/match.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using gateway::StringMatchType;

EffectiveMatch Grpc(StringMatchType type, const std::string& service, const std::string& method) {
  EffectiveMatch match;
  match.grpc = GrpcMethodMatch{type, service, method};
  return match;
}

TEST(EncodeMatch, PrefixIsOfPathElements) {
  EXPECT_EQ(Json(EncodeMatch(Prefix("/"))), R"({"prefix":"/"})");
  EXPECT_EQ(Json(EncodeMatch(Prefix("/shop"))), R"({"path_separated_prefix":"/shop"})");
  EXPECT_EQ(Json(EncodeMatch(Prefix("/shop/"))), R"({"path_separated_prefix":"/shop"})");
}

TEST(EncodeMatch, ExactAndRegexPaths) {
  EXPECT_EQ(Json(EncodeMatch(Exact("/shop"))), R"({"path":"/shop"})");
  EffectiveMatch regex = Prefix("/v[0-9]+/.*");
  regex.http.path_type = gateway::PathMatchType::kRegex;
  EXPECT_EQ(Json(EncodeMatch(regex)), R"({"safe_regex":{"regex":"/v[0-9]+/.*"}})");
}

TEST(EncodeMatch, HeadersQueryAndMethod) {
  EffectiveMatch match = Prefix("/");
  match.http.headers = {{StringMatchType::kExact, "X-Version", "two"},
                        {StringMatchType::kRegex, "Agent", "a|b"}};
  match.http.query = {{StringMatchType::kExact, "User", "Jo"}, {StringMatchType::kRegex, "page", "[0-9]+"}};
  match.http.method = "GET";
  EXPECT_EQ(Json(EncodeMatch(match)),
            R"({"prefix":"/","headers":[{"name":"x-version","string_match":{"exact":"two"}},)"
            R"({"name":"agent","string_match":{"safe_regex":{"regex":"a|b"}}},)"
            R"({"name":":method","string_match":{"exact":"GET"}}],)"
            R"("query_parameters":[{"name":"User","string_match":{"exact":"Jo"}},)"
            R"({"name":"page","string_match":{"safe_regex":{"regex":"[0-9]+"}}}]})");
}

TEST(EncodeMatch, GrpcMethods) {
  EXPECT_EQ(Json(EncodeMatch(Grpc(StringMatchType::kExact, "shop.Cart", "Add"))),
            R"({"path":"/shop.Cart/Add"})");
  EXPECT_EQ(Json(EncodeMatch(Grpc(StringMatchType::kExact, "shop.Cart", ""))), R"({"prefix":"/shop.Cart/"})");
  EXPECT_EQ(Json(EncodeMatch(Grpc(StringMatchType::kExact, "", "Add"))),
            R"({"safe_regex":{"regex":"/[^/]+/Add"}})");
  EXPECT_EQ(Json(EncodeMatch(Grpc(StringMatchType::kExact, "", ""))), R"({"prefix":"/"})");
  EXPECT_EQ(Json(EncodeMatch(Grpc(StringMatchType::kRegex, "shop.*|bank", "Get.*"))),
            R"json({"safe_regex":{"regex":"/(?:shop.*|bank)/(?:Get.*)"}})json");
  EXPECT_EQ(Json(EncodeMatch(Grpc(StringMatchType::kRegex, "", "Get.*"))),
            R"json({"safe_regex":{"regex":"/[^/]+/(?:Get.*)"}})json");
}

TEST(RestrictMethods, OneIsExactManyAreARegex) {
  route_v3::RouteMatch one, many;
  RestrictMethods({"GET"}, &one);
  RestrictMethods({"GET", "HEAD"}, &many);
  EXPECT_EQ(Json(one), R"({"headers":[{"name":":method","string_match":{"exact":"GET"}}]})");
  EXPECT_EQ(Json(many),
            R"({"headers":[{"name":":method","string_match":{"safe_regex":{"regex":"GET|HEAD"}}}]})");
}

TEST(MethodOf, GrpcIsAlwaysPost) {
  EXPECT_EQ(MethodOf(Grpc(StringMatchType::kExact, "shop.Cart", "Get")), "POST");
  EXPECT_EQ(MethodOf(Prefix("/")), "");
}

TEST(HasValidRegexes, KnowsWhatEnvoyWouldRefuse) {
  EffectiveMatch match = Prefix("/a(b");
  EXPECT_TRUE(HasValidRegexes(match)) << "a prefix is no regular expression";
  match.http.path_type = gateway::PathMatchType::kRegex;
  EXPECT_FALSE(HasValidRegexes(match));
  match = Prefix("/");
  match.http.headers = {{StringMatchType::kRegex, "x", "(?=lookahead)"}};
  EXPECT_FALSE(HasValidRegexes(match));
  match = Prefix("/");
  match.http.query = {{StringMatchType::kRegex, "x", "["}};
  EXPECT_FALSE(HasValidRegexes(match));
  EXPECT_FALSE(HasValidRegexes(Grpc(StringMatchType::kRegex, "ok", "*")));
  EXPECT_TRUE(HasValidRegexes(Grpc(StringMatchType::kRegex, "ok.*", "")));
}

}  // namespace
}  // namespace fairlead::envoy
