// Istio mode on a real API server with Istio's own definitions: what istiod is given to read, and what the
// status says of it. No istiod runs here.
#include "tests/integration/operator/istio_mode_base.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

TEST_F(IstioModeTest, ObjectsForIstiodFollowThePolicy) {
  MakeIstioNamespace("bay");
  MakeService("bay", "ratings");
  MakePolicy("bay", "quick", "ratings", "timeouts: {request: 1500ms}");
  const std::string routes = std::string(kApi) + "bay/virtualservices/fairlead-ratings";
  const std::string rules = std::string(kApi) + "bay/destinationrules/fairlead-ratings";

  // Istio's definitions come while the operator runs.
  auto status = AwaitStatus("bay", "quick", "Reconciling", [](const api::PolicyStatus& s) {
    return Message(s, "Programmed").find("does not serve virtualservices") != std::string::npos;
  });
  ASSERT_TRUE(status);
  InstallIstio();
  ASSERT_TRUE(Eventually([&] { return RouteTimeout(routes) == "1.500s"; }));
  const auto written = [](const api::PolicyStatus& s) {
    return Message(s, "Programmed").find("written for 1 target to objects that istiod reads") == 0;
  };
  ASSERT_TRUE(AwaitStatus("bay", "quick", "Reconciling", written));
  const Json::Value first = Get(routes);
  EXPECT_EQ(first["metadata"]["ownerReferences"][0]["name"], "ratings");
  EXPECT_EQ(first["metadata"]["annotations"]["fairlead.dev/policies"], "bay/quick");
  EXPECT_EQ(first["metadata"]["managedFields"][0]["manager"], "fairlead/istio");

  // What the policy says is followed, field by field.
  MakePolicy("bay", "quick", "ratings",
             "timeouts: {request: 2s}, retries: {attempts: 2, budget: {percent: 30}}");
  ASSERT_TRUE(Eventually([&] { return RouteTimeout(routes) == "2s"; }));
  ASSERT_TRUE(Eventually([&] { return !Get(rules).isNull(); }));
  EXPECT_EQ(Get(rules)["spec"]["trafficPolicy"]["retryBudget"]["percent"].asDouble(), 30);
  MakePolicy("bay", "quick", "ratings", "timeouts: {request: 2s}");
  ASSERT_TRUE(Eventually([&] { return Get(rules).isNull(); }));

  // What somebody does to our object is undone.
  cluster().Call("PATCH", routes, R"({"spec":{"http":[{"name":"mine","timeout":"9s"}]}})",
                 "application/merge-patch+json");
  ASSERT_TRUE(Eventually([&] { return RouteTimeout(routes) == "2s"; }));
  cluster().Call("DELETE", routes);
  ASSERT_TRUE(Eventually([&] { return RouteTimeout(routes) == "2s"; }));

  // A restart finds all as it should be, and writes nothing.
  ASSERT_TRUE(AwaitStatus("bay", "quick", "Reconciling", written));
  const std::string version = Get(routes)["metadata"]["resourceVersion"].asString();
  const std::string policy_version = VersionOf(Kind::kRetryTimeoutPolicy, "bay", "quick");
  StartOperator();
  MakePolicy("bay", "other", "ratings", "timeouts: {request: 2s}");  // the queue has passed over the first
  ASSERT_TRUE(AwaitStatus("bay", "other", "Overridden"));
  EXPECT_EQ(Get(routes)["metadata"]["resourceVersion"].asString(), version);
  EXPECT_EQ(VersionOf(Kind::kRetryTimeoutPolicy, "bay", "quick"), policy_version);

  DeletePolicy("bay", "quick");
  DeletePolicy("bay", "other");
  ASSERT_TRUE(Eventually([&] { return Get(routes).isNull(); }));
}

TEST_F(IstioModeTest, WhatOthersWroteStandsAndIsNamed) {
  InstallIstio();
  MakeIstioNamespace("cove");
  MakeService("cove", "ratings");
  const std::string all = std::string(kApi) + "cove/virtualservices";
  const auto post = [&](const std::string& name, const std::string& host) {
    const HttpReply reply = cluster().Call(
        "POST", all,
        R"({"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":")" + name +
            R"("},"spec":{"hosts":[")" + host +
            R"("],"http":[{"timeout":"7s","route":[{"destination":{"host":"ratings"}}]}]}})");
    EXPECT_EQ(reply.status, 201) << reply.body;
  };
  post("mine", "ratings");
  MakePolicy("cove", "quick", "ratings", "timeouts: {request: 1s}");
  const auto says = [](const std::string& text) {
    return [text](const api::PolicyStatus& s) {
      return Message(s, "Programmed").find(text) != std::string::npos;
    };
  };
  ASSERT_TRUE(AwaitStatus("cove", "quick", "Reconciling", says("VirtualService cove/mine is for the host")));
  EXPECT_TRUE(Get(all + "/fairlead-ratings").isNull());

  // The name that we would use is taken, by an object for another host.
  post("fairlead-ratings", "elsewhere.example");
  cluster().Call("DELETE", all + "/mine");
  ASSERT_TRUE(
      AwaitStatus("cove", "quick", "Reconciling", says("cove/fairlead-ratings exists and is not managed")));
  EXPECT_EQ(RouteTimeout(all + "/fairlead-ratings"), "7s");

  // With a route, istiod reads nothing of ours; and the route stays as it is.
  MakeService("cove", "search");
  MakePolicy("cove", "routed", "search", "timeouts: {request: 1s}");
  ASSERT_TRUE(AwaitStatus("cove", "routed", "Reconciling", says("written for 1 target")));
  ApplyYaml(
      "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {name: search, namespace: cove}\n"
      "spec: {parentRefs: [{group: \"\", kind: Service, name: search}], "
      "rules: [{backendRefs: [{name: search, port: 8080}]}]}\n");
  ASSERT_TRUE(
      AwaitStatus("cove", "routed", "Reconciling", says("no policy of ours for a service with routes")));
  ASSERT_TRUE(Eventually([&] { return Get(all + "/fairlead-search").isNull(); }));
}

