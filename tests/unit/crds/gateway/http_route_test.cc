#include "crds/gateway/http_route.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"

namespace fairlead::gateway {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Parsed<HTTPRoute> Parse(const std::string& text) {
  Result<JsonDocument> doc = JsonDocument::Parse(text);
  EXPECT_TRUE(doc) << doc.error().message << "\n" << text;
  return ParseHTTPRoute(doc->root());
}

HTTPRoute ParseSpec(const std::string& spec) {
  Parsed<HTTPRoute> parsed =
      Parse(R"({"metadata": {"name": "r", "namespace": "shop"}, "spec": )" + spec + "}");
  EXPECT_TRUE(parsed.ok()) << Join(parsed.invalid().errors);
  return parsed.ok() ? std::move(parsed).value() : HTTPRoute{};
}

HttpRouteRule ParseRule(const std::string& rule) {
  HTTPRoute route = ParseSpec(R"({"rules": [)" + rule + "]}");
  EXPECT_EQ(route.rules.size(), 1u);
  return route.rules.empty() ? HttpRouteRule{} : route.rules[0];
}

template <class Filter>
Filter ParseFilter(const std::string& filter) {
  const HttpRouteRule rule = ParseRule(R"({"filters": [)" + filter + "]}");
  EXPECT_EQ(rule.filters.size(), 1u);
  if (rule.filters.size() != 1 || !std::holds_alternative<Filter>(rule.filters[0])) {
    ADD_FAILURE() << "another filter";
    return {};
  }
  return std::get<Filter>(rule.filters[0]);
}

std::string ErrorsOf(const std::string& spec) {
  const Parsed<HTTPRoute> parsed =
      Parse(R"({"metadata": {"name": "r", "namespace": "shop"}, "spec": )" + spec + "}");
  if (parsed.ok()) return "";
  EXPECT_EQ(parsed.invalid().key, (ObjectKey{Kind::kHTTPRoute, "shop", "r"}));
  return Join(parsed.invalid().errors, 100);
}

TEST(ParseHTTPRoute, DefaultsOfTheCrdAreFilled) {
  for (const char* spec :
       {"{}", "null", R"({"rules": null})", R"({"rules": [{}]})", R"({"rules": [{"matches": []}]})",
        R"({"rules": [{"matches": [{}]}]})", R"({"rules": [{"matches": [{"path": {}}]}]})"}) {
    const HTTPRoute route = ParseSpec(spec);
    ASSERT_EQ(route.rules.size(), 1u) << spec;
    ASSERT_EQ(route.rules[0].matches.size(), 1u) << spec;
    EXPECT_EQ(route.rules[0].matches[0], HttpMatch{});
    EXPECT_EQ(route.rules[0].matches[0].path, "/");
    EXPECT_EQ(route.rules[0].matches[0].path_type, PathMatchType::kPrefix);
    EXPECT_FALSE(route.default_gateways);
  }
  const HTTPRoute no_spec = Parse(R"({"metadata": {"name": "r"}})").value();
  EXPECT_EQ(no_spec.rules.size(), 1u);
}

TEST(ParseHTTPRoute, Meta) {
  const Parsed<HTTPRoute> parsed =
      Parse(R"({"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute",
    "metadata": {"name": "r", "namespace": "shop", "generation": 3, "labels": {"a": "b"}}, "status": {"parents": []}})");
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed.value().meta.generation, 3);
  EXPECT_EQ(parsed.value().meta.labels.Get("a"), "b");
}

TEST(ParseHTTPRoute, ParentsAndHostnames) {
  const HTTPRoute route =
      ParseSpec(R"({"hostnames": ["a.example", "*.b.example"], "useDefaultGateways": "All",
    "parentRefs": [{"name": "gw"},
      {"group": "", "kind": "Service", "namespace": "other", "name": "ratings", "port": 8080, "sectionName": "http"}]})");
  EXPECT_THAT(route.hostnames, ElementsAre("a.example", "*.b.example"));
  EXPECT_TRUE(route.default_gateways);
  ASSERT_EQ(route.parents.size(), 2u);
  EXPECT_EQ(route.parents[0],
            (ParentRef{"gateway.networking.k8s.io", "Gateway", "shop", "gw", std::nullopt, std::nullopt}));
  EXPECT_EQ(route.parents[1], (ParentRef{"", "Service", "other", "ratings", "http", uint16_t{8080}}));
}

