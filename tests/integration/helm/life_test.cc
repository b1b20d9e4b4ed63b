// A release's life with helm 3, then with helm 4 on what helm 3 left: install an earlier chart, upgrade, roll
// back, uninstall. On a real cluster; kwok plays the nodes, so the pods are none, but all that makes them is
// real.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <iterator>

#include "crds/base/json_write.h"
#include "tests/integration/helm/helm_cluster.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kSystem[] = "/api/v1/namespaces/fairlead-system";
constexpr char kDeployment[] = "/apis/apps/v1/namespaces/fairlead-system/deployments/fairlead";
constexpr char kPolicies[] = "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies/";

constexpr char kHooks[] = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/fairlead";
constexpr char kBundle[] = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==";

std::string Policy(const std::string& name, const std::string& timeouts) {
  return "apiVersion: fairlead.dev/v1alpha1\nkind: RetryTimeoutPolicy\nmetadata: {name: " + name +
         ", namespace: shop}\nspec: {targetRefs: [{group: \"\", kind: Service, name: ratings}], timeouts: " +
         timeouts + "}\n";
}

// Takes a field of the CRD away, as an earlier version would not have it; and the rules, which may name it.
void StripRules(Json::Value* schema) {
  if (schema->isObject()) schema->removeMember("x-kubernetes-validations");
  if (schema->isObject() || schema->isArray()) {
    for (Json::Value& inner : *schema) StripRules(&inner);
  }
}

void MakeEarlierChart(const std::string& dir) {
  std::filesystem::copy(ChartDir(), dir, std::filesystem::copy_options::recursive);
  WriteFile(dir + "/Chart.yaml", "apiVersion: v2\nname: fairlead\nversion: 0.0.9\nappVersion: 0.0.9\n");
  const std::string file = dir + "/files/crds/retry_timeout_policy.yaml";
  Json::Value crd = ReadYaml(ReadFile(file)).at(0);
  Json::Value& schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
  StripRules(&schema);
  Json::Value& timeouts = schema["properties"]["spec"]["properties"]["timeouts"]["properties"];
  ASSERT_TRUE(timeouts.isMember("idle"));
  timeouts.removeMember("idle");
  WriteFile(file, WriteJson(crd));
}

class LifeTest : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (const std::string why = HelmCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    ASSERT_NE(Shared(), nullptr);
  }
  void TearDown() override {
    if (!HasFailure() || Shared() == nullptr) return;
    ADD_FAILURE() << cluster().Get(std::string(kSystem) + "/pods") << cluster().real().Logs();
    helm_.Run({"uninstall", "fairlead", "--namespace", "fairlead-system"});  // the next begins anew
  }
  static HelmCluster* Shared() { return SharedHelmCluster(); }
  static HelmCluster& cluster() { return *Shared(); }

  void Works(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--namespace", "fairlead-system", "--wait", "--timeout", "240s"});
    const HelmRun run = helm_.Run(arguments);
    ASSERT_EQ(run.code, 0) << arguments.front() << ": " << run.output << "\n" << cluster().Get(kDeployment);
    said_ = run.output;
  }
  static Json::Value Keys() {
    Json::Value out;
    for (const char* name : {"fairlead-xds", "fairlead-xds-client"}) {
      out[name] = cluster().Get(std::string(kSystem) + "/secrets/" + name)["data"];
      EXPECT_EQ(out[name].size(), 3u) << name;
    }
    return out;
  }
  // What the operators do, which do not run here: caBundle of each webhook, which nobody owns then.
  static void WriteBundle() {
    Json::Value object;
    object["metadata"]["name"] = "fairlead";
    object["apiVersion"] = "admissionregistration.k8s.io/v1";
    object["kind"] = "ValidatingWebhookConfiguration";
    const Json::Value hooks = cluster().Get(kHooks);
    for (const Json::Value& hook : hooks["webhooks"]) {
      Json::Value entry;
      entry["name"] = hook["name"];
      entry["clientConfig"]["caBundle"] = kBundle;
      object["webhooks"].append(entry);
    }
    const HttpReply reply = cluster().real().Call(
        "PATCH", std::string(kHooks) + "?fieldManager=fairlead/webhook-certificates&force=true",
        WriteJson(object), "application/apply-patch+yaml");
    ASSERT_TRUE(reply.ok()) << reply.body;
    Json::Value patch;
    const Json::Value written = cluster().Get(kHooks);
    for (const Json::Value& entry : written["metadata"]["managedFields"]) {
      if (entry["manager"] != "fairlead/webhook-certificates")
        patch["metadata"]["managedFields"].append(entry);
    }
    const HttpReply given_up =
        cluster().real().Call("PATCH", kHooks, WriteJson(patch), "application/merge-patch+json");
    ASSERT_TRUE(given_up.ok()) << given_up.body;
    EXPECT_EQ(given_up.body.find("fairlead/webhook-certificates"), std::string::npos);
  }
  static bool HasBundle() {
    const Json::Value hooks = cluster().Get(kHooks);
    return !hooks["webhooks"].empty() &&
           std::all_of(hooks["webhooks"].begin(), hooks["webhooks"].end(),
                       [](const Json::Value& hook) { return hook["clientConfig"]["caBundle"] == kBundle; });
  }
  void GoesOnWhileNoWebhookAnswers();
  static Json::Value Release() { return cluster().Get(kDeployment)["metadata"]["labels"]["helm.sh/chart"]; }

  Helm helm_{GetParam(), Shared() == nullptr ? "" : cluster().real().kubeconfig_path()};
  TempDir dir_;
  std::string said_;
};

