// Matching, splitting and changing of requests, with real traffic.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/envoy/waypoint.h"
#include "tests/support/backend/backend.h"

namespace fairlead::testing {
namespace {

using namespace reconcilers;  // NOLINT: the model's words
using gateway::PathMatchType;
using gateway::PathRewrite;
using gateway::StringMatchType;
using ::testing::HasSubstr;
using ::testing::Not;

class Routing : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = Envoy::Missing(); !why.empty()) GTEST_SKIP() << why;
    waypoint_ = Waypoint::Start();
    ASSERT_NE(waypoint_, nullptr);
    backend_ = *Backend::Start("shop-1");
    backend_->Set({.echo = true});
    shop_.At({backend_->port()});
  }

  // A further rule that answers by a redirect to a host of its name: which rule took a request is seen at
  // once.
  void AddRule(const std::string& name, const EffectiveMatch& match) {
    EffectiveRule rule;
    rule.route = shop_.model.key;
    rule.filters = {gateway::RedirectFilter{"", name, std::nullopt, std::nullopt, 302}};
    shop_.port().rules.push_back(rule);
    auto& entries = shop_.port().entries;
    entries.insert(entries.end() - 1, {match, static_cast<uint32_t>(shop_.port().rules.size() - 1)});
  }

  std::string TakenBy(HttpQuestion question) {
    question.host = "shop";
    HttpAnswer answer = waypoint_->Call(question);
    if (answer.status == 200) return "default";
    const std::string location = answer.headers["location"];  // http://NAME/path
    return location.substr(7, location.find('/', 7) - 7);
  }

  // What the backend got.
  std::string Sent(HttpQuestion question = {}) {
    question.host = "shop";
    const HttpAnswer answer = waypoint_->Call(question);
    EXPECT_EQ(answer.status, 200) << answer.error;
    return answer.body;
  }

  std::unique_ptr<Waypoint> waypoint_;
  std::unique_ptr<Backend> backend_;
  SampleService shop_{"shop"};
};

EffectiveMatch PathMatch(PathMatchType type, const std::string& path) {
  EffectiveMatch match;
  match.http.path_type = type;
  match.http.path = path;
  return match;
}

TEST_F(Routing, HostsWithAndWithoutPort) {
  shop_.model.hostnames = {"shop.shop.svc.cluster.local", "shop"};
  waypoint_->Serve(shop_);
  for (const char* host :
       {"shop", "shop:80", "shop.shop.svc.cluster.local", "shop.shop.svc.cluster.local:80"}) {
    EXPECT_EQ(waypoint_->Call({.host = host}).status, 200) << host;
  }
  for (const char* host : {"other", "shop:8080", "shop.svc"}) {
    EXPECT_EQ(waypoint_->Call({.host = host}).status, 404) << host;
  }
}

TEST_F(Routing, TheFirstMatchInOrderTakesTheRequest) {
  AddRule("exact", PathMatch(PathMatchType::kExact, "/a/b"));
  AddRule("prefix", PathMatch(PathMatchType::kPrefix, "/a"));
  AddRule("regex", PathMatch(PathMatchType::kRegex, "/[0-9]+/x"));
  waypoint_->Serve(shop_);
  EXPECT_EQ(TakenBy({.path = "/a/b"}), "exact");
  EXPECT_EQ(TakenBy({.path = "/a/b?q=1"}), "exact");
  EXPECT_EQ(TakenBy({.path = "/a/c"}), "prefix");
  EXPECT_EQ(TakenBy({.path = "/a"}), "prefix");
  EXPECT_EQ(TakenBy({.path = "/a/"}), "prefix");
  EXPECT_EQ(TakenBy({.path = "/ab"}), "default");
  EXPECT_EQ(TakenBy({.path = "/12/x"}), "regex");
  EXPECT_EQ(TakenBy({.path = "/12/x/y"}), "default");
}

TEST_F(Routing, HeadersQueryAndMethod) {
  EffectiveMatch header, query, method, regex;
  header.http.headers = {{StringMatchType::kExact, "X-Version", "two"}};
  regex.http.headers = {{StringMatchType::kRegex, "agent", "a|bc?"}};
  query.http.query = {{StringMatchType::kExact, "user", "jo"}};
  method.http.method = "PUT";
  AddRule("header", header);
  AddRule("regex", regex);
  AddRule("query", query);
  AddRule("method", method);
  waypoint_->Serve(shop_);
  EXPECT_EQ(TakenBy({.headers = {{"x-vERSION", "two"}}}), "header");
  EXPECT_EQ(TakenBy({.headers = {{"x-version", "Two"}}}), "default");
  EXPECT_EQ(TakenBy({.headers = {{"agent", "bc"}}}), "regex");
  EXPECT_EQ(TakenBy({.headers = {{"agent", "abc"}}}), "default");
  EXPECT_EQ(TakenBy({.path = "/?a=b&user=jo"}), "query");
  EXPECT_EQ(TakenBy({.path = "/?user=joe"}), "default");
  EXPECT_EQ(TakenBy({.method = "PUT"}), "method");
}

