// Waypoints that workspaces ask for, in Istio mode, on an embedded API server with the operator as a process.
// The test plays istiod: it says when a Gateway is Programmed.
#include <atomic>
#include <functional>
#include <set>

#include "crds/base/yaml.h"
#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/http_client.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;

constexpr char kGroup[] = "fairlead.dev/v1alpha1";
constexpr char kGateways[] = "gateway.networking.k8s.io/v1";
constexpr char kOwn[] = "fairlead-waypoint";
constexpr char kLabel[] = "istio.io/use-waypoint";

class WaypointsTest : public EmbeddedTest {
 protected:
  void SetUp() override {
    ASSERT_NO_FATAL_FAILURE(StartServer());
    const Result<std::vector<YamlDocument>> documents = ParseYaml(ReadFile(CrdFile("istio.yaml")));
    ASSERT_TRUE(documents) << documents.error().message;
    for (const YamlDocument& document : *documents) Store(document.json);
    Namespace("shop");
  }
  void Run() { StartOperator({"--mesh-mode=istio"}); }
  void Kill() { operator_.process().Kill(); }

  void Namespace(const std::string& name, const std::string& labels = "{}") {
    ApplyYaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: " + labels + "}\n");
  }
  void Workspace(const std::string& more = "waypoints: Auto, isolation: \"Off\"") {
    ApplyYaml(
        "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: shop}\n"
        "spec: {namespaces: [{names: [shop]}], " +
        more + "}\n");
  }
  void Quick(const std::string& service = "ratings") {
    MakePolicy("shop", "quick", service, "timeouts: {request: 1s}");
  }

  apiserver::Value Get(const std::string& version, const std::string& kind, const std::string& ns,
                       const std::string& name) {
    const auto object = server_->Read(version, kind, ns, name);
    return object ? *object : apiserver::Value();
  }
  apiserver::Value Gateway(const std::string& name = kOwn) { return Get(kGateways, "Gateway", "shop", name); }
  bool AwaitGateway() {
    return Eventually([&] { return !Gateway().isNull(); });
  }
  bool AwaitNoGateway() {
    return Eventually([&] { return Gateway().isNull(); });
  }
  // "" where it has none.
  std::string Label(const std::string& service = "ratings", const std::string& label = kLabel) {
    return Get("v1", "Service", "shop", service)["metadata"]["labels"][label].asString();
  }
  bool AwaitLabel(const std::string& value, const std::string& service = "ratings") {
    return Eventually([&] { return Label(service) == value; });
  }
  HttpAnswer Ask(const std::string& method, const std::string& path, const std::string& body = "") {
    HttpClient client("127.0.0.1", server_->port());
    return client.Call({.method = method,
                        .path = path,
                        .headers = {{"Content-Type", "application/merge-patch+json"}},
                        .body = body});
  }
  void Call(const std::string& method, const std::string& path, const std::string& body = "") {
    const HttpAnswer answer = Ask(method, path, body);
    ASSERT_TRUE(answer.status >= 200 && answer.status < 300) << answer.status << answer.body;
  }
  // As istiod does.
  void Programmed(bool value, const std::string& name = kOwn, const std::string& ns = "shop") {
    const std::string generation =
        std::to_string(Get(kGateways, "Gateway", ns, name)["metadata"]["generation"].asInt64());
    Call("PATCH", "/apis/gateway.networking.k8s.io/v1/namespaces/" + ns + "/gateways/" + name + "/status",
         R"({"status":{"conditions":[{"type":"Programmed","status":")" +
             std::string(value ? "True" : "False") +
             R"(","reason":"Said","message":"by the test","lastTransitionTime":"2026-11-22T05:00:00Z",)" +
             R"("observedGeneration":)" + generation + "}]}}");
  }
  void SetLabel(const std::string& value, const std::string& service = "ratings") {
    Call("PATCH", "/api/v1/namespaces/shop/services/" + service,
         R"({"metadata":{"labels":{"istio.io/use-waypoint":)" + value + "}}}");
  }
  apiserver::Value Condition() {
    const apiserver::Value object = Get(kGroup, "Workspace", "", "shop");
    for (const apiserver::Value& condition : object["status"]["conditions"]) {
      if (condition["type"] == "Waypoints") return condition;
    }
    return {};
  }
  bool AwaitWorkspace(const std::string& reason, const std::string& text) {
    return Eventually([&] {
      const apiserver::Value condition = Condition();
      return condition["reason"] == reason && condition["message"].asString().find(text) != std::string::npos;
    });
  }
  bool AwaitPolicy(const std::string& text) {
    return Eventually([&] {
      const apiserver::Value policy = Get(kGroup, "RetryTimeoutPolicy", "shop", "quick");
      for (const apiserver::Value& condition : policy["status"]["conditions"]) {
        if (condition["message"].asString().find(text) != std::string::npos) return true;
      }
      return false;
    });
  }
  // A policy that needs a waypoint is in force at a service, and the Gateway for it is there.
  void Begin() {
    MakeService("shop", "ratings");
    Workspace();
    Quick();
    Run();
    ASSERT_TRUE(AwaitGateway());
  }
  // And the service passes it.
  void BeginMoved() {
    ASSERT_NO_FATAL_FAILURE(Begin());
    Programmed(true);
    ASSERT_TRUE(AwaitLabel(kOwn));
  }
  // "patch services/ratings", of the operator, in the order in which they were stored; of these resources.
  std::vector<std::string> Deeds(const std::set<std::string>& resources) {
    std::vector<std::string> out;
    for (const apiserver::AuditRecord& r : server_->audit().Writes()) {
      // Who deletes is not told; users delete nothing of these here.
      if (r.verb != "delete" && !r.field_manager.starts_with("fairlead/")) continue;
      if (r.changed && r.subresource.empty() && resources.contains(r.resource))
        out.push_back(r.verb + " " + r.resource + "/" + r.name);
    }
    return out;
  }
};

