// The way of a policy through the program fairlead-operator: a real API server on one side, waypoints on the
// other.
#include "tests/integration/operator/operator_test_base.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;
using xds::Type;

class PolicyTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    const Result<void> started = operator_.Start({.kubeconfig = cluster().kubeconfig_path()});
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(Eventually([&] { return operator_.Ready(); })) << operator_.ReadyText() << operator_.Log();
  }
  void TearDown() override {
    if (HasFailure()) ADD_FAILURE() << cluster().Logs() << "--- operator\n" << operator_.Log();
  }

  std::unique_ptr<FakeEnvoy> Connect(const std::string& ns, const std::string& id,
                                     FakeEnvoy::Options options = {}) {
    options.port = operator_.xds_port();
    options.id = id;
    options.cluster = ns + "/waypoint";
    return std::make_unique<FakeEnvoy>(std::move(options));
  }
  OperatorProcess operator_;
};

TEST_F(PolicyTest, TheSamplesOfTheShop) {
  ApplySample("00-shop.yaml");
  for (const char* service : {"ratings", "search", "reviews", "reviews-v1", "reviews-v2"}) {
    ApplyYaml("apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: " +
              std::string(service) + "-1, namespace: shop, labels: {kubernetes.io/service-name: " + service +
              "}}\naddressType: IPv4\nports: [{name: http, port: 8080, protocol: TCP}]\n"
              "endpoints: [{addresses: [10.1.2.3], conditions: {ready: true}}]\n");
  }
  const auto envoy = Connect("shop", "w-1");
  ASSERT_TRUE(AwaitRoute(*envoy, "shop/ratings|8080", ""));
  ASSERT_TRUE(AwaitRoute(*envoy, "shop/search|8080", ""));
  const std::string bare = RouteAt(*envoy, "shop/ratings|8080");
  const std::string bare_search = RouteAt(*envoy, "shop/search|8080");

  // Applied: it reaches the proxy, and the status counts it.
  ApplySample("10-retries.yaml");
  ASSERT_TRUE(AwaitRoute(*envoy, "shop/ratings|8080", bare));
  const std::string retried = RouteAt(*envoy, "shop/ratings|8080");
  auto status = AwaitStatus("shop", "ratings", "Programmed");
  ASSERT_TRUE(status);
  EXPECT_EQ(Reason(*status, "Accepted"), "Accepted");
  EXPECT_EQ(Message(*status, "Programmed"), "1 of 1 proxy has it");
  EXPECT_EQ(status->waypoints, "1/1");
  EXPECT_EQ(status->proxies.needed, 1);
  EXPECT_EQ(status->proxies.programmed, 1);
  ASSERT_EQ(status->targets.size(), 1u);
  EXPECT_EQ(status->targets[0].state, "Effective");
  EXPECT_EQ(RouteAt(*envoy, "shop/search|8080"), bare_search);  // nobody else's concern

  // Edited: another route table, another cluster for its budget, and the status is that of the new
  // generation.
  ApplySample("40-budget.yaml");
  ASSERT_TRUE(AwaitRoute(*envoy, "shop/ratings|8080", retried));
  status = AwaitStatus("shop", "ratings", "Programmed");
  ASSERT_TRUE(status);
  EXPECT_EQ(status->observed_generation, 2);

  // Timeout of another service; the first is left alone.
  const std::string with_budget = RouteAt(*envoy, "shop/ratings|8080");
  ApplySample("20-timeout.yaml");
  ASSERT_TRUE(AwaitRoute(*envoy, "shop/search|8080", bare_search));
  ASSERT_TRUE(AwaitStatus("shop", "search", "Programmed"));
  EXPECT_EQ(RouteAt(*envoy, "shop/ratings|8080"), with_budget);

  // Deleted: the former behaviour is back, byte for byte.
  DeletePolicy("shop", "ratings");
  DeletePolicy("shop", "search");
  EXPECT_TRUE(AwaitRouteIs(*envoy, "shop/ratings|8080", bare));
  EXPECT_TRUE(AwaitRouteIs(*envoy, "shop/search|8080", bare_search));
  EXPECT_FALSE(envoy->state().ended);

  // A policy follows the route of a canary, which stays its owner's.
  ApplySample("50-canary-route.yaml");
  const std::string route_version = VersionOf(Kind::kHTTPRoute, "shop", "reviews");
  const std::string service_version = VersionOf(Kind::kService, "shop", "reviews");
  ASSERT_TRUE(AwaitRoute(*envoy, "shop/reviews|8080", ""));
  ApplySample("51-canary-policy.yaml");
  ASSERT_TRUE(AwaitStatus("shop", "reviews", "Programmed"));
  DeletePolicy("shop", "reviews");
  ApplySample("51-canary-policy.yaml");
  ASSERT_TRUE(AwaitStatus("shop", "reviews", "Programmed"));
  EXPECT_EQ(VersionOf(Kind::kHTTPRoute, "shop", "reviews"), route_version);
  EXPECT_EQ(VersionOf(Kind::kService, "shop", "reviews"), service_version);
  DeletePolicy("shop", "reviews");
}

