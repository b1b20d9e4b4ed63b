// What workspaces lower to, on an embedded API server with the operator as a process: objects come, follow,
// are put right, and go; what others own stands; statuses say so.
#include <algorithm>
#include <set>

#include "crds/base/yaml.h"
#include "tests/integration/operator/embedded_test_base.h"
#include "tests/support/http_client.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;
using Names = std::set<std::string>;

constexpr char kGroup[] = "fairlead.dev/v1alpha1";
constexpr char kRbac[] = "rbac.authorization.k8s.io/v1";
constexpr char kAdmission[] = "admissionregistration.k8s.io/v1";

std::string RolePath(const std::string& ns, const std::string& plural, const std::string& name) {
  return "/apis/rbac.authorization.k8s.io/v1/namespaces/" + ns + "/" + plural + "/" + name;
}

class TenancyTest : public EmbeddedTest {
 protected:
  void SetUp() override { ASSERT_NO_FATAL_FAILURE(StartServer()); }

  void MakeTeamNamespace(const std::string& name, const std::string& team) {
    ApplyYaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + name + ", labels: {team: " + team +
              "}}\n");
  }
  // `roles`: their names.
  void MakeWorkspace(const std::string& name, const Names& roles) {
    std::string yaml = "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: " + name +
                       "}\nspec:\n  namespaces: [{selector: {matchLabels: {team: " + name +
                       "}}}]\n  isolation: \"Off\"\n";
    if (!roles.empty()) yaml += "  roles:\n";
    for (const std::string& role : roles) {
      yaml += "  - {name: " + role + ", subjects: [{kind: Group, name: " + role +
              "}], allow: [{kinds: [RetryTimeoutPolicy], fields: [spec.timeouts]}]}\n";
    }
    ApplyYaml(yaml);
  }
  apiserver::Value Get(const std::string& version, const std::string& kind, const std::string& ns,
                       const std::string& name) {
    const auto object = server_->Read(version, kind, ns, name);
    return object ? *object : apiserver::Value();
  }
  bool AwaitRole(const std::string& ns, const std::string& name) {
    return Eventually([&] { return !Get(kRbac, "RoleBinding", ns, name).isNull(); });
  }
  bool AwaitGone(const std::string& ns, const std::string& name) {
    return Eventually([&] {
      return Get(kRbac, "RoleBinding", ns, name).isNull() && Get(kRbac, "Role", ns, name).isNull();
    });
  }
  apiserver::Value Condition(const std::string& workspace, const std::string& type) {
    const apiserver::Value object = Get(kGroup, "Workspace", "", workspace);
    for (const apiserver::Value& condition : object["status"]["conditions"]) {
      if (condition["type"] == type) return condition;
    }
    return {};
  }
  bool AwaitReason(const std::string& workspace, const std::string& type, const std::string& reason) {
    return Eventually([&] { return Condition(workspace, type)["reason"] == reason; });
  }
  Names NamespacesOf(const std::string& workspace) {
    Names out;
    const apiserver::Value object = Get(kGroup, "Workspace", "", workspace);
    for (const apiserver::Value& ns : object["status"]["namespaces"]) out.insert(ns.asString());
    return out;
  }
  void Call(const std::string& method, const std::string& path, const std::string& body = "") {
    HttpClient client("127.0.0.1", server_->port());
    const HttpAnswer answer = client.Call({.method = method,
                                           .path = path,
                                           .headers = {{"Content-Type", "application/merge-patch+json"}},
                                           .body = body});
    ASSERT_TRUE(answer.status >= 200 && answer.status < 300) << answer.status << answer.body;
  }
};