TEST_F(WaypointsTest, ComesWithThePolicyAndGoesWithIt) {
  MakeService("shop", "ratings");
  MakeService("shop", "search");
  Workspace();
  Quick();
  Run();
  ASSERT_TRUE(AwaitGateway());
  const apiserver::Value gateway = Gateway();
  EXPECT_EQ(gateway["spec"]["gatewayClassName"], "istio-waypoint");
  EXPECT_EQ(gateway["metadata"]["labels"]["istio.io/waypoint-for"], "service");
  EXPECT_EQ(gateway["metadata"]["labels"]["fairlead.dev/workspace"], "shop");
  EXPECT_TRUE(gateway["metadata"]["ownerReferences"].isNull());
  EXPECT_TRUE(
      AwaitPolicy("a waypoint is being made for it: Gateway shop/fairlead-waypoint is not Programmed"));
  Programmed(false);
  EXPECT_TRUE(AwaitPolicy("is not Programmed since 2026-11-22T05:00:00Z (Said: by the test)"));
  EXPECT_TRUE(
      AwaitWorkspace("Reconciling", "waiting for Gateway shop/fairlead-waypoint: 1 service (ratings)"));
  EXPECT_EQ(Label(), "");

  Programmed(true);
  ASSERT_TRUE(AwaitLabel(kOwn));
  EXPECT_TRUE(AwaitWorkspace("Ready", "Gateway shop/fairlead-waypoint serves: 1 service (ratings)"));
  EXPECT_TRUE(AwaitPolicy("written for 1 target to objects that istiod reads"));
  EXPECT_EQ(Label("search"), "");
  const apiserver::Value managers = Get("v1", "Service", "shop", "ratings")["metadata"]["managedFields"];
  int ours = 0;
  for (const apiserver::Value& entry : managers) {
    if (entry["manager"] != "fairlead/waypoints") continue;
    ++ours;
    EXPECT_EQ(entry["operation"], "Apply");
    EXPECT_EQ(entry["fieldsV1"]["f:metadata"]["f:labels"].size(), 1u);
    EXPECT_EQ(entry["fieldsV1"].size(), 1u);
  }
  EXPECT_EQ(ours, 1);

  DeletePolicy("shop", "quick");
  ASSERT_TRUE(AwaitLabel(""));
  ASSERT_TRUE(AwaitNoGateway());
  EXPECT_THAT(Deeds({"gateways", "services"}),
              ::testing::ElementsAre("patch gateways/fairlead-waypoint", "patch services/ratings",
                                     "patch services/ratings", "delete gateways/fairlead-waypoint"));
  EXPECT_TRUE(AwaitWorkspace("Ready", "no service needs a waypoint of the workspace"));
}

