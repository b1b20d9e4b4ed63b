// The webhooks of a whole operator: a verdict with what the World has to say, metrics, and a certificate that
// changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/base64.h"
#include "crds/base/yaml.h"
#include "crds/schema/manifests.h"
#include "operator/app/app.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/certificates.h"
#include "tests/support/eventually.h"
#include "tests/support/http_client.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/support/process.h"
#include "tests/support/tls_client.h"

namespace fairlead::app {
namespace {

using testing::Eventually;
using ::testing::HasSubstr;
using testing::HttpClient;
using testing::TlsClient;
using testing::TlsReply;

class WebhooksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = apiserver::ApiServer::Start({});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    ASSERT_TRUE(server_->ApplyFiles(testing::CrdFile("gateway-standard.yaml")));
    for (const std::string& manifest : CrdManifests()) {
      ASSERT_TRUE(server_->Apply(*apiserver::ParseJson(ParseYaml(manifest)->front().json)));
    }
    Mount();
    options_.metrics = options_.health = options_.webhooks = BindAddress{"127.0.0.1", 0};
    options_.webhook_cert_dir = certificates_.path();
    options_.webhook_drain = std::chrono::milliseconds(0);
  }
  void TearDown() override {
    app_.reset();
    server_->Stop();
  }

  Result<void> Start() {
    auto cluster = kube::ParseKubeconfig({{"kubeconfig", server_->kubeconfig()}});
    EXPECT_TRUE(cluster) << cluster.error().message;
    app_ = std::make_unique<App>(options_, *cluster);
    return app_->Start();
  }
  void AwaitReady() {
    ASSERT_TRUE(Eventually([&] {
      return HttpClient("127.0.0.1", app_->health_port()).Call({.path = "/readyz"}).status == 200;
    }));
  }
  void Mount() {
    const testing::KeyPair pair = ca_.Issue({.common_name = "webhooks", .dns = {"localhost"}});
    testing::WriteFile(certificates_ / "tls.crt", pair.certificate_pem);
    testing::WriteFile(certificates_ / "tls.key", pair.key_pem);
  }
  testing::TlsClientOptions To() const {
    return {.port = app_->webhook_port(), .ca_pem = ca_.certificate_pem()};
  }
  TlsReply Review(const std::string& spec, const std::string& user = "ann",
                  const std::string& target = "gone") const {
    const std::string body =
        R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1","operation":"CREATE",)"
        R"("userInfo":{"username":")" +
        user +
        R"("},)"
        R"("kind":{"group":"fairlead.dev","version":"v1alpha1","kind":"RetryTimeoutPolicy"},"namespace":"shop",)"
        R"("name":"p","object":{"apiVersion":"fairlead.dev/v1alpha1","kind":"RetryTimeoutPolicy","metadata":{"name":)"
        R"("p","namespace":"shop"},"spec":{"targetRefs":[{"kind":"Service","name":")" +
        target + R"("}],)" + spec + "}}}}";
    return TlsClient(To()).Post("/validate", body);
  }
  std::string Metrics() const {
    return HttpClient("127.0.0.1", app_->metrics_port()).Call({.path = "/metrics"}).body;
  }

  const testing::TestCa ca_{"ca"};
  testing::TempDir certificates_;
  std::unique_ptr<apiserver::ApiServer> server_;
  Options options_;
  std::unique_ptr<App> app_;
};

TEST_F(WebhooksTest, JudgeWithWhatTheWorldHasToSay) {
  ASSERT_TRUE(Start());
  ASSERT_NO_FATAL_FAILURE(AwaitReady());
  const TlsReply bad = Review(R"("timeouts":{"request":"1 s"})");
  EXPECT_EQ(bad.status, 200);
  EXPECT_THAT(bad.body, HasSubstr("RetryTimeoutPolicy shop/p is invalid: spec.timeouts.request: "));
  // A warning is left out where the engine is at work for longer than a user should wait.
  EXPECT_TRUE(Eventually([&] {
    return Review(R"("timeouts":{"request":"1s"})").body.find("FL002 spec.targetRefs[0]: ") !=
           std::string::npos;
  }));
  EXPECT_THAT(Metrics(),
              HasSubstr(R"(fairlead_webhook_reviews_total{kind="RetryTimeoutPolicy",operation="CREATE",)"
                        R"(verdict="refused"} 1)"));
}