TEST(ParseHTTPRoute, Matches) {
  const HttpRouteRule rule = ParseRule(R"({"name": "main", "matches": [
    {"path": {"type": "Exact", "value": "/a"}, "method": "GET",
     "headers": [{"name": "X-A", "value": "1"}, {"type": "RegularExpression", "name": "x-b", "value": "^v[0-9]+$"}],
     "queryParams": [{"type": "Exact", "name": "q", "value": "1"},
                     {"type": "RegularExpression", "name": "r", "value": ".*"}]},
    {"path": {"type": "RegularExpression", "value": "v[12]/.*"}},
    {"path": {"value": "/p/"}}]})");
  EXPECT_EQ(rule.name, "main");
  ASSERT_EQ(rule.matches.size(), 3u);
  const HttpMatch& first = rule.matches[0];
  EXPECT_EQ(first.path_type, PathMatchType::kExact);
  EXPECT_EQ(first.path, "/a");
  EXPECT_EQ(first.method, "GET");
  EXPECT_THAT(first.headers, ElementsAre(NamedMatch{StringMatchType::kExact, "X-A", "1"},
                                         NamedMatch{StringMatchType::kRegex, "x-b", "^v[0-9]+$"}));
  EXPECT_THAT(first.query, ElementsAre(NamedMatch{StringMatchType::kExact, "q", "1"},
                                       NamedMatch{StringMatchType::kRegex, "r", ".*"}));
  EXPECT_EQ(rule.matches[1].path_type, PathMatchType::kRegex);
  EXPECT_EQ(rule.matches[1].path, "v[12]/.*");
  EXPECT_EQ(rule.matches[2].path_type, PathMatchType::kPrefix);
  EXPECT_EQ(rule.matches[2].path, "/p/");
}

TEST(ParseHTTPRoute, Backends) {
  const HttpRouteRule rule = ParseRule(R"({"backendRefs": [{"name": "a", "port": 80},
    {"group": "networking.istio.io", "kind": "Hostname", "namespace": "x", "name": "b.example", "weight": 0,
     "filters": [{"type": "RequestHeaderModifier", "requestHeaderModifier": {"remove": ["x"]}}]}]})");
  ASSERT_EQ(rule.backends.size(), 2u);
  EXPECT_EQ(rule.backends[0], (HttpBackendRef{{"", "Service", "shop", "a", uint16_t{80}}, 1, {}}));
  EXPECT_EQ(rule.backends[1].backend,
            (BackendObject{"networking.istio.io", "Hostname", "x", "b.example", std::nullopt}));
  EXPECT_EQ(rule.backends[1].weight, 0);
  ASSERT_EQ(rule.backends[1].filters.size(), 1u);
  EXPECT_THAT(std::get<RequestHeaderFilter>(rule.backends[1].filters[0]).modifier.remove, ElementsAre("x"));
}

TEST(ParseHTTPRoute, TimeoutsRetryAndSessionPersistence) {
  const HttpRouteRule rule = ParseRule(R"({"timeouts": {"request": "10s", "backendRequest": "0s"},
    "retry": {"codes": [500, 503], "attempts": 3, "backoff": "100ms"}, "sessionPersistence": {"type": "Cookie"}})");
  EXPECT_EQ(rule.timeouts.request, Duration::Seconds(10));
  EXPECT_EQ(rule.timeouts.backend_request, Duration());
  ASSERT_TRUE(rule.retry);
  EXPECT_EQ(*rule.retry, (RouteRetry{{500, 503}, 3, Duration::Milliseconds(100)}));
  EXPECT_TRUE(rule.session_persistence);

  const HttpRouteRule empty = ParseRule(R"({"retry": {}, "timeouts": {}})");
  EXPECT_EQ(empty.retry, RouteRetry{});
  EXPECT_EQ(empty.timeouts, RouteTimeouts{});
  EXPECT_FALSE(empty.session_persistence);
  EXPECT_EQ(ParseRule("{}").retry, std::nullopt);
}

TEST(ParseHTTPRoute, HeaderModifiers) {
  const std::string modifier =
      R"({"set": [{"name": "A", "value": "1"}], "add": [{"name": "B", "value": "2"}], "remove": ["C", "D"]})";
  const HeaderModifier want{{{"A", "1"}}, {{"B", "2"}}, {"C", "D"}};
  EXPECT_EQ(ParseFilter<RequestHeaderFilter>(
                R"({"type": "RequestHeaderModifier", "requestHeaderModifier": )" + modifier + "}")
                .modifier,
            want);
  EXPECT_EQ(ParseFilter<ResponseHeaderFilter>(
                R"({"type": "ResponseHeaderModifier", "responseHeaderModifier": )" + modifier + "}")
                .modifier,
            want);
}