TEST_F(WaypointsTest, WhatAUserSaysStands) {
  MakeService("shop", "ratings");
  SetLabel("\"none\"");
  Workspace();
  Quick();
  Run();
  ASSERT_TRUE(
      AwaitWorkspace("Ready", "opted out: 1 service (ratings), its label istio.io/use-waypoint is none"));
  EXPECT_TRUE(Gateway().isNull());
  SetLabel("null");
  ASSERT_TRUE(AwaitGateway());
  Programmed(true);
  ASSERT_TRUE(AwaitLabel(kOwn));

  // Taken away, it comes back; another one stands, and the Gateway goes.
  SetLabel("null");
  ASSERT_TRUE(AwaitLabel(kOwn));
  SetLabel("\"mine\"");
  ASSERT_TRUE(AwaitNoGateway());
  EXPECT_EQ(Label(), "mine");

  // Whoever names it keeps it.
  SetLabel("null");
  ASSERT_TRUE(AwaitGateway());
  Programmed(true);
  ASSERT_TRUE(AwaitLabel(kOwn));
  MakeService("shop", "search");
  SetLabel("\"fairlead-waypoint\"", "search");
  DeletePolicy("shop", "quick");
  ASSERT_TRUE(AwaitLabel(""));
  ASSERT_TRUE(Eventually([&] { return Condition()["reason"] == "Ready"; }));
  EXPECT_FALSE(Gateway().isNull());
  SetLabel("null", "search");
  ASSERT_TRUE(AwaitNoGateway());
}

// Both changes come to the operator as one, after which all is as it was before its write.
TEST_F(WaypointsTest, ALabelThatIsGoneBeforeAWatchTellsOfItComesBack) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  std::atomic<bool> taken{false};
  std::function<void()> then = [&] {
    if (Label() != kOwn) return server_->faults().AfterWrite(1, then, "fairlead-operator");
    const auto bare = apiserver::ParseJson(
        R"({"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop","name":"ratings"}})");
    taken = server_->Apply(*bare, "fairlead/waypoints").has_value();
  };
  server_->faults().AfterWrite(1, then, "fairlead-operator");
  Programmed(true);
  ASSERT_TRUE(Eventually([&] { return taken.load(); }));
  EXPECT_TRUE(AwaitLabel(kOwn));
}

// Its label comes to be somebody else's while the watch does not tell.
TEST_F(WaypointsTest, AConflictIsToldAndNotForced) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  server_->faults().Add({.verb = "patch",
                         .resource = "services",
                         .times = -1,
                         .code = 409,
                         .message = "Apply failed with 1 conflict: conflict with \"team\""});
  Programmed(true);
  ASSERT_TRUE(AwaitWorkspace("Refused", "conflict with \"team\""));
  EXPECT_TRUE(AwaitPolicy("not done: apply the label istio.io/use-waypoint: fairlead-waypoint"));
  EXPECT_EQ(Label(), "");
  EXPECT_GE(operator_.Metric("fairlead_waypoint_writes_total"), 1);
}

TEST_F(WaypointsTest, EachStepIsTakenByWhoeverRunsNext) {
  ASSERT_NO_FATAL_FAILURE(Begin());
  Kill();
  Programmed(true);
  Run();
  ASSERT_TRUE(AwaitLabel(kOwn));
  Kill();
  Call("DELETE", "/apis/fairlead.dev/v1alpha1/workspaces/shop");
  // Killed once the label is gone, and before the Gateway is.
  std::atomic<bool> killed = false;
  server_->faults().OnWrite(
      [&](apiserver::WritePoint point, const apiserver::RequestInfo& info, const apiserver::Request&) {
        if (point != apiserver::WritePoint::kStored || info.plural != "services" || killed)
          return apiserver::WriteFate::kGoOn;
        Kill();
        killed = true;
        return apiserver::WriteFate::kCut;
      });
  ASSERT_TRUE(operator_.Start({.kubeconfig = dir_ / "kubeconfig", .flags = {"--mesh-mode=istio"}}));
  ASSERT_TRUE(Eventually([&] { return killed.load(); }));
  server_->faults().OnWrite({});
  EXPECT_EQ(Label(), "");
  EXPECT_FALSE(Gateway().isNull());
  Run();
  ASSERT_TRUE(AwaitNoGateway());
}

TEST_F(WaypointsTest, AGatewayThatSomebodyDeletesIsMadeAnew) {
  ASSERT_NO_FATAL_FAILURE(BeginMoved());
  const std::string uid = Gateway()["metadata"]["uid"].asString();
  Call("DELETE", "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/fairlead-waypoint");
  ASSERT_TRUE(AwaitLabel(""));
  ASSERT_TRUE(Eventually([&] {
    const apiserver::Value now = Gateway();
    return !now.isNull() && now["metadata"]["uid"] != uid;
  }));
  Programmed(true);
  ASSERT_TRUE(AwaitLabel(kOwn));
  // What somebody changes in it is put right.
  Call("PATCH", "/apis/gateway.networking.k8s.io/v1/namespaces/shop/gateways/fairlead-waypoint",
       R"({"metadata":{"labels":{"istio.io/waypoint-for":"workload"}}})");
  EXPECT_TRUE(
      Eventually([&] { return Gateway()["metadata"]["labels"]["istio.io/waypoint-for"] == "service"; }));
  EXPECT_EQ(Label(), kOwn);
}