TEST_F(Routing, GrpcMethods) {
  EffectiveMatch method, service;
  method.grpc = GrpcMethodMatch{StringMatchType::kExact, "shop.Cart", "Add"};
  service.grpc = GrpcMethodMatch{StringMatchType::kExact, "shop.Cart", ""};
  AddRule("method", method);
  AddRule("service", service);
  waypoint_->Serve(shop_);
  EXPECT_EQ(TakenBy({.method = "POST", .path = "/shop.Cart/Add"}), "method");
  EXPECT_EQ(TakenBy({.method = "POST", .path = "/shop.Cart/Remove"}), "service");
  EXPECT_EQ(TakenBy({.method = "POST", .path = "/shop.CartX/Add"}), "default");
}

TEST_F(Routing, ABadRegexBreaksNothingElse) {
  AddRule("bad", PathMatch(PathMatchType::kRegex, "/(unclosed"));
  AddRule("good", PathMatch(PathMatchType::kPrefix, "/good"));
  waypoint_->Serve(shop_);
  EXPECT_EQ(TakenBy({.path = "/good"}), "good");
  EXPECT_EQ(TakenBy({.path = "/(unclosed"}), "default");
}

struct RedirectCase {
  gateway::RedirectFilter filter;
  std::string host, location;
};

TEST_F(Routing, Redirects) {
  const auto path = [](PathRewrite::Type type, const char* to) { return PathRewrite{type, to}; };
  const std::vector<RedirectCase> cases = {
      {{"https", "", {}, {}, 301}, "shop", "https://shop/old/x?q=1"},
      {{"https", "", {}, {}, 302}, "shop:80", "https://shop/old/x?q=1"},
      {{"", "other.example", {}, {}, 302}, "shop", "http://other.example/old/x?q=1"},
      {{"", "", {}, uint16_t{8443}, 302}, "shop:80", "http://shop:8443/old/x?q=1"},
      {{"", "", path(PathRewrite::Type::kFull, "/new"), {}, 307}, "shop", "http://shop/new?q=1"},
      {{"", "", path(PathRewrite::Type::kPrefix, "/new"), {}, 303}, "shop", "http://shop/new/x?q=1"},
      {{"", "", path(PathRewrite::Type::kPrefix, "/"), {}, 308}, "shop", "http://shop/x?q=1"},
  };
  AddRule("redirect", PathMatch(PathMatchType::kPrefix, "/old"));
  for (const RedirectCase& c : cases) {
    shop_.port().rules[1].filters = {c.filter};
    waypoint_->Serve(shop_);
    HttpAnswer answer = waypoint_->Call({.path = "/old/x?q=1", .host = c.host});
    EXPECT_EQ(answer.status, c.filter.status_code);
    EXPECT_EQ(answer.headers["location"], c.location);
  }
}

TEST_F(Routing, Rewrites) {
  shop_.port().entries[0].match = PathMatch(PathMatchType::kPrefix, "/old");
  const auto rewrite = [this](PathRewrite::Type type, const char* to) {
    shop_.rule().filters = {gateway::UrlRewriteFilter{"inner.host", PathRewrite{type, to}}};
    waypoint_->Serve(shop_);
    return Sent({.path = "/old/x?q=1"});
  };
  EXPECT_THAT(rewrite(PathRewrite::Type::kPrefix, "/new"), HasSubstr("GET /new/x?q=1 HTTP"));
  EXPECT_THAT(rewrite(PathRewrite::Type::kPrefix, "/"), HasSubstr("GET /x?q=1 HTTP"));
  EXPECT_THAT(rewrite(PathRewrite::Type::kFull, "/full"), HasSubstr("GET /full?q=1 HTTP"));
  EXPECT_THAT(Sent({.path = "/old"}), HasSubstr("host: inner.host\n"));
}

