#include "dataplane/envoy/filters.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT

std::string Encoded(const std::vector<gateway::HttpFilter>& filters) {
  route_v3::Route route;
  EncodeHeaders(SortFilters(filters), &route);
  return Json(route);
}

TEST(EncodeHeaders, SetAddAndRemove) {
  gateway::HeaderModifier modifier{{{"X-A", "1"}}, {{"X-B", "2"}}, {"X-C"}};
  EXPECT_EQ(
      Encoded({gateway::RequestHeaderFilter{modifier}}),
      R"({"request_headers_to_add":[{"header":{"key":"x-a","value":"1"},"append_action":"OVERWRITE_IF_EXISTS_OR_ADD",)"
      R"("keep_empty_value":true},{"header":{"key":"x-b","value":"2"},"keep_empty_value":true}],)"
      R"("request_headers_to_remove":["x-c"]})");
  EXPECT_EQ(
      Encoded({gateway::ResponseHeaderFilter{modifier}}),
      R"({"response_headers_to_add":[{"header":{"key":"x-a","value":"1"},"append_action":"OVERWRITE_IF_EXISTS_OR_ADD",)"
      R"("keep_empty_value":true},{"header":{"key":"x-b","value":"2"},"keep_empty_value":true}],)"
      R"("response_headers_to_remove":["x-c"]})");
}

TEST(EncodeHeaders, ValuesAreNoTemplates) {
  EXPECT_NE(Encoded({gateway::RequestHeaderFilter{{{{"a", "100%REQ(b)%"}}, {}, {}}}}).find("100%%REQ(b)%%"),
            std::string::npos);
}

TEST(SortFilters, SettingHostRewritesIt) {
  const FilterSet set =
      SortFilters({gateway::RequestHeaderFilter{{{{"Host", "other"}, {"x", "1"}}, {}, {}}}});
  EXPECT_EQ(set.host, "other");
  EXPECT_EQ(set.request.set.size(), 1u);
  EXPECT_FALSE(set.unsupported);
}

TEST(SortFilters, AddingOrRemovingHostCannotBeCarriedOut) {
  EXPECT_TRUE(SortFilters({gateway::RequestHeaderFilter{{{}, {{"host", "other"}}, {}}}}).unsupported);
  EXPECT_TRUE(SortFilters({gateway::RequestHeaderFilter{{{}, {}, {"HOST"}}}}).unsupported);
  EXPECT_TRUE(SortFilters({gateway::UnsupportedFilter{"ExtensionRef"}}).unsupported);
}

TEST(Combine, TheBackendsComesLast) {
  FilterSet rule = SortFilters({gateway::UrlRewriteFilter{"rule.host", std::nullopt}});
  FilterSet backend = SortFilters({gateway::UrlRewriteFilter{"backend.host", std::nullopt}});
  EXPECT_EQ(Combine(rule, backend).host, "backend.host");
  EXPECT_EQ(Combine(rule, {}).host, "rule.host");
}

TEST(Combine, WhatTheBackendSetsOrRemovesIsDecided) {
  const FilterSet rule =
      SortFilters({gateway::RequestHeaderFilter{{{{"a", "1"}, {"b", "1"}}, {{"C", "1"}, {"d", "1"}}, {}}}});
  const FilterSet backend = SortFilters({gateway::RequestHeaderFilter{{{{"A", "2"}}, {}, {"c"}}}});
  const gateway::HeaderModifier both = Combine(rule, backend).request;
  EXPECT_EQ(both.set, (std::vector<gateway::Header>{{"b", "1"}, {"A", "2"}}));
  EXPECT_EQ(both.add, (std::vector<gateway::Header>{{"d", "1"}}));
  EXPECT_EQ(both.remove, std::vector<std::string>{"c"});
}

TEST(EncodeCors, OriginsAreExactOrWild) {
  gateway::CorsFilter cors{
      {"https://a.example", "https://*.b.example", "*"}, {"GET", "PUT"}, {"x-a"}, {"x-b"}, true, 60};
  EXPECT_EQ(
      Json(EncodeCors(cors)),
      R"({"@type":"type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy","allow_origin_string_match":[)"
      R"({"exact":"https://a.example"},{"safe_regex":{"regex":"https://.*\\.b\\.example"}},{"safe_regex":{"regex":".*"}}],)"
      R"("allow_methods":"GET, PUT","allow_headers":"x-a","expose_headers":"x-b","max_age":"60","allow_credentials":true,)"
      R"("forward_not_matching_preflights":false})");
}

}  // namespace
}  // namespace fairlead::envoy
