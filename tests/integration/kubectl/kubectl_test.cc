// The embedded API server under a real kubectl: what a person does by hand in the demo.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "tests/support/apiserver/server.h"
#include "tests/support/process.h"

namespace fairlead {
namespace {

constexpr char kDefinition[] = R"(apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, shortNames: [wd], categories: [mesh]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    additionalPrinterColumns: [{name: Size, type: integer, jsonPath: .spec.size}]
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer, maximum: 9, description: How big it is.}}}
          status: {type: object, properties: {phase: {type: string}}}
)";

constexpr char kShop[] = R"(apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop}
spec: {selector: {app: ratings}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "web:1"}]}
)";

std::string Widget(int size) {
  return "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: a, namespace: default}\nspec: {size: " +
         std::to_string(size) + "}\n";
}

class Kubectl : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* cache = std::getenv("FAIRLEAD_CACHE");
    kubectl_ = std::string(cache ? cache : "") + "/current/bin/kubectl";
    if (!std::filesystem::exists(kubectl_)) GTEST_SKIP() << "no kubectl: run tools/setup";
    apiserver::ServerOptions options;
    options.api.openapi_dir = apiserver::DefaultOpenapiDir();
    server_ = apiserver::ApiServer::Start(options).value();
    testing::WriteFile(dir_ / "kubeconfig", server_->kubeconfig());
    testing::WriteFile(dir_ / "definition.yaml", kDefinition);
    testing::WriteFile(dir_ / "widget.yaml", Widget(3));
  }

  // Exit code, and what was printed in out_.
  int Run(std::vector<std::string> arguments, std::map<std::string, std::string> env = {}) {
    arguments.insert(arguments.begin(), {kubectl_, "--kubeconfig", dir_ / "kubeconfig"});
    env["HOME"] = dir_.path();
    testing::SpawnOptions spawn{.argv = arguments, .env = env, .log_file = dir_ / "out.log"};
    std::filesystem::remove(spawn.log_file);
    auto process = testing::Process::Spawn(spawn);
    if (!process) return -1;
    const int code = process->Wait(std::chrono::seconds(60)).value_or(-2);
    out_ = testing::ReadFile(dir_ / "out.log");
    return code;
  }
  ::testing::AssertionResult Works(const std::vector<std::string>& arguments, const std::string& says = "",
                                   const std::map<std::string, std::string>& env = {}) {
    const int code = Run(arguments, env);
    if (code == 0 && out_.find(says) != std::string::npos) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << "exit " << code << ", wanted \"" << says << "\", said:\n" << out_;
  }

  testing::TempDir dir_;
  std::string kubectl_;
  std::string out_;
  std::unique_ptr<apiserver::ApiServer> server_;
};

TEST_F(Kubectl, DoesWhatTheDemoInvitesTo) {
  ASSERT_TRUE(Works({"apply", "-f", dir_ / "definition.yaml"}, "created"));
  ASSERT_TRUE(Works({"wait", "--for=condition=Established", "crd/widgets.example.com", "--timeout=10s"},
                    "condition met"));
  ASSERT_TRUE(Works({"apply", "-f", dir_ / "widget.yaml"}, "widget.example.com/a created"));
  EXPECT_TRUE(Works({"apply", "-f", dir_ / "widget.yaml"}, "unchanged"));
  EXPECT_TRUE(Works({"get", "wd"}, "SIZE"));
  EXPECT_TRUE(Works({"get", "mesh", "-o", "name"}, "widget.example.com/a"));
  EXPECT_TRUE(Works({"explain", "widget.spec.size"}, "How big it is."));
  EXPECT_TRUE(Works({"explain", "service.spec.ports"}, "ServicePort"));
  EXPECT_TRUE(Works({"label", "widget", "a", "team=x"}, "labeled"));
  EXPECT_TRUE(Works({"get", "widgets", "-A", "-l", "team in (x)"}, "default"));
  EXPECT_TRUE(Works({"api-resources", "--categories=mesh"}, "widgets"));
  EXPECT_TRUE(Works({"auth", "can-i", "create", "widgets"}, "yes"));
  EXPECT_TRUE(Works({"delete", "-f", dir_ / "widget.yaml"}, "deleted"));
  EXPECT_TRUE(Works({"delete", "crd", "widgets.example.com"}, "deleted"));
}

TEST_F(Kubectl, AppliesOnTheServer) {
  ASSERT_TRUE(Works({"apply", "-f", dir_ / "definition.yaml"}, "created"));
  ASSERT_TRUE(Works({"apply", "--server-side", "--field-manager=one", "-f", dir_ / "widget.yaml"},
                    "serverside-applied"));
  testing::WriteFile(dir_ / "widget.yaml", Widget(4));
  EXPECT_EQ(Run({"apply", "--server-side", "--field-manager=two", "-f", dir_ / "widget.yaml"}), 1);
  EXPECT_NE(out_.find("conflict with \"one\": .spec.size"), std::string::npos) << out_;
  EXPECT_TRUE(Works(
      {"apply", "--server-side", "--force-conflicts", "--field-manager=two", "-f", dir_ / "widget.yaml"},
      "serverside-applied"));
  EXPECT_EQ(Run({"diff", "--server-side", "--field-manager=two", "-f", dir_ / "widget.yaml"}), 0) << out_;
}

