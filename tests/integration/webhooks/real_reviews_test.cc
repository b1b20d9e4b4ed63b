// A real API server asks the webhook server over TLS. Its CRDs are ours without their schemas, as if they
// were older than the rules: what Parse does not take is refused in the words of Parse, what is admitted
// Parse takes, and nothing that is stored gets stuck.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "crds/base/base64.h"
#include "crds/schema/manifests.h"
#include "tests/integration/webhooks/bare_crds.h"
#include "tests/support/certificates.h"
#include "tests/support/crds/cases.h"
#include "tests/support/eventually.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/unit/webhooks/request.h"
#include "tests/unit/webhooks/server/counting_metrics.h"
#include "webhooks/server/server.h"

namespace fairlead::webhooks {
namespace {

using testing::CrdCase;
using testing::Eventually;
using ::testing::HasSubstr;
using testing::HttpReply;
using testing::Policy;
using testing::RealCluster;

constexpr char kHooks[] = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
constexpr char kDefinitions[] = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
constexpr char kDenied[] = "admission webhook \"validate.fairlead.dev\" denied the request: ";

std::string Collection(Kind kind) {
  const KindInfo& info = InfoOf(kind);
  return "/apis/fairlead.dev/v1alpha1" + std::string(info.namespaced ? "/namespaces/shop/" : "/") +
         std::string(info.plural);
}

class RealReviews : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!RealCluster::Missing().empty()) return;
    auto cluster = RealCluster::Start();
    ASSERT_TRUE(cluster) << cluster.error().message;
    cluster_ = std::move(*cluster);
    for (const std::string& manifest : CrdManifests()) {
      const HttpReply reply = cluster_->Call("POST", kDefinitions, testing::WithoutSchema(manifest));
      ASSERT_EQ(reply.status, 201) << reply.body;
    }
    cluster_->Call("POST", "/api/v1/namespaces", R"({"metadata":{"name":"shop"}})");
    for (const Kind kind : {Kind::kRetryTimeoutPolicy, Kind::kFailoverPolicy, Kind::kWorkspace,
                            Kind::kWorkspaceSettings, Kind::kDataPlane}) {
      ASSERT_TRUE(Eventually([&] { return cluster_->Call("GET", Collection(kind)).status == 200; }));
    }
  }
  static void TearDownTestSuite() { cluster_.reset(); }

  void SetUp() override {
    if (cluster_ == nullptr) GTEST_SKIP() << RealCluster::Missing();
    const testing::KeyPair pair = ca_.Issue({.common_name = "webhooks", .ip = {"127.0.0.1"}});
    auto server = Server::Start(
        {.host = "127.0.0.1"}, {pair.certificate_pem, Secret(pair.key_pem), ""},
        {{"/validate", {[](std::string_view body) { return AnswerReview(body, NoView()); }}}}, &metrics_);
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
  }
  void TearDown() override {
    if (cluster_ != nullptr) cluster_->Call("DELETE", std::string(kHooks) + "/fairlead");
  }

  void Install() {
    const std::string url = "https://127.0.0.1:" + std::to_string(server_->port()) + "/validate";
    const HttpReply made = cluster_->Call(
        "POST", kHooks,
        R"({"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration",)"
        R"("metadata":{"name":"fairlead"},"webhooks":[{"name":"validate.fairlead.dev","sideEffects":"None",)"
        R"("admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":30,"clientConfig":{"url":")" +
            url + R"(","caBundle":")" + EncodeBase64(ca_.certificate_pem()) +
            R"("},"rules":[{"apiGroups":["fairlead.dev"],"apiVersions":["v1alpha1"],"resources":["*","*/status"],)"
            R"("operations":["CREATE","UPDATE","DELETE"]}]}]})");
    ASSERT_EQ(made.status, 201) << made.body;
    // The API server sees it a moment later.
    ASSERT_TRUE(Eventually([&] { return Create(Bad()).status == 422; }));
  }
  static std::string Bad() { return Policy(testing::kBad); }
  static HttpReply Create(const std::string& json, Kind kind = Kind::kRetryTimeoutPolicy,
                          const std::string& query = "?dryRun=All") {
    return cluster_->Call("POST", Collection(kind) + query, json);
  }

  static std::unique_ptr<RealCluster> cluster_;
  const testing::TestCa ca_{"webhooks-ca"};
  CountingMetrics metrics_;
  std::unique_ptr<Server> server_;
};
std::unique_ptr<RealCluster> RealReviews::cluster_;