TEST_F(IstioModeTest, ObjectsSayWhichClusterTheyAreOfAndThoseOfAnotherAreLeftAlone) {
  InstallIstio();
  MakeIstioNamespace("delta");
  MakeService("delta", "ratings");
  MakeService("delta", "search");
  const std::string all = std::string(kApi) + "delta/virtualservices";
  const HttpReply copied = cluster().Call(
      "POST", all,
      R"({"apiVersion":"networking.istio.io/v1","kind":"VirtualService","metadata":{"name":"fairlead-ratings",)"
      R"("labels":{"app.kubernetes.io/managed-by":"fairlead"},"annotations":{"fairlead.dev/cluster":"east"}},)"
      R"("spec":{"hosts":["ratings"],"http":[{"timeout":"7s","route":[{"destination":{"host":"ratings"}}]}]}})");
  ASSERT_EQ(copied.status, 201) << copied.body;
  StartOperator("home");
  MakePolicy("delta", "quick", "ratings", "timeouts: {request: 1s}");
  MakePolicy("delta", "other", "search", "timeouts: {request: 1s}");
  ASSERT_TRUE(AwaitStatus("delta", "quick", "Reconciling", [](const api::PolicyStatus& s) {
    return Message(s, "Programmed")
               .find("VirtualService delta/fairlead-ratings of Fairlead in cluster east is for the host") !=
           std::string::npos;
  }));
  const std::string other = all + "/fairlead-search";
  const auto cluster_of = [&] {
    return Get(other)["metadata"]["annotations"]["fairlead.dev/cluster"].asString();
  };
  ASSERT_TRUE(Eventually([&] { return cluster_of() == "home"; }));
  EXPECT_EQ(RouteTimeout(all + "/fairlead-ratings"), "7s");

  // A cluster that is called otherwise keeps what it wrote.
  StartOperator("haven");
  ASSERT_TRUE(Eventually([&] { return cluster_of() == "haven"; }));
  DeletePolicy("delta", "other");
  ASSERT_TRUE(Eventually([&] { return Get(other).isNull(); }));

  cluster().Call("DELETE", all + "/fairlead-ratings");
  ASSERT_TRUE(Eventually([&] { return RouteTimeout(all + "/fairlead-ratings") == "1s"; }));
}

TEST_F(IstioModeTest, FailoverIsADestinationRule) {
  InstallIstio();
  MakeIstioNamespace("gulf");
  MakeService("gulf", "ratings");
  const std::string rules = std::string(kApi) + "gulf/destinationrules";
  const auto apply = [&](const std::string& spec) {
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: FailoverPolicy\nmetadata: {name: near, namespace: gulf}\n"
        "spec: {targetRefs: [{group: \"\", kind: Service, name: ratings}], " +
        spec + "}\n");
  };
  const auto message = [&](const std::string& type) {
    const Json::Value policy = Get("/apis/fairlead.dev/v1alpha1/namespaces/gulf/failoverpolicies/near");
    for (const Json::Value& condition : policy["status"]["conditions"]) {
      const bool newest = condition["observedGeneration"] == policy["metadata"]["generation"];
      if (newest && condition["type"] == type) return condition["message"].asString();
    }
    return std::string();
  };
  const auto says = [&](const std::string& type, const std::string& text) {
    return Eventually([&] { return message(type).find(text) != std::string::npos; });
  };
  const auto written = [&] { return Get(rules + "/fairlead-ratings")["spec"]["trafficPolicy"]; };

  apply("priorityLabels: [topology.kubernetes.io/region]");
  ASSERT_TRUE(says("Programmed", "written for 1 target to objects that istiod reads"))
      << message("Programmed");
  EXPECT_EQ(written()["loadBalancer"]["localityLbSetting"]["failoverPriority"][0],
            "topology.kubernetes.io/region");
  EXPECT_EQ(written()["outlierDetection"]["consecutive5xxErrors"], 5);

  // What it cannot say is told, with what holds instead.
  apply(
      "localities: [{from: {region: e}, steps: [{to: [{region: e, weight: 50}, {region: w, weight: 50}]}, "
      "{to: [{region: s}]}]}], outlierDetection: {consecutiveErrors: 2}");
  ASSERT_TRUE(says("Accepted", "weights or an order of steps, not both; instead the same zone comes first"))
      << message("Accepted");
  ASSERT_TRUE(Eventually([&] { return written()["outlierDetection"]["consecutive5xxErrors"] == 2; }));

  // A rule of somebody else for the host stands, and is named.
  const HttpReply reply = cluster().Call(
      "POST", rules,
      R"({"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"mine"},"spec":{"host":"ratings"}})");
  ASSERT_EQ(reply.status, 201) << reply.body;
  ASSERT_TRUE(says("Programmed", "DestinationRule gulf/mine is for the host")) << message("Programmed");
  ASSERT_TRUE(Eventually([&] { return Get(rules + "/fairlead-ratings").isNull(); }));
  cluster().Call("DELETE", rules + "/mine");
  ASSERT_TRUE(says("Programmed", "written for 1 target")) << message("Programmed");

  cluster().Call("DELETE", "/apis/fairlead.dev/v1alpha1/namespaces/gulf/failoverpolicies/near");
  ASSERT_TRUE(Eventually([&] { return Get(rules + "/fairlead-ratings").isNull(); }));
}

}  // namespace
}  // namespace fairlead::testing