TEST_F(WebhooksTest, JudgeByTheRolesOfTheWorkspace) {
  const auto apply = [&](const char* yaml) {
    const auto applied = server_->Apply(*apiserver::ParseJson(ParseYaml(yaml)->front().json));
    EXPECT_TRUE(applied) << applied.error().message;
  };
  apply(R"(
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
metadata: {name: shop}
spec:
  namespaces: [{names: [shop]}]
  roles:
  - name: developers
    subjects: [{kind: User, name: ann}]
    allow: [{kinds: [RetryTimeoutPolicy], fields: [spec.timeouts], targets: {matchLabels: {tier: web}}}]
)");
  apply("{apiVersion: v1, kind: Namespace, metadata: {name: shop}}");
  apply(R"(
apiVersion: v1
kind: Service
metadata: {name: ratings, namespace: shop, labels: {tier: web}}
spec: {ports: [{port: 80}]}
)");
  ASSERT_TRUE(Start());
  EXPECT_THAT(Review(R"("timeouts":{"request":"1s"})", "ann", "ratings").body,
              ::testing::AnyOf(HasSubstr("try again"), HasSubstr(R"("allowed":true)")));
  ASSERT_NO_FATAL_FAILURE(AwaitReady());
  const auto says = [&](const char* what, const std::string& spec, const char* user, const char* target) {
    return Eventually([&] { return Review(spec, user, target).body.find(what) != std::string::npos; });
  };
  EXPECT_TRUE(says(R"("allowed":true)", R"("timeouts":{"request":"1s"})", "ann", "ratings"));
  EXPECT_TRUE(says("spec.retries.attempts is not granted", R"("retries":{"attempts":1})", "ann", "ratings"));
  EXPECT_TRUE(says("Service shop/gone", R"("timeouts":{"request":"1s"})", "ann", "gone"));
  EXPECT_TRUE(says("does not let", R"("timeouts":{"request":"1s"})", "bob", "ratings"));
}

TEST_F(WebhooksTest, FollowTheMountedCertificate) {
  ASSERT_TRUE(Start());
  const std::string before = TlsClient(To()).peer_serial();
  Mount();
  EXPECT_TRUE(Eventually([&] { return TlsClient(To()).peer_serial() != before; }));
  EXPECT_THAT(Metrics(), HasSubstr(R"(fairlead_webhook_certificates_total{result="used"})"));
}

// The authority of the certificates of our own.
std::string OwnAuthority(const apiserver::ApiServer& server) {
  const auto cluster = kube::ParseKubeconfig({{"kubeconfig", server.kubeconfig()}});
  const auto transport = cluster ? kube::MakeTransport(*cluster) : Unexpected(cluster.error());
  EXPECT_TRUE(transport);
  kube::Client client(transport->get());
  const auto secret = client.GetJson({{"", "v1", "secrets"}, "fairlead-system", "fairlead-webhooks"});
  if (!secret) return "";
  const auto json = JsonDocument::Parse(*secret);
  const auto data = json->root().Find("data");
  return DecodeBase64(data ? std::string(data->StringAt("ca.crt")) : "").value_or("");
}

TEST_F(WebhooksTest, CertificatesOfOurOwnAskClientsForTheirs) {
  const testing::TestCa first("first"), second("second");
  options_.webhook_cert_dir.clear();
  options_.webhook_secret = options_.webhook_service = "fairlead-webhooks";
  options_.webhook_client_ca = certificates_ / "clients.crt";
  testing::WriteFile(options_.webhook_client_ca, "hello");
  const Result<void> unfit = Start();
  ASSERT_FALSE(unfit);
  EXPECT_THAT(unfit.error().message, HasSubstr("--webhook-client-ca: "));
  EXPECT_THAT(unfit.error().message, HasSubstr("there is no certificate among the authorities of clients"));

  testing::WriteFile(options_.webhook_client_ca, first.certificate_pem());
  ASSERT_TRUE(server_->Apply(*apiserver::ParseJson(
      R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})")));
  ASSERT_TRUE(Start());
  ASSERT_NO_FATAL_FAILURE(AwaitReady());
  const std::string authority = OwnAuthority(*server_);
  const auto call = [&](const testing::TestCa* signer) {
    testing::TlsClientOptions to{.port = app_->webhook_port(),
                                 .ca_pem = authority,
                                 .server_name = "fairlead-webhooks.fairlead-system.svc"};
    if (signer != nullptr) {
      const testing::KeyPair pair = signer->Issue({.common_name = "kube-apiserver"});
      to.certificate_pem = pair.certificate_pem;
      to.key_pem = pair.key_pem;
    }
    return TlsClient(to).Post("/validate", "{}").status;
  };
  EXPECT_EQ(call(nullptr), 0);
  EXPECT_EQ(call(&second), 0);
  EXPECT_NE(call(&first), 0);

  // What cannot be read opens nothing, and what replaces it holds at once.
  testing::WriteFile(options_.webhook_client_ca, "hello");
  EXPECT_EQ(call(nullptr), 0);
  testing::WriteFile(options_.webhook_client_ca, second.certificate_pem());
  EXPECT_TRUE(Eventually([&] { return call(&second) != 0; }));
  EXPECT_EQ(call(&first), 0);
  EXPECT_EQ(call(nullptr), 0);
}

TEST_F(WebhooksTest, DoNotStartWithoutACertificate) {
  testing::WriteFile(certificates_ / "tls.key", "hello");
  const Result<void> started = Start();
  ASSERT_FALSE(started);
  EXPECT_THAT(started.error().message, HasSubstr("--webhook-cert-dir: "));
}

TEST_F(WebhooksTest, AreNotServedByOtherRoles) {
  options_.roles = {Role::kControllers};
  ASSERT_TRUE(Start());
  EXPECT_EQ(app_->webhook_port(), 0);
}

}  // namespace
}  // namespace fairlead::app