// No operator runs here, and policies may not be written without one: all else goes on, our own repair before
// all.
void LifeTest::GoesOnWhileNoWebhookAnswers() {
  const auto write = [](const std::string& ns, const std::string& yaml) {
    std::string text = yaml;
    return cluster().Apply(text.replace(text.find("namespace: shop"), 15, "namespace: " + ns));
  };
  const std::vector<std::string> strict = {"upgrade", "fairlead", ChartDir(), "--set",
                                           "topologySpread.node=DoNotSchedule"};
  ASSERT_NO_FATAL_FAILURE(Works(strict));
  EXPECT_TRUE(Eventually([&] {
    return write("shop", Policy("blocked", "{request: 1s}")).find("failed calling webhook") !=
           std::string::npos;
  }));
  EXPECT_EQ(write("fairlead-system", Policy("ours", "{request: 1s}")), "");
  EXPECT_EQ(cluster().Apply(std::string(
                "{apiVersion: v1, kind: ConfigMap, metadata: {name: any, namespace: kube-system}}")),
            "");
  EXPECT_EQ(cluster().Apply(std::string(
                "{apiVersion: fairlead.dev/v1alpha1, kind: Workspace, metadata: {name: any}, spec: "
                "{namespaces: [{names: [shop]}]}}")),
            "");
  const auto merge = [](const std::string& path, const std::string& patch) {
    return cluster().real().Call("PATCH", path, patch, "application/merge-patch+json");
  };
  const std::string old = std::string(kPolicies) + "old";
  EXPECT_TRUE(merge(old, R"({"metadata":{"labels":{"a":"b"},"finalizers":["example.org/wait"]}})").ok());
  EXPECT_TRUE(merge(old, R"({"metadata":{"finalizers":null}})").ok());
  EXPECT_TRUE(merge(old + "/status", R"({"status":{"waypoints":"0/0"}})").ok());
  EXPECT_FALSE(merge(old, R"({"spec":{"mode":"Override"}})").ok());

  // A namespace with a policy in it goes: Kubernetes deletes that.
  cluster().MakeNamespace("leaving");
  cluster().egress().Set({});
  ASSERT_NO_FATAL_FAILURE(Works({"upgrade", "fairlead", ChartDir(), "--set",
                                 "webhooks.failurePolicy=Ignore,topologySpread.node=DoNotSchedule"}));
  ASSERT_TRUE(Eventually([&] { return write("leaving", Policy("any", "{request: 1s}")).empty(); }));
  ASSERT_NO_FATAL_FAILURE(Works(strict));
  ASSERT_TRUE(Eventually([&] { return !write("leaving", Policy("more", "{request: 1s}")).empty(); }));
  cluster().Delete("/api/v1/namespaces/leaving");
  EXPECT_TRUE(Eventually([] { return cluster().Get("/api/v1/namespaces/leaving").isNull(); }));

  ASSERT_NO_FATAL_FAILURE(Works({"upgrade", "fairlead", ChartDir(), "--set",
                                 "webhooks.failurePolicy=Ignore,topologySpread.node=DoNotSchedule"}));
  cluster().Delete("/apis/fairlead.dev/v1alpha1/namespaces/fairlead-system/retrytimeoutpolicies/ours");
  cluster().Delete("/apis/fairlead.dev/v1alpha1/workspaces/any");
  cluster().Delete("/api/v1/namespaces/kube-system/configmaps/any");
}