TEST(ParseHTTPRoute, Mirrors) {
  const auto mirror = [](const std::string& share) {
    return ParseFilter<MirrorFilter>(
               R"({"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m",
      "port": 81})" +
               share + "}}")
        .mirror;
  };
  const BackendObject backend{"", "Service", "shop", "m", uint16_t{81}};
  EXPECT_EQ(mirror(""), (Mirror{backend, 100, 100}));
  EXPECT_EQ(mirror(R"(, "percent": 0)"), (Mirror{backend, 0, 100}));
  EXPECT_EQ(mirror(R"(, "percent": 42)"), (Mirror{backend, 42, 100}));
  EXPECT_EQ(mirror(R"(, "fraction": {"numerator": 5})"), (Mirror{backend, 5, 100}));
  EXPECT_EQ(mirror(R"(, "fraction": {"numerator": 5, "denominator": 1000})"), (Mirror{backend, 5, 1000}));
}

TEST(ParseHTTPRoute, RedirectsAndRewrites) {
  EXPECT_EQ(ParseFilter<RedirectFilter>(R"({"type": "RequestRedirect", "requestRedirect": {}})"),
            RedirectFilter{});
  EXPECT_EQ(ParseFilter<RedirectFilter>(R"({"type": "RequestRedirect", "requestRedirect": {"scheme": "https",
      "hostname": "h", "port": 8443, "statusCode": 308, "path": {"type": "ReplaceFullPath", "replaceFullPath": "/x"}}})"),
            (RedirectFilter{"https", "h", PathRewrite{PathRewrite::Type::kFull, "/x"}, uint16_t{8443}, 308}));
  EXPECT_EQ(ParseFilter<UrlRewriteFilter>(R"({"type": "URLRewrite", "urlRewrite": {"hostname": "h",
      "path": {"type": "ReplacePrefixMatch", "replacePrefixMatch": ""}}})"),
            (UrlRewriteFilter{"h", PathRewrite{PathRewrite::Type::kPrefix, ""}}));
  EXPECT_EQ(ParseFilter<UrlRewriteFilter>(R"({"type": "URLRewrite", "urlRewrite": {}})"), UrlRewriteFilter{});
}

TEST(ParseHTTPRoute, Cors) {
  EXPECT_EQ(ParseFilter<CorsFilter>(
                R"({"type": "CORS", "cors": {"allowOrigins": ["https://a"], "allowMethods": ["GET"],
      "allowHeaders": ["x"], "exposeHeaders": ["y"], "allowCredentials": true, "maxAge": 60}})"),
            (CorsFilter{{"https://a"}, {"GET"}, {"x"}, {"y"}, true, 60}));
  EXPECT_EQ(ParseFilter<CorsFilter>(R"({"type": "CORS", "cors": {}})"), CorsFilter{});
}

TEST(ParseHTTPRoute, FiltersThatWeDoNotCarryOutAreKeptByName) {
  EXPECT_EQ(ParseFilter<UnsupportedFilter>(
                R"({"type": "ExtensionRef", "extensionRef": {"group": "x", "kind": "Y", "name": "z"}})")
                .type,
            "ExtensionRef");
  EXPECT_EQ(
      ParseFilter<UnsupportedFilter>(R"({"type": "ExternalAuth", "externalAuth": {"protocol": "GRPC"}})")
          .type,
      "ExternalAuth");
  EXPECT_EQ(ParseFilter<UnsupportedFilter>(R"({"type": "OfALaterVersion", "x": 1})").type, "OfALaterVersion");
}

TEST(ParseHTTPRoute, UnknownFieldsArePassedOver) {
  EXPECT_EQ(ParseSpec(R"({"later": 1, "rules": [{"later": {}, "matches": [{"later": []}]}]})"),
            ParseSpec("{}"));
}

struct BadCase {
  const char* spec;
  const char* errors;
};