TEST_F(TenancyTest, ObjectsFollowTheWorkspaceAndItsNamespaces) {
  MakeTeamNamespace("web", "shop");
  MakeWorkspace("shop", {"devs"});
  StartOperator();
  ASSERT_TRUE(AwaitReason("shop", "Written", "Written"));
  EXPECT_EQ(Condition("shop", "Accepted")["message"].asString(), "1 namespace");
  EXPECT_EQ(NamespacesOf("shop"), Names{"Kubernetes/web"});
  const apiserver::Value binding = Get(kRbac, "RoleBinding", "web", "fairlead-role-devs");
  EXPECT_EQ(binding["metadata"]["managedFields"][0]["manager"], "fairlead/tenancy");
  EXPECT_EQ(binding["metadata"]["labels"]["fairlead.dev/workspace"], "shop");
  EXPECT_FALSE(
      Get(kAdmission, "ValidatingAdmissionPolicyBinding", "", "shop.retrytimeoutpolicies.rights.fairlead.dev")
          .isNull());

  // Another namespace, another role.
  MakeTeamNamespace("store", "shop");
  EXPECT_TRUE(AwaitRole("store", "fairlead-role-devs"));
  MakeWorkspace("shop", {"leads"});
  EXPECT_TRUE(AwaitGone("web", "fairlead-role-devs"));
  EXPECT_TRUE(AwaitRole("store", "fairlead-role-leads"));

  // A namespace that leaves.
  MakeTeamNamespace("store", "other");
  EXPECT_TRUE(AwaitGone("store", "fairlead-role-leads"));
  EXPECT_TRUE(Eventually([&] { return NamespacesOf("shop") == Names{"Kubernetes/web"}; }));

  // The workspace goes: nothing is left, not even what all workspaces share.
  Call("DELETE", "/apis/fairlead.dev/v1alpha1/workspaces/shop");
  EXPECT_TRUE(AwaitGone("web", "fairlead-role-leads"));
  EXPECT_TRUE(Eventually([&] {
    return Get(kAdmission, "ValidatingAdmissionPolicy", "", "retrytimeoutpolicies.rights.fairlead.dev")
        .isNull();
  }));
}

// What may be written at once waits for nobody, and what comes after it for all of it.
TEST_F(TenancyTest, AWriteThatHangsHoldsUpTheNextPhaseAlone) {
  std::vector<std::string> namespaces;
  for (int i = 0; i < 4; ++i) {
    namespaces.push_back("web-" + std::to_string(i));
    MakeTeamNamespace(namespaces.back(), "shop");
  }
  MakeWorkspace("shop", {"devs"});
  server_->faults().Add({.verb = "patch",
                         .resource = "roles",
                         .ns = "web-1",
                         .name = "fairlead-role-devs",
                         .kind = apiserver::FaultKind::kStall});
  StartOperator();
  const auto have = [&](const std::string& kind) {
    return std::count_if(namespaces.begin(), namespaces.end(), [&](const std::string& ns) {
      return !Get(kRbac, kind, ns, "fairlead-role-devs").isNull();
    });
  };
  EXPECT_TRUE(Eventually([&] { return have("Role") == 3; }));
  EXPECT_EQ(have("RoleBinding"), 0);
  server_->DropConnections();
  EXPECT_TRUE(Eventually([&] { return have("RoleBinding") == 4; }));
  EXPECT_TRUE(AwaitReason("shop", "Written", "Written"));
}

TEST_F(TenancyTest, WhatSomebodyDoesToThemIsUndone) {
  MakeTeamNamespace("web", "shop");
  MakeWorkspace("shop", {"devs"});
  StartOperator();
  ASSERT_TRUE(AwaitReason("shop", "Written", "Written"));
  const std::string role = RolePath("web", "roles", "fairlead-role-devs");
  const apiserver::Value good = Get(kRbac, "Role", "web", "fairlead-role-devs");
  Call("PATCH", role, R"({"rules":[{"apiGroups":["*"],"resources":["*"],"verbs":["*"]}]})");
  EXPECT_TRUE(
      Eventually([&] { return Get(kRbac, "Role", "web", "fairlead-role-devs")["rules"] == good["rules"]; }));
  Call("DELETE", role);
  EXPECT_TRUE(
      Eventually([&] { return Get(kRbac, "Role", "web", "fairlead-role-devs")["rules"] == good["rules"]; }));
  Call("PATCH", role, R"({"metadata":{"labels":{"app.kubernetes.io/managed-by":null,"mine":"x"}}})");
  EXPECT_TRUE(Eventually([&] {
    const apiserver::Value now = Get(kRbac, "Role", "web", "fairlead-role-devs")["metadata"]["labels"];
    return now["app.kubernetes.io/managed-by"] == "fairlead" && now["mine"] == "x";
  }));
}

TEST_F(TenancyTest, WhatOthersWroteStandsAndIsNamed) {
  MakeTeamNamespace("web", "shop");
  Store(
      R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","metadata":{"name":"fairlead-role-devs",)"
      R"("namespace":"web"},"rules":[{"apiGroups":[""],"resources":["pods"],"verbs":["get"]}]})");
  MakeWorkspace("shop", {"devs"});
  StartOperator();
  ASSERT_TRUE(AwaitReason("shop", "Written", "Refused"));
  EXPECT_THAT(Condition("shop", "Written")["message"].asString(),
              HasSubstr("Role web/fairlead-role-devs exists and is not managed by fairlead"));
  EXPECT_EQ(Get(kRbac, "Role", "web", "fairlead-role-devs")["rules"][0]["resources"][0], "pods");
  EXPECT_TRUE(Get(kRbac, "RoleBinding", "web", "fairlead-role-devs").isNull()) << "nobody is bound to it";
}

