// IstioModeTest: the operator in Istio mode on a real API server.
//
// Istio's definitions are there once a test installs them. One thread.
#pragma once

#include <memory>
#include <string>

#include "crds/base/json.h"
#include "tests/integration/operator/operator_test_base.h"

namespace fairlead::testing {

inline constexpr const char* kApi = "/apis/networking.istio.io/v1/namespaces/";

class IstioModeTest : public OperatorTest {
 protected:
  void SetUp() override {
    OperatorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    StartOperator();
  }
  void TearDown() override {
    if (HasFailure()) ADD_FAILURE() << cluster().Logs() << "--- operator\n" << operator_->Log();
  }
  void StartOperator(const std::string& cluster_name = "Kubernetes") {
    operator_ = std::make_unique<OperatorProcess>();
    const Result<void> started =
        operator_->Start({.kubeconfig = cluster().kubeconfig_path(),
                          .flags = {"--mesh-mode=istio", "--cluster-name=" + cluster_name}});
    ASSERT_TRUE(started) << started.error().message;
    ASSERT_TRUE(Eventually([&] { return operator_->Ready(); })) << operator_->ReadyText();
  }
  void InstallIstio() {
    const Result<void> installed = cluster().ApplyCrds(CrdFile("istio.yaml"));
    ASSERT_TRUE(installed) << installed.error().message;
  }
  // A namespace whose services istiod's own waypoint serves.
  void MakeIstioNamespace(const std::string& ns) {
    ApplyYaml(
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + ns +
        ", labels: {istio.io/use-waypoint: waypoint}}\n---\n"
        "apiVersion: gateway.networking.k8s.io/v1\nkind: Gateway\nmetadata: {name: waypoint, namespace: " +
        ns +
        "}\nspec: {gatewayClassName: istio-waypoint, "
        "listeners: [{name: mesh, port: 15008, protocol: HBONE}]}\n");
  }
  // Null where it is not there.
  static Json::Value Get(const std::string& path) {
    const HttpReply reply = cluster().Call("GET", path);
    if (reply.status != 200) return {};
    const Result<JsonDocument> document = JsonDocument::Parse(reply.body);
    return document ? ToJsonValue(document->root()) : Json::Value();
  }
  static std::string RouteTimeout(const std::string& path) {
    return Get(path)["spec"]["http"][0]["timeout"].asString();
  }

  std::unique_ptr<OperatorProcess> operator_;
};

}  // namespace fairlead::testing
