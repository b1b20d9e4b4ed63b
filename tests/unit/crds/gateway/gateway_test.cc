#include "crds/gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"

namespace fairlead::gateway {
namespace {

using ::testing::ElementsAre;

Parsed<Gateway> Parse(const std::string& rest) {
  Result<JsonDocument> doc =
      JsonDocument::Parse(R"({"metadata": {"name": "w", "namespace": "shop"}, )" + rest + "}");
  EXPECT_TRUE(doc) << doc.error().message;
  return ParseGateway(doc->root());
}

TEST(ParseGateway, EveryField) {
  const Parsed<Gateway> parsed = Parse(R"("spec": {"gatewayClassName": "istio-waypoint",
    "addresses": [{"value": "10.0.0.1"}, {"type": "Hostname", "value": "w.example"}],
    "infrastructure": {"labels": {"a": "b"}, "annotations": {"c": "d"}},
    "listeners": [
      {"name": "mesh", "port": 15008, "protocol": "HBONE"},
      {"name": "all", "port": 80, "protocol": "HTTP", "hostname": "*.example", "allowedRoutes": {
         "namespaces": {"from": "All"}, "kinds": [{"kind": "HTTPRoute"}, {"group": "x", "kind": "Y"}]}},
      {"name": "some", "port": 81, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Selector", "selector": {
         "matchLabels": {"team": "shop"},
         "matchExpressions": [{"key": "env", "operator": "NotIn", "values": ["dev", "test"]}]}}}},
      {"name": "none", "port": 82, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Selector"}}}]},
    "status": {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}], "conditions": [
      {"type": "Accepted", "status": "False", "reason": "No"},
      {"type": "Programmed", "status": "True", "reason": "Yes", "message": "all", "observedGeneration": 4,
       "lastTransitionTime": "2026-11-22T05:00:00Z"}]})");
  ASSERT_TRUE(parsed.ok()) << Join(parsed.invalid().errors);
  const Gateway& gateway = parsed.value();
  EXPECT_TRUE(IsWaypoint(gateway));
  EXPECT_THAT(gateway.addresses,
              ElementsAre(GatewayAddress{"IPAddress", "10.0.0.1"}, GatewayAddress{"Hostname", "w.example"}));
  EXPECT_THAT(gateway.status_addresses, ElementsAre(GatewayAddress{"IPAddress", "10.0.0.9"}));
  EXPECT_EQ(gateway.programmed, (Programmed{ConditionStatus::kTrue, "Yes", "all", 4, Timestamp{1795323600}}));
  EXPECT_EQ(gateway.infrastructure_labels.Get("a"), "b");
  EXPECT_EQ(gateway.infrastructure_annotations.Get("c"), "d");
  ASSERT_EQ(gateway.listeners.size(), 4u);
  EXPECT_EQ(gateway.listeners[0].name, "mesh");
  EXPECT_EQ(gateway.listeners[0].port, 15008);
  EXPECT_EQ(gateway.listeners[0].protocol, "HBONE");
  EXPECT_EQ(gateway.listeners[0].allowed_from, Listener::From::kSame);
  EXPECT_EQ(gateway.listeners[1].allowed_from, Listener::From::kAll);
  EXPECT_EQ(gateway.listeners[1].hostname, "*.example");
  EXPECT_THAT(gateway.listeners[1].allowed_kinds,
              ElementsAre(RouteKind{"gateway.networking.k8s.io", "HTTPRoute"}, RouteKind{"x", "Y"}));
  EXPECT_EQ(gateway.listeners[2].allowed_from, Listener::From::kSelector);
  EXPECT_TRUE(gateway.listeners[2].allowed_selector.Matches({{"team", "shop"}, {"env", "prod"}}));
  EXPECT_FALSE(gateway.listeners[2].allowed_selector.Matches({{"team", "shop"}, {"env", "dev"}}));
  EXPECT_EQ(gateway.listeners[3].allowed_from,
            Listener::From::kNone);  // a selector that is absent selects nothing
}

Parsed<Gateway> ParsePlaintextPort(const std::string& port) {
  Result<JsonDocument> doc = JsonDocument::Parse(
      R"({"metadata": {"name": "w", "namespace": "shop", "annotations": {"fairlead.dev/plaintext-port": ")" +
      port + R"("}}, "spec": {"gatewayClassName": "fairlead-waypoint", "listeners": []}})");
  EXPECT_TRUE(doc) << doc.error().message;
  return ParseGateway(doc->root());
}

TEST(ParseGateway, TheAnnotationForThePlaintextPort) {
  EXPECT_EQ(ParsePlaintextPort("15081").value().plaintext_port, 15081);
  EXPECT_EQ(ParsePlaintextPort("").value().plaintext_port, std::nullopt);
  for (const std::string bad : {"0", "65536", "-1", "80x", "http"}) {
    const Parsed<Gateway> parsed = ParsePlaintextPort(bad);
    ASSERT_FALSE(parsed.ok()) << bad;
    EXPECT_EQ(Join(parsed.invalid().errors),
              "metadata.annotations[\"fairlead.dev/plaintext-port\"]: must be a port, 1 to 65535");
  }
}

TEST(ParseGateway, ErrorsHavePaths) {
  const Parsed<Gateway> parsed =
      Parse(R"("spec": {"listeners": [{"name": "x", "port": 99999, "protocol": "HTTP",
    "allowedRoutes": {"namespaces": {"from": "Most", "selector": {"matchLabels": {"a": 1},
      "matchExpressions": [{"key": "k", "operator": "Near"}]}}}}]})");
  ASSERT_FALSE(parsed.ok());
  EXPECT_EQ(
      Join(parsed.invalid().errors),
      "spec.gatewayClassName: is required; spec.listeners[0].port: must be between 1 and 65535, is 99999; "
      "spec.listeners[0].allowedRoutes.namespaces.from: is \"Most\"; known are Same, All, Selector, None; "
      "spec.listeners[0].allowedRoutes.namespaces.selector.matchLabels.a: must be a string, is an integer; "
      "spec.listeners[0].allowedRoutes.namespaces.selector.matchExpressions[0].operator: is \"Near\"; "
      "known are In, NotIn, Exists, DoesNotExist");
}

}  // namespace
}  // namespace fairlead::gateway