TEST_F(WaypointsTest, ARuleOfAUserThatNeedsTheWaypointHoldsTheLabel) {
  ASSERT_NO_FATAL_FAILURE(BeginMoved());
  Store(
      R"({"apiVersion":"security.istio.io/v1","kind":"AuthorizationPolicy","metadata":{"name":"no-admin",)"
      R"("namespace":"shop"},"spec":{"targetRefs":[{"group":"","kind":"Service","name":"ratings"}],"action":)"
      R"("DENY","rules":[{"to":[{"operation":{"paths":["/admin"]}}]}]}})");
  DeletePolicy("shop", "quick");
  ASSERT_TRUE(AwaitWorkspace("Refused", "AuthorizationPolicy shop/no-admin is for it"));
  EXPECT_EQ(Label(), kOwn);
}

TEST_F(WaypointsTest, RulesOfIsolationComeBeforeTheLabelAndGoAfterIt) {
  MakeService("shop", "ratings");
  Workspace("waypoints: Auto");
  Quick();
  Run();
  ASSERT_TRUE(AwaitGateway());
  const auto rule = [&](const std::string& suffix) {
    return !Get("security.istio.io/v1", "AuthorizationPolicy", "shop", "fairlead-isolation" + suffix)
                .isNull();
  };
  ASSERT_TRUE(Eventually([&] { return rule(".gateway.fairlead-waypoint"); }));
  Programmed(true);
  ASSERT_TRUE(AwaitLabel(kOwn));
  EXPECT_TRUE(rule(".service.ratings"));
  DeletePolicy("shop", "quick");
  ASSERT_TRUE(AwaitNoGateway());
  ASSERT_TRUE(Eventually([&] { return !rule(".service.ratings") && !rule(".gateway.fairlead-waypoint"); }));
  const std::vector<std::string> deeds = Deeds({"gateways", "services", "authorizationpolicies"});
  const auto at = [&](const std::string& deed, bool last = false) {
    const auto first = std::find(deeds.begin(), deeds.end(), deed);
    const auto end = std::find(deeds.rbegin(), deeds.rend(), deed);
    return last ? deeds.rend() - end - 1 : first - deeds.begin();
  };
  EXPECT_LT(at("patch authorizationpolicies/fairlead-isolation.gateway.fairlead-waypoint"),
            at("patch services/ratings"));
  EXPECT_LT(at("patch authorizationpolicies/fairlead-isolation.service.ratings"),
            at("patch services/ratings"));
  EXPECT_GT(at("delete authorizationpolicies/fairlead-isolation.service.ratings"),
            at("patch services/ratings", true));
}

TEST_F(WaypointsTest, ADefaultServesAllServicesOfTheWorkspace) {
  MakeService("shop", "ratings");
  MakeService("shop", "search");
  Workspace("isolation: \"Off\"");
  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: WorkspaceSettings\nmetadata: {name: s, namespace: shop}\n"
      "spec: {defaults: {waypoint: infra/shared}}\n");
  Run();
  ASSERT_TRUE(AwaitWorkspace("Refused", "Gateway infra/shared, which spec.defaults.waypoint"));
  Namespace("infra");
  ApplyYaml(
      "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: shared, namespace: infra}\n"
      "spec: {gatewayClassName: istio-waypoint, listeners: [{name: mesh, port: 15008, protocol: HBONE, "
      "allowedRoutes: {namespaces: {from: All}}}]}\n");
  ASSERT_TRUE(
      AwaitWorkspace("Reconciling", "waiting for Gateway infra/shared: 2 services (ratings, search)"));
  Programmed(true, "shared", "infra");
  ASSERT_TRUE(AwaitLabel("shared"));
  ASSERT_TRUE(AwaitLabel("shared", "search"));
  EXPECT_EQ(Label("ratings", "istio.io/use-waypoint-namespace"), "infra");
  EXPECT_TRUE(Gateway().isNull());
  Call("DELETE", "/apis/fairlead.dev/v1alpha1/namespaces/shop/workspacesettings/s");
  ASSERT_TRUE(AwaitLabel(""));
  EXPECT_TRUE(Eventually([&] { return Label("ratings", "istio.io/use-waypoint-namespace").empty(); }));
  ASSERT_TRUE(AwaitLabel("", "search"));
}

}  // namespace
}  // namespace fairlead::testing