TEST_F(TenancyTest, ARestartMakesGoodWhatHappenedMeanwhileAndWritesNoMore) {
  for (const std::string name : {"shop", "pay"}) {
    MakeTeamNamespace(name, name);
    MakeWorkspace(name, {"devs"});
  }
  StartOperator();
  ASSERT_TRUE(AwaitReason("shop", "Written", "Written"));
  ASSERT_TRUE(AwaitReason("pay", "Written", "Written"));
  const auto version = [&] {
    return Get(kRbac, "Role", "shop", "fairlead-role-devs")["metadata"]["resourceVersion"].asString();
  };
  const std::string before = version();
  EXPECT_EQ(operator_.process().Stop(std::chrono::seconds(60)), 0);
  Call("DELETE", "/apis/fairlead.dev/v1alpha1/workspaces/pay");
  StartOperator();
  EXPECT_TRUE(AwaitGone("pay", "fairlead-role-devs"));
  EXPECT_EQ(version(), before);
}

TEST_F(TenancyTest, IsolationWaitsForItsKindAndGoesInBeforeANamespaceMoves) {
  MakeTeamNamespace("web", "shop");
  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: shop}\n"
      "spec: {namespaces: [{selector: {matchLabels: {team: shop}}}]}\n");
  StartOperator();
  ASSERT_TRUE(AwaitReason("shop", "Written", "KindMissing"));
  EXPECT_THAT(Condition("shop", "Written")["message"].asString(),
              HasSubstr("AuthorizationPolicy (security.istio.io/v1)"));

  const Result<std::vector<YamlDocument>> documents = ParseYaml(ReadFile(CrdFile("istio.yaml")));
  ASSERT_TRUE(documents) << documents.error().message;
  for (const YamlDocument& document : *documents) {
    if (document.json.find("authorizationpolicies.security.istio.io") != std::string::npos)
      Store(document.json);
  }
  ASSERT_TRUE(AwaitReason("shop", "Written", "Written"));
  const auto policy = [&](const std::string& ns) {
    return Get("security.istio.io/v1", "AuthorizationPolicy", ns, "fairlead-isolation");
  };
  EXPECT_EQ(policy("web")["spec"]["rules"][0]["from"][0]["source"]["notNamespaces"][0], "web");

  // A condition more would open what is closed.
  Call("PATCH", "/apis/security.istio.io/v1/namespaces/web/authorizationpolicies/fairlead-isolation",
       R"({"spec":{"selector":{"matchLabels":{"app":"none"}}}})");
  EXPECT_TRUE(Eventually([&] { return policy("web")["spec"]["selector"]["matchLabels"].empty(); }));

  MakeTeamNamespace("store", "shop");
  EXPECT_TRUE(Eventually([&] {
    return policy("web")["spec"]["rules"][0]["from"][0]["source"]["notNamespaces"].size() == 2 &&
           !policy("store").isNull();
  }));
  Call("DELETE", "/apis/fairlead.dev/v1alpha1/workspaces/shop");
  EXPECT_TRUE(Eventually([&] { return policy("web").isNull() && policy("store").isNull(); }));
}

TEST_F(TenancyTest, YoungerWorkspaceSaysWhoHasItsNamespace) {
  MakeTeamNamespace("web", "shop");
  MakeWorkspace("shop", {});
  ApplyYaml(
      "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\nmetadata: {name: zz-late}\n"
      "spec: {namespaces: [{names: [web]}], isolation: \"Off\"}\n");
  StartOperator();
  ASSERT_TRUE(AwaitReason("zz-late", "Accepted", "Conflicted"));
  EXPECT_THAT(Condition("zz-late", "Accepted")["message"].asString(),
              HasSubstr("namespace web belongs to the older Workspace shop"));
  EXPECT_TRUE(AwaitReason("shop", "Accepted", "Accepted"));
  EXPECT_EQ(NamespacesOf("shop"), Names{"Kubernetes/web"});
}

}  // namespace
}  // namespace fairlead::testing