TEST_F(PolicyTest, AFailoverPolicyTellsWhereRequestsGo) {
  MakeNamespace("failover");
  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\n"
      "metadata: {name: ratings, namespace: failover}\n"
      "spec: {targetRefs: [{kind: Service, name: ratings}]}\n");
  Json::Value status;
  const auto reason = [&](Json::ArrayIndex condition, const std::string& wanted) {
    return Eventually([&] {
      const Result<Json::Value> policy = user_->Read(Kind::kFailoverPolicy, "failover", "ratings");
      status = policy ? (*policy)["status"] : Json::Value();
      return status["conditions"].size() == 2 && status["conditions"][condition]["reason"] == wanted;
    });
  };
  ASSERT_TRUE(reason(0, "TargetNotFound")) << WriteJson(status);
  EXPECT_FALSE(status.isMember("sources"));

  MakeService("failover", "ratings");
  const auto envoy = Connect("failover", "w-1");
  ASSERT_TRUE(reason(1, "Programmed")) << WriteJson(status);
  EXPECT_EQ(status["active"], "1");
  ASSERT_GE(status["sources"].size(), 1u);
  const Json::Value& source = status["sources"][0];
  EXPECT_EQ(source["name"], "ratings");
  EXPECT_EQ(source["steps"][source["steps"].size() - 1]["percent"], 100);
  EXPECT_TRUE(source.isMember("since"));
}

TEST_F(PolicyTest, AnOverrideWinsAndTheLoserNamesIt) {
  MakeNamespace("override");
  ApplyYaml(
      "apiVersion: v1\nkind: Service\nmetadata: {name: ratings, namespace: override, labels: {resilience: "
      "standard}}\n"
      "spec: {ports: [{name: http, port: 8080, appProtocol: http}]}\n");
  const auto envoy = Connect("override", "w-1");
  MakePolicy("override", "team", "ratings", "retries: {attempts: 2}");
  ASSERT_TRUE(AwaitStatus("override", "team", "Programmed"));
  const std::string teams = RouteAt(*envoy, "override/ratings|8080");

  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: platform, namespace: "
      "override}\n"
      "spec:\n  targetSelectors: [{group: \"\", kind: Service, matchLabels: {resilience: standard}}]\n"
      "  mode: Override\n  retries: {attempts: 0}\n");
  ASSERT_TRUE(AwaitStatus("override", "platform", "Programmed"));
  ASSERT_TRUE(AwaitRoute(*envoy, "override/ratings|8080", teams));
  const auto loser = AwaitStatus("override", "team", "Overridden");
  ASSERT_TRUE(loser);
  EXPECT_THAT(Message(*loser, "Programmed"), HasSubstr("override/platform"));
  ASSERT_EQ(loser->targets.size(), 1u);
  EXPECT_EQ(loser->targets[0].state, "Overridden");
  EXPECT_THAT(loser->targets[0].message, HasSubstr("spec.retries"));

  DeletePolicy("override", "platform");
  ASSERT_TRUE(AwaitStatus("override", "team", "Programmed"));
  EXPECT_TRUE(AwaitRouteIs(*envoy, "override/ratings|8080", teams));
}