TEST_P(LifeTest, FromInstallToUninstall) {
  cluster().MakeNamespace("fairlead-system");
  cluster().MakeNamespace("shop");
  const std::set<std::string> before = cluster().Inventory();
  ASSERT_TRUE(before.contains("/namespaces /shop"));
  ASSERT_NO_FATAL_FAILURE(MakeEarlierChart(dir_ / "earlier"));

  // An earlier version, with one replica. Its pods pass the level `restricted`.
  ASSERT_NO_FATAL_FAILURE(Works({"install", "fairlead", dir_ / "earlier", "--set", "replicas=1", "--set",
                                 "metrics.enabled=false", "--set", "webhooks.failurePolicy=Ignore"}));
  EXPECT_THAT(said_, HasSubstr("kubectl get rtp -A"));
  ASSERT_TRUE(Eventually([] { return IsRolledOut(cluster().Get(kDeployment)); }));
  EXPECT_EQ(Release(), "fairlead-0.0.9");
  const Json::Value keys = Keys();
  ASSERT_TRUE(Eventually([] { return cluster().Apply(Policy("old", "{request: 5s}")).empty(); }));
  EXPECT_TRUE(Eventually([] {
    return cluster().Apply(Policy("new", "{idle: 1h}")).find("field not declared in schema") !=
           std::string::npos;
  }));

  ASSERT_NO_FATAL_FAILURE(WriteBundle());

  // The upgrade brings the CRD's new field, the second replica, on another node, and the metrics; no other
  // keys.
  const std::vector<std::string> upgrade = {
      "upgrade", "fairlead", ChartDir(), "--set",
      "webhooks.failurePolicy=Ignore,topologySpread.node=DoNotSchedule"};
  ASSERT_NO_FATAL_FAILURE(Works(upgrade));
  ASSERT_TRUE(Eventually([] { return IsRolledOut(cluster().Get(kDeployment)); }));
  EXPECT_EQ(cluster().Get(kDeployment)["spec"]["replicas"], 2);
  EXPECT_TRUE(Eventually([] { return cluster().Apply(Policy("new", "{idle: 1h}")).empty(); }));
  EXPECT_EQ(Keys(), keys);
  EXPECT_TRUE(HasBundle());
  std::set<std::string> nodes;
  const Json::Value pods = cluster().Get(std::string(kSystem) + "/pods");
  for (const Json::Value& pod : pods["items"]) {
    if (!pod["metadata"].isMember("deletionTimestamp")) nodes.insert(pod["spec"]["nodeName"].asString());
  }
  EXPECT_EQ(nodes, (std::set<std::string>{"node-a", "node-b"}));
  EXPECT_TRUE(Eventually([] {
    return cluster().Get("/apis/policy/v1/namespaces/fairlead-system/poddisruptionbudgets/fairlead")
               ["status"]["disruptionsAllowed"] == 1;
  }));

  // Once more: nothing to do, so nothing restarts.
  const Json::Value generation = cluster().Get(kDeployment)["metadata"]["generation"];
  ASSERT_NO_FATAL_FAILURE(Works(upgrade));
  EXPECT_EQ(cluster().Get(kDeployment)["metadata"]["generation"], generation);
  EXPECT_EQ(Keys(), keys);
  EXPECT_TRUE(HasBundle());
  const std::string more =
      "webhooks.failurePolicy=Ignore,webhooks.tenancy.enabled=";  // some webhooks go, and come
  ASSERT_NO_FATAL_FAILURE(Works({"upgrade", "fairlead", ChartDir(), "--set", more + "false"}));
  EXPECT_TRUE(HasBundle());
  EXPECT_EQ(cluster().Get(kHooks)["webhooks"].size(), 3u);
  ASSERT_NO_FATAL_FAILURE(Works({"upgrade", "fairlead", ChartDir(), "--set", more + "true"}));
  EXPECT_GT(cluster().Get(kHooks)["webhooks"].size(), 3u);
  ASSERT_NO_FATAL_FAILURE(WriteBundle());
  ASSERT_NO_FATAL_FAILURE(GoesOnWhileNoWebhookAnswers());

  ASSERT_NO_FATAL_FAILURE(Works({"rollback", "fairlead", "1"}));
  ASSERT_TRUE(Eventually([] { return IsRolledOut(cluster().Get(kDeployment)); }));
  EXPECT_EQ(Release(), "fairlead-0.0.9");
  EXPECT_EQ(cluster().Get(kDeployment)["spec"]["replicas"], 1);
  EXPECT_EQ(Keys(), keys);
  EXPECT_FALSE(cluster().Get(kPolicies + std::string("new")).isNull());
  EXPECT_TRUE(HasBundle());

  // What is left is the user's, and the definitions that hold it; and it can be worked with.
  ASSERT_NO_FATAL_FAILURE(Works({"uninstall", "fairlead"}));
  std::vector<std::string> gone, left;
  EXPECT_TRUE(Eventually([&] {
    const std::set<std::string> after = cluster().Inventory();
    left.clear(), gone.clear();
    std::set_difference(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(gone));
    std::copy_if(after.begin(), after.end(), std::back_inserter(left), [&](const std::string& object) {
      return !before.contains(object) && !object.starts_with("fairlead.dev/") &&
             !object.ends_with(".fairlead.dev");
    });
    return left.empty();
  })) << ::testing::PrintToString(left);
  EXPECT_THAT(gone, IsEmpty());
  EXPECT_EQ(cluster().Apply(Policy("new", "{request: 7s}")), "");
  for (const char* name : {"new", "old"}) cluster().Delete(std::string(kPolicies) + name);
}

