// What one AuthorizationPolicy says, at a ztunnel and at a waypoint.
#include "reconcilers/preview/authorization.h"

#include <gtest/gtest.h>

#include "crds/base/yaml.h"

namespace fairlead::reconcilers::preview {
namespace {

AuthorizationPolicy Policy(const std::string& spec, const char* trust_domain = "cluster.local") {
  const auto documents = ParseYaml("metadata: {name: p, namespace: shop}\nspec: " + spec);
  EXPECT_TRUE(documents) << spec;
  const auto json = JsonDocument::Parse(documents->front().json);
  return *ReadPolicy(json->root(), trust_domain);
}

Truth AtPod(const std::string& spec, const Source& source, uint16_t port = 8080) {
  return Matches(Policy(spec), Enforcer::kZtunnel, source, port);
}
Truth AtWaypoint(const std::string& spec, const Source& source, uint16_t port = 8080) {
  return Matches(Policy(spec), Enforcer::kWaypoint, source, port);
}

const Source kPay{"pay", "web"}, kOps{"ops", "web"};

TEST(Authorization, NamesPatternsAndPlainText) {
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {namespaces: [pay]}}]}]}", kPay), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {namespaces: [pay]}}]}]}", kOps), Truth::kNo);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {namespaces: ['p*']}}]}]}", kPay), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {principals: ['*/sa/web']}}]}]}", kOps), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {principals: [cluster.local/ns/pay/sa/web]}}]}]}", kPay),
            Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {principals: ['*']}}]}]}", PlainText()), Truth::kNo);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {notPrincipals: ['*']}}]}]}", PlainText()), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {notNamespaces: [pay]}}]}]}", PlainText()), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {serviceAccounts: [web, pay/web]}}]}]}", kPay), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {serviceAccounts: [web]}}]}]}", {"shop", "web"}), Truth::kYes);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {serviceAccounts: [web]}}]}]}", kPay), Truth::kNo);
}

TEST(Authorization, AllOfARuleOneOfAClause) {
  const char* spec =
      "{rules: [{from: [{source: {namespaces: [pay]}}, {source: {namespaces: [ops]}}], "
      "to: [{operation: {ports: ['8080', '9090']}}], when: [{key: source.principal, notValues: "
      "['*/sa/job']}]}]}";
  EXPECT_EQ(AtPod(spec, kPay), Truth::kYes);
  EXPECT_EQ(AtPod(spec, kOps, 9090), Truth::kYes);
  EXPECT_EQ(AtPod(spec, kOps, 80), Truth::kNo);
  EXPECT_EQ(AtPod(spec, kOps, 0), Truth::kMaybe) << "the number of the port is not known";
  EXPECT_EQ(AtPod(spec, {"pay", "job"}), Truth::kNo);
  EXPECT_EQ(AtPod(spec, {"edge", "web"}), Truth::kNo);
}

TEST(Authorization, EmptyRules) {
  EXPECT_EQ(AtPod("{rules: [{}]}", PlainText()), Truth::kYes);
  EXPECT_EQ(AtPod("{}", kPay), Truth::kNo);
  EXPECT_EQ(AtPod("{action: DENY, rules: [{from: [{source: {}}]}]}", kPay), Truth::kNo)
      << "ztunnel takes a source without conditions for none";
}

TEST(Authorization, RequestsAreNotSeenByZtunnel) {
  const std::string get = "to: [{operation: {methods: [GET]}}]",
                    pay = "from: [{source: {namespaces: [pay]}}]";
  EXPECT_EQ(AtPod("{rules: [{" + get + "}]}", kPay), Truth::kNo);
  EXPECT_EQ(AtPod("{rules: [{" + get + ", " + pay + "}]}", kPay), Truth::kNo) << "the rule is left out whole";
  EXPECT_EQ(AtPod("{action: DENY, rules: [{" + get + "}]}", kPay), Truth::kNo);
  EXPECT_EQ(AtPod("{action: DENY, rules: [{" + get + ", " + pay + "}]}", kPay), Truth::kNo)
      << "a clause of which nothing is left never matches";
  EXPECT_EQ(AtPod("{action: DENY, rules: [{to: [{operation: {methods: [GET], ports: ['8080']}}]}]}", kPay),
            Truth::kYes)
      << "what is left of a clause does";
}

TEST(Authorization, RequestsAreNotGuessedAtWaypoints) {
  EXPECT_EQ(AtWaypoint("{rules: [{to: [{operation: {methods: [GET]}}]}]}", kPay), Truth::kMaybe);
  EXPECT_EQ(
      AtWaypoint("{rules: [{to: [{operation: {methods: [GET]}}], from: [{source: {namespaces: [pay]}}]}]}",
                 kOps),
      Truth::kNo);
  EXPECT_EQ(AtWaypoint("{rules: [{when: [{key: 'request.headers[x]', values: [a]}]}]}", kPay), Truth::kMaybe);
  EXPECT_EQ(AtPod("{rules: [{from: [{source: {ipBlocks: [10.0.0.0/8]}}]}]}", kPay), Truth::kMaybe);
}

TEST(Authorization, DenyFirstThenAnAllow) {
  const AuthorizationPolicy allow = Policy("{rules: [{from: [{source: {namespaces: [pay, ops]}}]}]}"),
                            deny = Policy("{action: DENY, rules: [{from: [{source: {namespaces: [ops]}}]}]}"),
                            audit = Policy("{action: AUDIT, rules: [{}]}"),
                            custom =
                                Policy("{action: CUSTOM, rules: [{from: [{source: {namespaces: [pay]}}]}]}");
  EXPECT_EQ(Passes({}, Enforcer::kZtunnel, kOps, 80), Truth::kYes);
  EXPECT_EQ(Passes({&allow, &deny, &audit}, Enforcer::kZtunnel, kPay, 80), Truth::kYes);
  EXPECT_EQ(Passes({&allow, &deny}, Enforcer::kZtunnel, kOps, 80), Truth::kNo);
  EXPECT_EQ(Passes({&allow}, Enforcer::kZtunnel, {"edge", "web"}, 80), Truth::kNo);
  EXPECT_EQ(Passes({&custom}, Enforcer::kWaypoint, kPay, 80), Truth::kMaybe);
  EXPECT_EQ(Passes({&custom}, Enforcer::kZtunnel, kPay, 80), Truth::kYes);
}

TEST(Authorization, CallersAreOfTheTrustDomainOfTheMesh) {
  const std::string spec = "{rules: [{from: [{source: {principals: [corp.example/ns/pay/sa/web]}}]}]}";
  EXPECT_EQ(Matches(Policy(spec, "corp.example"), Enforcer::kZtunnel, kPay, 80), Truth::kYes);
  EXPECT_EQ(Matches(Policy(spec), Enforcer::kZtunnel, kPay, 80), Truth::kNo);
}

TEST(Authorization, DryRunsAndAuditsDoNothing) {
  const auto documents = ParseYaml(
      "metadata: {name: p, namespace: shop, annotations: {istio.io/dry-run: 'true'}}\n"
      "spec: {action: DENY, rules: [{}]}");
  const auto json = JsonDocument::Parse(documents->front().json);
  EXPECT_TRUE(ReadPolicy(json->root(), "cluster.local")->does_nothing());
}

}  // namespace
}  // namespace fairlead::reconcilers::preview