TEST_F(Routing, HeaderModifiers) {
  shop_.rule().filters = {
      gateway::RequestHeaderFilter{
          {{{"X-Set", "rule 100%"}, {"x-both", "rule"}}, {{"X-Add", "more"}}, {"X-Gone"}}},
      gateway::ResponseHeaderFilter{{{{"x-answer", "yes"}}, {}, {"content-type"}}}};
  shop_.rule().backends = {BackendOf("shop"), BackendOf("shop")};
  for (reconcilers::Backend& b : shop_.rule().backends) {
    b.filters = {gateway::RequestHeaderFilter{{{{"x-both", "backend"}, {"x-backend", "1"}}, {}, {}}}};
  }
  waypoint_->Serve(shop_);
  HttpAnswer answer = waypoint_->Call(
      {.host = "shop", .headers = {{"x-set", "mine"}, {"x-add", "some"}, {"x-gone", "1"}, {"x-kept", "1"}}});
  EXPECT_THAT(answer.body, HasSubstr("x-set: rule 100%\n"));
  EXPECT_THAT(answer.body, HasSubstr("more"));
  EXPECT_THAT(answer.body, HasSubstr("x-both: backend\n")) << "the backend's filter comes last";
  EXPECT_THAT(answer.body, HasSubstr("x-backend: 1\n"));
  EXPECT_THAT(answer.body, HasSubstr("x-kept: 1\n"));
  EXPECT_THAT(answer.body, Not(HasSubstr("x-gone")));
  EXPECT_THAT(answer.body, Not(HasSubstr("x-envoy-")));
  EXPECT_EQ(answer.headers["x-answer"], "yes");
  EXPECT_EQ(answer.headers.count("content-type"), 0u);
}

TEST_F(Routing, WeightsAndUnresolvedBackends) {
  auto other_backend = *Backend::Start("other-1");
  SampleService other("other");
  other.At({other_backend->port()});
  reconcilers::Backend unresolved = BackendOf("nobody", 20);
  unresolved.destination.reset();
  shop_.rule().backends = {BackendOf("shop", 60), BackendOf("other", 20), unresolved};
  waypoint_->Serve({shop_, other});
  const LoadResult result = waypoint_->Load({.host = "shop"}, {.requests = 500});
  // Each share within about 8 standard deviations.
  EXPECT_NEAR(static_cast<double>(backend_->Count()), 300, 85);
  EXPECT_NEAR(static_cast<double>(other_backend->Count()), 100, 70);
  EXPECT_NEAR(result.Count(500), 100, 70);
  EXPECT_EQ(result.Count(200) + result.Count(500), 500) << result.Summary();
}

TEST_F(Routing, NothingToSendToIs500) {
  shop_.rule().backends.clear();
  waypoint_->Serve(shop_);
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 500);
  shop_.rule().backends = {BackendOf("shop", 0)};
  waypoint_->Serve(shop_);
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 500);
  shop_.rule().backends = {BackendOf("shop")};
  shop_.rule().answers_500 = true;
  waypoint_->Serve(shop_);
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 500);
}

TEST_F(Routing, NoEndpointsIs503) {
  shop_.At({});
  waypoint_->Serve(shop_);
  EXPECT_EQ(waypoint_->Call({.host = "shop"}).status, 503);
}

TEST_F(Routing, Mirrors) {
  auto mirror = *Backend::Start("mirror-1");
  SampleService copy("copy");
  copy.At({mirror->port()});
  shop_.rule().mirrors = {{Destination{copy.model.key, 80}, Protocol::kHttp, 100, 100, ""}};
  waypoint_->Serve({shop_, copy});
  for (int i = 0; i < 10; ++i) Sent();
  EXPECT_TRUE(waypoint_->Await([&] { return mirror->Count() == 10; })) << mirror->Count();
  EXPECT_EQ(backend_->Count(), 10u);
}

TEST_F(Routing, CorsIsAnsweredByTheProxy) {
  shop_.rule().filters = {
      gateway::CorsFilter{{"https://*.shop.example"}, {"GET", "PUT"}, {"x-a"}, {"x-b"}, true, 60}};
  waypoint_->Serve(shop_);
  const auto preflight = [this](const char* origin) {
    return waypoint_->Call({.method = "OPTIONS",
                            .host = "shop",
                            .headers = {{"origin", origin}, {"access-control-request-method", "PUT"}}});
  };
  HttpAnswer allowed = preflight("https://www.shop.example");
  EXPECT_EQ(allowed.status, 200);
  EXPECT_EQ(allowed.headers["access-control-allow-origin"], "https://www.shop.example");
  EXPECT_EQ(allowed.headers["access-control-allow-methods"], "GET, PUT");
  EXPECT_EQ(allowed.headers["access-control-max-age"], "60");
  HttpAnswer refused = preflight("https://evil.example");
  EXPECT_EQ(refused.headers.count("access-control-allow-origin"), 0u);
  EXPECT_EQ(backend_->Count(), 0u);
}

}  // namespace
}  // namespace fairlead::testing
