#include "dataplane/envoy/redirect.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using gateway::PathRewrite;
using gateway::RedirectFilter;

std::string Encoded(const RedirectFilter& redirect, uint16_t port, const std::string& prefix = "/") {
  return Json(EncodeRedirect(redirect, Prefix(prefix).http, port));
}

RedirectFilter Filter(const std::string& scheme, const std::string& host, std::optional<uint16_t> port) {
  return {scheme, host, std::nullopt, port, 302};
}

struct PortCase {
  RedirectFilter filter;
  uint16_t service_port;
  std::string expected;
  friend void PrintTo(const PortCase& c, std::ostream* out) { *out << c.expected; }
};
class RedirectPort : public ::testing::TestWithParam<PortCase> {};

TEST_P(RedirectPort, FollowsGatewayApi) {
  EXPECT_EQ(Encoded(GetParam().filter, GetParam().service_port), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Rules, RedirectPort,
    ::testing::Values(
        // Host alone: the service's port, left out where it is the scheme's own.
        PortCase{Filter("", "x.example", {}), 80, R"({"host_redirect":"x.example","response_code":"FOUND"})"},
        PortCase{Filter("", "x.example", {}), 8080,
                 R"({"host_redirect":"x.example","response_code":"FOUND","port_redirect":8080})"},
        // A scheme brings its well-known port.
        PortCase{Filter("https", "x.example", {}), 8080,
                 R"({"host_redirect":"x.example","response_code":"FOUND","scheme_redirect":"https"})"},
        PortCase{Filter("https", "", {}), 80, R"({"response_code":"FOUND","scheme_redirect":"https"})"},
        PortCase{Filter("https", "", {}), 8080,
                 R"({"response_code":"FOUND","scheme_redirect":"https","port_redirect":443})"},
        PortCase{Filter("http", "", {}), 8080,
                 R"({"response_code":"FOUND","scheme_redirect":"http","port_redirect":80})"},
        // A port that is told.
        PortCase{Filter("", "", 8443), 80, R"({"response_code":"FOUND","port_redirect":8443})"},
        PortCase{Filter("", "x.example", 80), 8080,
                 R"({"host_redirect":"x.example","response_code":"FOUND"})"},
        PortCase{Filter("https", "x.example", 443), 80,
                 R"({"host_redirect":"x.example","response_code":"FOUND","scheme_redirect":"https"})"},
        PortCase{
            Filter("https", "x.example", 8443), 80,
            R"({"host_redirect":"x.example","response_code":"FOUND","scheme_redirect":"https","port_redirect":8443})"},
        PortCase{Filter("", "", 80), 8080, R"({"response_code":"FOUND","port_redirect":80})"},
        PortCase{Filter("", "", 8080), 8080, R"({"response_code":"FOUND"})"}));

TEST(EncodeRedirect, Paths) {
  RedirectFilter redirect;
  redirect.path = PathRewrite{PathRewrite::Type::kFull, "/new"};
  EXPECT_EQ(Encoded(redirect, 80), R"({"path_redirect":"/new","response_code":"FOUND"})");
  redirect.path = PathRewrite{PathRewrite::Type::kPrefix, "/new"};
  EXPECT_EQ(Encoded(redirect, 80, "/old"), R"({"response_code":"FOUND","prefix_rewrite":"/new"})");
  redirect.path = PathRewrite{PathRewrite::Type::kPrefix, "/"};
  EXPECT_EQ(
      Encoded(redirect, 80, "/old"),
      R"({"response_code":"FOUND","regex_rewrite":{"pattern":{"regex":"^/old/*"},"substitution":"/"}})");
}

TEST(EncodeRedirect, StatusCodes) {
  const auto code = [](int status) {
    RedirectFilter redirect;
    redirect.status_code = status;
    return EncodeRedirect(redirect, {}, 80).response_code();
  };
  EXPECT_EQ(code(301), route_v3::RedirectAction::MOVED_PERMANENTLY);
  EXPECT_EQ(code(302), route_v3::RedirectAction::FOUND);
  EXPECT_EQ(code(303), route_v3::RedirectAction::SEE_OTHER);
  EXPECT_EQ(code(307), route_v3::RedirectAction::TEMPORARY_REDIRECT);
  EXPECT_EQ(code(308), route_v3::RedirectAction::PERMANENT_REDIRECT);
}

}  // namespace
}  // namespace fairlead::envoy