TEST_F(PolicyTest, WhatIsMissingIsSaidUntilItComes) {
  ApplyYaml("{apiVersion: v1, kind: Namespace, metadata: {name: missing}}");
  MakePolicy("missing", "early", "later", "timeouts: {request: 1s}");
  auto status = AwaitStatus("missing", "early", "Reconciling");
  ASSERT_TRUE(status);
  EXPECT_EQ(Reason(*status, "Accepted"), "TargetNotFound");
  EXPECT_THAT(Message(*status, "Accepted"), HasSubstr("Service missing/later: it does not exist"));

  MakeService("missing", "later");
  status = AwaitStatus("missing", "early", "Reconciling",
                       [](const api::PolicyStatus& s) { return Reason(s, "Accepted") == "Accepted"; });
  ASSERT_TRUE(status);
  EXPECT_THAT(Message(*status, "Programmed"),
              HasSubstr("no waypoint serves it: set the label istio.io/use-waypoint"));

  ApplyYaml(
      "{apiVersion: v1, kind: Namespace, metadata: {name: missing, labels: {istio.io/use-waypoint: "
      "waypoint}}}");
  status = AwaitStatus("missing", "early", "Reconciling", [](const api::PolicyStatus& s) {
    return Message(s, "Programmed").find("missing/waypoint") != std::string::npos;
  });
  ASSERT_TRUE(status);

  MakeNamespace("missing");
  status = AwaitStatus("missing", "early", "Reconciling", [](const api::PolicyStatus& s) {
    return Message(s, "Programmed") == "no proxy of waypoint missing/waypoint is running";
  });
  ASSERT_TRUE(status);

  const auto envoy = Connect("missing", "w-1");
  EXPECT_TRUE(AwaitStatus("missing", "early", "Programmed"));
}

TEST_F(PolicyTest, ARejectionIsToldAndTheLastGoodStays) {
  MakeNamespace("nack");
  MakeService("nack", "ratings");
  auto careful = Connect("nack", "w-careful");
  const auto other = Connect("nack", "w-other");
  ASSERT_TRUE(AwaitRoute(*careful, "nack/ratings|8080", ""));
  const std::string good = RouteAt(*careful, "nack/ratings|8080");
  const FakeEnvoy::Versions held = careful->versions();
  careful.reset();
  careful = Connect("nack", "w-careful", {.reject_routes = {"nack/ratings|8080"}, .held = held});

  MakePolicy("nack", "ratings", "ratings", "timeouts: {request: 1s}");
  ASSERT_TRUE(AwaitRoute(*other, "nack/ratings|8080", good));
  const auto status = AwaitStatus("nack", "ratings", "Reconciling", [](const api::PolicyStatus& s) {
    return !s.proxies.rejected.empty() && s.proxies.programmed == 1;
  });
  ASSERT_TRUE(status);
  EXPECT_EQ(status->waypoints, "1/2");
  EXPECT_THAT(Message(*status, "Programmed"), HasSubstr("rejected by the test"));
  EXPECT_THAT(status->proxies.rejected.front(), HasSubstr("nack/waypoint (w-careful)"));
  EXPECT_EQ(Reason(*status, "Accepted"), "Accepted");

  // What it had stays in force: the stream goes on, the old route is not taken away, others are still
  // changed.
  MakeService("nack", "search");
  ASSERT_TRUE(AwaitRoute(*careful, "nack/search|8080", ""));
  FakeEnvoy::State state = careful->state();
  EXPECT_FALSE(state.ended);
  EXPECT_EQ(state.removals, 0u);

  // The policy goes, the resource is again the one it had: nothing is left to be rejected.
  DeletePolicy("nack", "ratings");
  EXPECT_TRUE(AwaitRouteIs(*other, "nack/ratings|8080", good));
}

TEST_F(PolicyTest, APodOfTheWaypointThatIsNotConnectedIsNamed) {
  MakeNamespace("pods");
  MakeService("pods", "ratings");
  for (const char* pod : {"waypoint-a", "waypoint-b"}) {
    ApplyYaml("apiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(pod) +
              ", namespace: pods, labels: {gateway.networking.k8s.io/gateway-name: waypoint}}\n"
              "spec: {containers: [{name: envoy, image: envoy}]}\n");
    const HttpReply running =
        cluster().Call("PATCH", "/api/v1/namespaces/pods/pods/" + std::string(pod) + "/status",
                       R"({"status":{"phase":"Running"}})", "application/merge-patch+json");
    ASSERT_TRUE(running.ok()) << running.body;
  }
  const auto a = Connect("pods", "waypoint-a");
  const auto stranger = Connect("pods", "no-pod-of-ours");
  MakePolicy("pods", "ratings", "ratings", "timeouts: {request: 1s}");
  const auto status = AwaitStatus("pods", "ratings", "Reconciling",
                                  [](const api::PolicyStatus& s) { return s.waypoints == "1/2"; });
  ASSERT_TRUE(status);
  EXPECT_THAT(status->proxies.disconnected, ::testing::ElementsAre("pods/waypoint (waypoint-b)"));
  EXPECT_TRUE(status->proxies.lagging.empty());

  const auto b = Connect("pods", "waypoint-b");
  const auto whole = AwaitStatus("pods", "ratings", "Programmed");
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->waypoints, "2/2");
}

}  // namespace
}  // namespace fairlead::testing