TEST_F(Kubectl, RefusesWhatTheSchemaRefuses) {
  ASSERT_TRUE(Works({"apply", "-f", dir_ / "definition.yaml"}, "created"));
  testing::WriteFile(dir_ / "widget.yaml", Widget(10));
  EXPECT_EQ(Run({"apply", "-f", dir_ / "widget.yaml"}), 1);
  EXPECT_NE(out_.find("should be less than or equal to 9"), std::string::npos) << out_;
  testing::WriteFile(dir_ / "widget.yaml", Widget(1) + "surplus: 1\n");
  EXPECT_EQ(Run({"apply", "-f", dir_ / "widget.yaml"}), 1);
  EXPECT_NE(out_.find("unknown field \"surplus\""), std::string::npos) << out_;
}

TEST_F(Kubectl, EditsAndWatches) {
  ASSERT_TRUE(Works({"apply", "-f", dir_ / "definition.yaml"}, "created"));
  ASSERT_TRUE(Works({"apply", "-f", dir_ / "widget.yaml"}, "created"));
  testing::WriteFile(dir_ / "editor.sh", "sed -i 's/size: 3/size: 5/' \"$1\"\n");
  EXPECT_TRUE(Works({"edit", "widget", "a"}, "edited", {{"KUBE_EDITOR", "sh " + (dir_ / "editor.sh")}}));
  EXPECT_TRUE(Works({"wait", "widget/a", "--for=jsonpath={.spec.size}=5", "--timeout=20s"}, "condition met"));
  // The watch is told of the deletion that comes while it runs.
  testing::SpawnOptions spawn;
  spawn.argv = {kubectl_,   "--kubeconfig", dir_ / "kubeconfig", "wait",
                "widget/a", "--for=delete", "--timeout=60s"};
  spawn.env["HOME"] = dir_.path();
  spawn.log_file = dir_ / "wait.log";
  auto waiting = testing::Process::Spawn(spawn);
  ASSERT_TRUE(waiting);
  EXPECT_TRUE(Works({"delete", "widget", "a"}, "deleted"));
  EXPECT_EQ(waiting->Wait(std::chrono::seconds(60)), 0) << waiting->Log();
}

TEST_F(Kubectl, BuiltInKinds) {
  testing::WriteFile(dir_ / "shop.yaml", kShop);
  EXPECT_TRUE(Works({"apply", "-f", dir_ / "shop.yaml"}, "deployment.apps/web created"));
  EXPECT_TRUE(Works({"get", "services", "-n", "shop"}, "80/TCP"));
  EXPECT_TRUE(Works({"set", "image", "deployment/web", "web=web:2", "-n", "shop"}, "image updated"));
  EXPECT_TRUE(
      Works({"get", "deployment", "web", "-n", "shop", "-o", "jsonpath={.metadata.generation}"}, "2"));
  EXPECT_TRUE(Works({"delete", "namespace", "shop"}, "deleted"));
}

// These send Kubernetes protobuf.
TEST_F(Kubectl, Creates) {
  EXPECT_TRUE(Works({"create", "namespace", "shop"}, "created"));
  EXPECT_TRUE(Works({"create", "configmap", "c", "--from-literal=k=v", "-n", "shop"}, "created"));
  EXPECT_TRUE(Works({"create", "secret", "generic", "s", "--from-literal=k=v", "-n", "shop"}, "created"));
  EXPECT_TRUE(Works({"get", "secret", "s", "-n", "shop", "-o", "jsonpath={.data.k}"}, "dg=="));
  EXPECT_TRUE(Works({"create", "service", "clusterip", "r", "--tcp=80:8080", "-n", "shop"}, "created"));
  EXPECT_TRUE(
      Works({"get", "service", "r", "-n", "shop", "-o", "jsonpath={.spec.ports[0].targetPort}"}, "8080"));
  EXPECT_TRUE(Works({"create", "serviceaccount", "a", "-n", "shop"}, "created"));
  EXPECT_TRUE(Works({"create", "deployment", "web", "--image=web:1", "--port=80", "-n", "shop"}, "created"));
  EXPECT_TRUE(Works({"run", "p", "--image=web:1", "--env=A=b", "-n", "shop"}, "created"));
  EXPECT_TRUE(Works({"create", "role", "r", "--verb=get", "--resource=pods", "-n", "shop"}, "created"));
  EXPECT_TRUE(
      Works({"create", "rolebinding", "r", "--role=r", "--serviceaccount=shop:a", "-n", "shop"}, "created"));
}

}  // namespace
}  // namespace fairlead
