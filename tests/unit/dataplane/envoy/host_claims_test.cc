#include "dataplane/envoy/host_claims.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

EffectiveService WithPorts(const std::vector<uint16_t>& ports) {
  EffectiveService service = ServiceWith("ratings", RuleTo({To("ratings")}));
  service.hostnames = {"ratings"};
  service.ports.resize(ports.size(), service.ports[0]);
  for (size_t i = 0; i < ports.size(); ++i) service.ports[i].port = ports[i];
  return service;
}

// Every way to write the service's host, with the route table that answers.
std::vector<std::pair<std::string, std::string>> AnswersOf(const EffectiveService& service) {
  const Frontage frontage = FrontageOf(service);
  HostClaims claims;
  claims.Add(&frontage);
  std::vector<std::pair<std::string, std::string>> out;
  for (const Host& host : frontage.Hosts())
    out.emplace_back(host.ToString(), claims.RouteFor(frontage.waypoint, host).value_or("none"));
  return out;
}

TEST(Hosts, TheBareNameIsPort80) {
  EXPECT_THAT(AnswersOf(WithPorts({79, 80, 8080})),
              ElementsAre(Pair("ratings", "shop/ratings|80"), Pair("ratings:79", "shop/ratings|79"),
                          Pair("ratings:80", "shop/ratings|80"), Pair("ratings:8080", "shop/ratings|8080")));
}

TEST(Hosts, WithoutPort80TheBareNameIsTheLowest) {
  EXPECT_THAT(AnswersOf(WithPorts({8080, 9090})),
              ElementsAre(Pair("ratings", "shop/ratings|8080"), Pair("ratings:8080", "shop/ratings|8080"),
                          Pair("ratings:9090", "shop/ratings|9090")));
}

TEST(Hosts, OtherProtocolsAndWildcardsAreNotServed) {
  EffectiveService service = WithPorts({80});
  service.hostnames = {"*.example.com"};
  EXPECT_THAT(AnswersOf(service), IsEmpty());
  service.hostnames = {"ratings"};
  service.ports[0].protocol = Protocol::kTcp;
  EXPECT_THAT(AnswersOf(service), IsEmpty());
}

TEST(HostClaims, APortThatTheWinnerLacksIsAnsweredByTheNext) {
  Frontage near = FrontageOf(WithPorts({80})), far = FrontageOf(WithPorts({9090}));
  far.service.ns = "another";
  HostClaims claims;
  claims.Add(&far);
  EXPECT_EQ(claims.RouteFor(near.waypoint, {"ratings"}), "another/ratings|9090");
  claims.Add(&near);
  EXPECT_EQ(claims.RouteFor(near.waypoint, {"ratings"}), "shop/ratings|80");
  EXPECT_EQ(claims.RouteFor(near.waypoint, {"ratings", 9090}), "another/ratings|9090");
  EXPECT_EQ(claims.RouteFor(near.waypoint, {"ratings", 1}), std::nullopt);
  EXPECT_EQ(claims.RouteFor({"shop", "other"}, {"ratings"}), std::nullopt);
  claims.Remove(&near);
  EXPECT_EQ(claims.RouteFor(near.waypoint, {"ratings"}), "another/ratings|9090");
  EXPECT_EQ(claims.RouteFor(near.waypoint, {"ratings", 80}), std::nullopt);
}

TEST(HostClaims, ServicesComeBeforeServiceEntries) {
  Frontage entry = FrontageOf(WithPorts({80})), service = FrontageOf(WithPorts({80}));
  entry.service = {Kind::kServiceEntry, "a", "a"};
  service.service = {Kind::kService, "z", "z"};
  HostClaims claims;
  claims.Add(&entry);
  claims.Add(&service);
  EXPECT_EQ(claims.RouteFor(entry.waypoint, {"ratings"}), "z/z|80");
}

}  // namespace
}  // namespace fairlead::envoy
