// The API server shows the webhooks a certificate, as docs/webhooks.md tells how, and they answer nobody
// else: with certificates of our own, and the authorities of clients in a file.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/base64.h"
#include "crds/base/json_write.h"
#include "crds/schema/manifests.h"
#include "tests/integration/helm/helm.h"
#include "tests/integration/operator/operator_process.h"
#include "tests/integration/webhooks/bare_crds.h"
#include "tests/support/eventually.h"
#include "tests/support/kube/egress.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/support/tls_client.h"

namespace fairlead::testing {
namespace {

constexpr char kServedAs[] = "fairlead-webhooks.fairlead-system.svc";
constexpr char kOurSecret[] = "/api/v1/namespaces/fairlead-system/secrets/fairlead-webhooks";
constexpr char kInvalid[] =
    R"({"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":"bad"},)"
    R"("spec":{"targetRefs":[{"group":"","kind":"Service","name":"a"}],"timeouts":{"request":"5 s"}}})";

// The files of docs/webhooks.md, and the flag of kube-apiserver.
std::string ShowCertificate(const TempDir& dir, const KeyPair& pair) {
  WriteFile(dir / "client.crt", pair.certificate_pem);
  WriteFile(dir / "client.key", pair.key_pem);
  WriteFile(dir / "webhooks.kubeconfig",
            "apiVersion: v1\nkind: Config\nusers:\n- name: " + std::string(kServedAs) +
                "\n  user: {client-certificate: " + (dir / "client.crt") +
                ", client-key: " + (dir / "client.key") + "}\n");
  WriteFile(dir / "admission.yaml",
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AdmissionConfiguration\nplugins:\n"
            "- name: ValidatingAdmissionWebhook\n  configuration:\n"
            "    apiVersion: apiserver.config.k8s.io/v1\n    kind: WebhookAdmissionConfiguration\n"
            "    kubeConfigFile: " +
                (dir / "webhooks.kubeconfig") + "\n");
  return "--admission-control-config-file=" + (dir / "admission.yaml");
}

TEST(WebhookClients, OnlyWhoShowsACertificateIsAnswered) {
  if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
  if (HelmPrograms().empty()) GTEST_SKIP() << "no helm: run tools/setup helm";
  const TestCa callers("callers");
  const KeyPair caller = callers.Issue({.common_name = "kube-apiserver"});
  TempDir files;
  Egress egress;
  RealClusterOptions options;
  options.apiserver_flags = {egress.Flag(), ShowCertificate(files, caller)};
  auto started = RealCluster::Start(options);
  ASSERT_TRUE(started) << started.error().message;
  const RealCluster& cluster = **started;
  const auto make = [&](const std::string& collection, const std::string& json) {
    const HttpReply made = cluster.Call("POST", collection, json);
    EXPECT_TRUE(made.ok()) << made.body;
  };
  for (const std::string& manifest : CrdManifests())
    make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", WithoutSchema(manifest));
  for (const char* ns : {"shop", "fairlead-system"})
    make("/api/v1/namespaces", R"({"metadata":{"name":")" + std::string(ns) + "\"}}");
  const auto chart = Helm(HelmPrograms().back())
                         .Template("webhooks: {timeoutSeconds: 30, clientCA: {configMapName: callers}}");
  const std::string ours = "/api/v1/namespaces/fairlead-system/";
  make(ours + "secrets", WriteJson(chart.at("Secret fairlead-webhooks")));
  make(ours + "services", WriteJson(chart.at("Service fairlead-webhooks")));
  make("/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
       WriteJson(chart.at("ValidatingWebhookConfiguration fairlead")));

  WriteFile(files / "ca.crt", callers.certificate_pem());
  const int port = FreePort();
  OperatorProcess op;
  ASSERT_TRUE(op.Start(
      {.kubeconfig = cluster.kubeconfig_path(),
       .flags = {"--roles=webhooks", "--webhook-secret=fairlead-webhooks",
                 "--webhook-service=fairlead-webhooks", "--webhook-configuration=fairlead",
                 "--webhook-client-ca=" + (files / "ca.crt"),
                 "--webhook-bind-address=127.0.0.1:" + std::to_string(port), "--webhook-drain=0s"}}));
  egress.Set({port});
  HttpReply reply;
  EXPECT_TRUE(Eventually([&] {
    reply =
        cluster.Call("POST", "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies", kInvalid);
    return reply.status == 422;
  })) << reply.body
      << op.Log();

  const auto document = JsonDocument::Parse(cluster.Call("GET", kOurSecret).body, 1u << 20);
  ASSERT_TRUE(document);
  const Json::Value secret = ToJsonValue(document->root());
  const std::string authority = DecodeBase64(secret["data"]["ca.crt"].asString()).value_or("");
  const auto call = [&](const KeyPair& pair) {
    TlsClient client({.port = port,
                      .ca_pem = authority,
                      .server_name = kServedAs,
                      .certificate_pem = pair.certificate_pem,
                      .key_pem = pair.key_pem});
    return client.Post("/validate", "{}").status;
  };
  EXPECT_EQ(call({}), 0) << "no certificate";
  EXPECT_EQ(call(cluster.IssueClient("mallory", "system:masters")), 0) << "another authority's";
  EXPECT_NE(call(caller), 0);
  egress.Set({});
}

}  // namespace
}  // namespace fairlead::testing