INSTANTIATE_TEST_SUITE_P(Helms, LifeTest, ::testing::Values("helm3", "helm4"),
                         [](const auto& info) { return info.param; });

// Every object of every profile is one that the API server takes, with no field that it does not know.
TEST(StrictValidation, PassesForEveryProfile) {
  if (const std::string why = HelmCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  HelmCluster* cluster = SharedHelmCluster();
  ASSERT_NE(cluster, nullptr);
  cluster->MakeNamespace("fairlead-system");
  constexpr char kAll[] = R"(
priorityClassName: system-cluster-critical
nodeSelector: {pool: mesh}
tolerations: [{key: mesh, operator: Exists, effect: NoExecute, tolerationSeconds: 30}]
image: {pullSecrets: [registry]}
podLabels: {team: mesh}
podAnnotations: {note: "1"}
serviceAccount: {annotations: {note: "1"}}
podDisruptionBudget: {maxUnavailable: 50%}
resources: {limits: {cpu: 1, ephemeral-storage: 64Mi}}
webhooks: {certificates: secret, secretName: mine, exemptNamespaces: [flux-system], annotations: {note: "1"}}
)";
  Helm helm("helm4");
  for (const std::string profile : {"default", "istio"}) {
    for (const std::string more : {"", kAll}) {
      for (const auto& [id, object] : helm.Template("profile: " + profile + more)) {
        EXPECT_EQ(cluster->Apply(object, "&dryRun=All"), "") << profile;
      }
    }
  }
}

}  // namespace
}  // namespace fairlead::testing