TEST(ParseHTTPRoute, WhatWouldBeMisreadIsAnErrorWithItsPath) {
  for (
      const BadCase& c : std::vector<BadCase>{
          {"7", "spec: must be an object, is an integer"},
          {R"({"rules": {}})", "spec.rules: must be a list, is an object"},
          {R"({"rules": [7, {}]})", "spec.rules[0]: must be an object, is an integer"},
          {R"({"hostnames": ["a", 1]})", "spec.hostnames[1]: must be a string, is an integer"},
          {R"({"parentRefs": [{}]})", "spec.parentRefs[0].name: is required"},
          {R"({"parentRefs": [{"name": "", "port": 0}]})",
           "spec.parentRefs[0].name: must not be empty; spec.parentRefs[0].port: must be between 1 and "
           "65535, is 0"},
          {R"({"rules": [{"matches": [{"path": {"type": "Suffix"}}]}]})",
           "spec.rules[0].matches[0].path.type: is \"Suffix\"; known are PathPrefix, Exact, "
           "RegularExpression"},
          {R"({"rules": [{"matches": [{"path": {"value": "a"}}]}]})",
           "spec.rules[0].matches[0].path.value: must start with / with this type"},
          {R"({"rules": [{"matches": [{"headers": [{"type": "Glob", "name": "x", "value": 1}]}]}]})",
           "spec.rules[0].matches[0].headers[0].type: is \"Glob\"; known are Exact, RegularExpression; "
           "spec.rules[0].matches[0].headers[0].value: must be a string, is an integer"},
          {R"({"rules": [{"backendRefs": [{"name": "a", "weight": -1}, {"weight": 1.5}]}]})",
           "spec.rules[0].backendRefs[0].weight: must be between 0 and 1000000, is -1; "
           "spec.rules[0].backendRefs[1].name: is required; "
           "spec.rules[0].backendRefs[1].weight: must be an integer, is a number"},
          {R"({"rules": [{"timeouts": {"request": 5}}]})",
           "spec.rules[0].timeouts.request: must be a duration as a string, is an integer"},
          {R"({"rules": [{"retry": {"codes": [200, "x"], "attempts": -1}}]})",
           "spec.rules[0].retry.codes[0]: must be between 400 and 599, is 200; "
           "spec.rules[0].retry.codes[1]: must be an integer, is a string; "
           "spec.rules[0].retry.attempts: must be between 0 and 2147483647, is -1"},
          {R"({"rules": [{"retry": {"codes": "x"}}]})",
           "spec.rules[0].retry.codes: must be a list, is a string"},
          {R"({"rules": [{"filters": [{}]}]})", "spec.rules[0].filters[0].type: is required"},
          {R"({"rules": [{"filters": [{"type": "URLRewrite"}]}]})",
           "spec.rules[0].filters[0].urlRewrite: is required with this type"},
          {R"({"rules": [{"filters": [{"type": "URLRewrite", "urlRewrite": {"path": {"type": "ReplaceFullPath"}}}]}]})",
           "spec.rules[0].filters[0].urlRewrite.path.replaceFullPath: is required with this type"},
          {R"({"rules": [{"filters": [{"type": "RequestMirror", "requestMirror": {"percent": 1,
               "fraction": {"numerator": 1}}}]}]})",
           "spec.rules[0].filters[0].requestMirror.backendRef: is required; "
           "spec.rules[0].filters[0].requestMirror: percent and fraction exclude each other"},
          {R"({"rules": [{"filters": [{"type": "RequestMirror", "requestMirror": {"backendRef": {"name": "m"},
               "fraction": {"numerator": 3, "denominator": 2}}}]}]})",
           "spec.rules[0].filters[0].requestMirror.fraction.numerator: must not be greater than denominator"},
          {R"({"rules": [{"filters": [{"type": "RequestRedirect", "requestRedirect": {"statusCode": 200}}]}]})",
           "spec.rules[0].filters[0].requestRedirect.statusCode: must be between 300 and 399, is 200"},
          {R"({"rules": [{"backendRefs": [{"name": "a", "filters": [{"type": "CORS", "cors": {"maxAge": "1"}}]}]}]})",
           "spec.rules[0].backendRefs[0].filters[0].cors.maxAge: must be an integer, is a string"}}) {
    EXPECT_EQ(ErrorsOf(c.spec), c.errors) << c.spec;
  }
  EXPECT_THAT(ErrorsOf(R"({"rules": [{"timeouts": {"request": "1.5s"}}]})"),
              ::testing::StartsWith("spec.rules[0].timeouts.request: \"1.5s\" is not a duration"));
}

TEST(ParseHTTPRoute, LongValuesAreCutInMessages) {
  EXPECT_LT(ErrorsOf(R"({"rules": [{"matches": [{"path": {"type": ")" + std::string(10'000, 'x') + "\"}}]}]}")
                .size(),
            300u);
}

TEST(ParseHTTPRoute, ManyErrorsAreBounded) {
  std::string rules;
  for (int i = 0; i < 1000; ++i) rules += (i ? ",7" : "7");
  const Parsed<HTTPRoute> parsed =
      Parse(R"({"metadata": {"name": "r"}, "spec": {"rules": [)" + rules + "]}}");
  ASSERT_FALSE(parsed.ok());
  EXPECT_LE(parsed.invalid().errors.size(), FieldErrors::kMax);
}

TEST(ParseHTTPRoute, AnObjectWithoutANameIsInvalid) {
  EXPECT_EQ(Join(Parse("{}").invalid().errors), "metadata.name: is required");
  EXPECT_EQ(Join(Parse("[]").invalid().errors), "must be an object, is an array");
}

}  // namespace
}  // namespace fairlead::gateway