TEST_F(RealReviews, TheVerdictIsThatOfParse) {
  ASSERT_NO_FATAL_FAILURE(Install());
  std::string problem;
  int refused = 0, allowed = 0;
  for (const CrdCase& c : testing::LoadCrdCases(&problem)) {
    const HttpReply reply = Create(c.json, c.kind);
    EXPECT_TRUE(reply.ok() || !c.parse_ok) << c.Title() << "\n" << reply.body;
    if (reply.ok()) {
      // The server makes one of a member that is there twice, and drops what metadata has not.
      const auto outcome = testing::ParseAndPrint(c.kind, reply.body);
      EXPECT_TRUE(outcome.ok) << c.Title() << "\n" << Join(outcome.errors);
      ++allowed;
      continue;
    }
    const Json::Value status = testing::ParseJsonValue(reply.body);
    const std::string message = status["message"].asString();
    if (!message.starts_with(kDenied)) continue;  // the server's own, of metadata
    ++refused;
    EXPECT_EQ(reply.status, 422) << c.Title() << "\n" << reply.body;
    EXPECT_EQ(status["reason"].asString(), "Invalid");
    EXPECT_EQ(status["details"]["causes"].size(), c.errors.size()) << c.Title() << "\n" << message;
    for (const Json::Value& cause : status["details"]["causes"]) {
      const std::string path = testing::NormalPath(cause["field"].asString());
      EXPECT_TRUE(
          std::any_of(c.errors.begin(), c.errors.end(), [&](const auto& e) { return e.path == path; }))
          << c.Title() << " " << path;
    }
  }
  EXPECT_EQ(problem, "");
  EXPECT_GE(refused, 200);
  EXPECT_GE(allowed, 150);
}

TEST_F(RealReviews, WhatWasStoredInvalidIsNeverStuck) {
  const std::string at = Collection(Kind::kRetryTimeoutPolicy) + "/ratings";
  ASSERT_EQ(Create(Bad(), Kind::kRetryTimeoutPolicy, "").status, 201);  // before the webhook is
  ASSERT_NO_FATAL_FAILURE(Install());
  const auto merge = [&](const std::string& patch, const std::string& path) {
    return cluster_->Call("PATCH", path, patch, "application/merge-patch+json");
  };
  const HttpReply labelled =
      merge(R"({"metadata":{"labels":{"a":"b"},"finalizers":["example.org/wait"]}})", at);
  EXPECT_EQ(labelled.status, 200) << labelled.body;
  EXPECT_THAT(labelled.headers, HasSubstr("is stored though it is invalid"));
  EXPECT_EQ(merge(R"({"status":{"waypoints":"0/0"}})", at + "/status").status, 200);
  EXPECT_EQ(merge(R"({"spec":{"mode":"Override"}})", at).status, 422);
  EXPECT_EQ(cluster_->Call("DELETE", at).status, 200);
  EXPECT_EQ(cluster_->Call("GET", at).status, 200);  // waits for its finalizer
  const HttpReply freed = merge(R"({"metadata":{"finalizers":null}})", at);
  EXPECT_EQ(freed.status, 200) << freed.body;
  EXPECT_EQ(cluster_->Call("GET", at).status, 404);
}

TEST_F(RealReviews, CertificatesAreSwappedWhileItIsAsked) {
  ASSERT_NO_FATAL_FAILURE(Install());
  const std::string good = Policy(testing::kGood);
  for (int i = 0; i < 20; ++i) {
    const testing::KeyPair pair = ca_.Issue({.common_name = "webhooks", .ip = {"127.0.0.1"}});
    ASSERT_TRUE(server_->SetTls({pair.certificate_pem, Secret(pair.key_pem), ""}));
    const HttpReply reply = Create(good);
    EXPECT_EQ(reply.status, 201) << reply.body;
  }
  EXPECT_GE(metrics_.Of("RetryTimeoutPolicy CREATE allowed"), 20);
}

}  // namespace
}  // namespace fairlead::webhooks
