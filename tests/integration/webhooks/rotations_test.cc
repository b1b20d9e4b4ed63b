// Fifty rotations of the webhooks' own authority, with two replicas behind one Service of a real API server
// that is asked all the while: no valid object is refused, and no invalid one admitted.
//
// Time is the test's: a rotation waits for what the API server and the replicas have really seen, not for
// minutes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "crds/base/base64.h"
#include "crds/schema/manifests.h"
#include "operator/app/certificate_keeper.h"
#include "operator/kube/config.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/integration/webhooks/bare_crds.h"
#include "tests/support/eventually.h"
#include "tests/support/kube/egress.h"
#include "tests/support/kube/real_cluster.h"
#include "tests/support/tls_client.h"
#include "tests/unit/webhooks/request.h"
#include "tests/unit/webhooks/server/counting_metrics.h"
#include "webhooks/certificates/x509.h"
#include "webhooks/server/server.h"

namespace fairlead::app {
namespace {

using testing::Eventually;
using testing::HttpReply;
using testing::RealCluster;

constexpr int kRotations = 50;
constexpr char kHost[] = "fairlead-webhooks.fairlead-system.svc";
constexpr char kHooks[] = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
constexpr char kSecret[] = "/api/v1/namespaces/fairlead-system/secrets/fairlead-webhooks";
constexpr char kPolicies[] = "/apis/fairlead.dev/v1alpha1/namespaces/shop/retrytimeoutpolicies?dryRun=All";

// Begins now, since the API server looks at certificates by the true time, and stands but for Advance.
class StandingClock final : public Clock {
 public:
  TimePoint Now() const override { return Clock::System().Now(); }
  Timestamp WallNow() const override { return {now_}; }
  void Advance(std::chrono::seconds by) { now_ += by.count(); }

 private:
  std::atomic<int64_t> now_{Clock::System().WallNow().seconds};
};

class Replica {
 public:
  Replica(kube::HttpTransport* transport, runtime::Metrics* metrics, const Clock* clock,
          const webhooks::RotationRules& rules, bool leads)
      : steps_(metrics),
        keeper_(
            {{{"", "v1", "secrets"}, "fairlead-system", "fairlead-webhooks"}, "fairlead", rules}, transport,
            [leads] { return leads; }, &steps_, &runtime::Log::Default(), clock) {
    auto server = webhooks::Server::Listen(
        {.host = "127.0.0.1"},
        {{"/validate", {[](std::string_view body) { return AnswerReview(body, webhooks::NoView()); }}}},
        &counts_);
    EXPECT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    keeper_.OnPair([this](const webhooks::TlsMaterial& pair) { EXPECT_TRUE(server_->SetTls(pair)); },
                   [](const std::string&) {});
    keeper_.Start();
  }
  ~Replica() { keeper_.Stop(); }
  int port() const { return server_->port(); }
  void Wake() { keeper_.Wake(); }
  // New handshakes get a certificate of one of these authorities, and of no other.
  bool ServesBy(const std::string& bundle) const {
    return testing::TlsClient({.port = port(), .ca_pem = bundle, .server_name = kHost}).problem().empty();
  }
  int reviews() { return counts_.Of("RetryTimeoutPolicy CREATE allowed"); }

 private:
  CertificateMetrics steps_;
  webhooks::CountingMetrics counts_;
  std::unique_ptr<webhooks::Server> server_;
  CertificateKeeper keeper_;
};

class RotationsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    testing::RealClusterOptions options;
    options.apiserver_flags = {egress_.Flag()};
    auto cluster = RealCluster::Start(options);
    ASSERT_TRUE(cluster) << cluster.error().message;
    cluster_ = std::move(*cluster);
    for (const std::string& manifest : CrdManifests()) {
      Make("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", testing::WithoutSchema(manifest));
    }
    for (const char* ns : {"shop", "fairlead-system"}) {
      Make("/api/v1/namespaces", R"({"metadata":{"name":")" + std::string(ns) + "\"}}");
    }
    Make("/api/v1/namespaces/fairlead-system/services",
         R"({"metadata":{"name":"fairlead-webhooks"},"spec":{"ports":[{"port":443}]}})");
    ASSERT_TRUE(Eventually([&] { return Create(testing::kGood).status == 201; }));
    Make(
        kHooks,
        R"({"metadata":{"name":"fairlead"},"webhooks":[{"name":"policies.fairlead.dev","sideEffects":"None",)"
        R"("admissionReviewVersions":["v1"],"failurePolicy":"Fail","timeoutSeconds":30,"clientConfig":{"service":)"
        R"({"namespace":"fairlead-system","name":"fairlead-webhooks","path":"/validate","port":443}},"rules":[)"
        R"({"apiGroups":["fairlead.dev"],"apiVersions":["v1alpha1"],"resources":["retrytimeoutpolicies"],)"
        R"("operations":["CREATE"]}]}]})");
    kube::ConfigSources sources;
    sources.kubeconfig = cluster_->kubeconfig_path();
    const auto config = kube::LoadConfig(sources);
    ASSERT_TRUE(config) << config.error().message;
    auto transport = kube::MakeTransport(*config);
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = std::move(*transport);
    for (const bool leads : {true, false}) {
      replicas_.push_back(std::make_unique<Replica>(transport_.get(), &metrics_, &clock_, rules_, leads));
    }
    egress_.Set({replicas_[0]->port(), replicas_[1]->port()});
    ASSERT_TRUE(Eventually([&] { return Create(testing::kGood).status == 201; }));
    ASSERT_TRUE(Eventually([&] { return Create(testing::kBad).status == 422; }));
  }
  void TearDown() override { replicas_.clear(); }

  void Make(const std::string& collection, const std::string& json) const {
    const HttpReply made = cluster_->Call("POST", collection, json);
    ASSERT_EQ(made.status, 201) << made.body;
  }
  HttpReply Create(const char* spec) const {
    return cluster_->Call("POST", kPolicies, testing::Policy(spec));
  }
  Json::Value Read(const std::string& path) const {
    const auto document = JsonDocument::Parse(cluster_->Call("GET", path).body, 1u << 20);
    return document ? ToJsonValue(document->root()) : Json::Value();
  }
  std::string Bundle() const {
    const Json::Value hooks = Read(std::string(kHooks) + "/fairlead");
    return DecodeBase64(hooks["webhooks"][0]["clientConfig"]["caBundle"].asString()).value_or("");
  }
  // Waits until the API server acts by configurations as they are now: it learns of all of them in the order
  // in which they changed, so one that is new and seen comes after all before it.
  void AwaitSeen(const std::string& mark) const {
    Make(
        kHooks,
        R"({"metadata":{"name":"mark-)" + mark +
            R"("},"webhooks":[{"name":"mark.fairlead.dev","sideEffects":"None","admissionReviewVersions":)"
            R"(["v1"],"failurePolicy":"Fail","clientConfig":{"url":"https://127.0.0.1:1/"},"objectSelector":)"
            R"({"matchLabels":{"mark":")" +
            mark +
            R"("}},"rules":[{"apiGroups":[""],"apiVersions":["v1"],"resources":["configmaps"],)"
            R"("operations":["CREATE"]}]}]})");
    const std::string probe = R"({"metadata":{"name":"probe","labels":{"mark":")" + mark + "\"}}}";
    EXPECT_TRUE(Eventually([&] {
      return !cluster_->Call("POST", "/api/v1/namespaces/shop/configmaps?dryRun=All", probe).ok();
    })) << mark;
    EXPECT_TRUE(cluster_->Call("DELETE", std::string(kHooks) + "/mark-" + mark).ok());
  }
  void Settle() {
    clock_.Advance(rules_.settle);
    for (const auto& replica : replicas_) replica->Wake();
  }

  void Rotate(int number) {
    const std::string mark = std::to_string(number), first = Bundle();
    const HttpReply asked = cluster_->Call(
        "PATCH", kSecret, R"({"metadata":{"annotations":{"fairlead.dev/rotate":")" + mark + "\"}}}",
        "application/merge-patch+json");
    ASSERT_TRUE(asked.ok()) << asked.body;
    ASSERT_TRUE(Eventually([&] {
      return webhooks::SplitPem(Bundle()).size() == 2 && Read(kSecret)["data"].isMember("trusted-since");
    })) << mark;
    ASSERT_NO_FATAL_FAILURE(AwaitSeen(mark));
    std::string second;
    for (const std::string& authority : webhooks::SplitPem(Bundle())) {
      if (authority != first) second = authority;
    }
    Settle();
    for (const auto& replica : replicas_) {
      ASSERT_TRUE(Eventually([&] { return replica->ServesBy(second); })) << mark;
    }
    Settle();
    ASSERT_TRUE(Eventually([&] { return Bundle() == second; })) << mark;
  }

  StandingClock clock_;
  const webhooks::RotationRules rules_{.names = {kHost}, .settle = std::chrono::seconds(1)};
  testing::Egress egress_;
  std::unique_ptr<RealCluster> cluster_;
  std::unique_ptr<kube::HttpTransport> transport_;
  runtime::Metrics metrics_;
  std::vector<std::unique_ptr<Replica>> replicas_;
};

TEST_F(RotationsTest, NoCallFails) {
  std::atomic<bool> done{false};
  std::atomic<int> good{0}, bad{0};
  std::thread user([&] {  // one: what is rotated needs the machine, too
    while (!done) {
      const HttpReply taken = Create(testing::kGood), refused = Create(testing::kBad);
      EXPECT_EQ(taken.status, 201) << taken.body;
      EXPECT_EQ(refused.status, 422) << refused.body;
      good += taken.status == 201;
      bad += refused.status == 422;
    }
  });
  for (int i = 1; i <= kRotations && !HasFailure(); ++i) Rotate(i);
  done = true;
  user.join();
  EXPECT_TRUE(Eventually([&] {  // who owns a part of a webhook is in the way of upgrades
    const Json::Value hooks = Read(std::string(kHooks) + "/fairlead");
    return WriteJson(hooks["metadata"]["managedFields"]).find("fairlead/webhook-certificates") ==
           std::string::npos;
  }));
  EXPECT_GT(good.load(), kRotations);
  EXPECT_GT(bad.load(), kRotations);
  for (const auto& replica : replicas_) EXPECT_GT(replica->reviews(), 0);
  EXPECT_THAT(metrics_.Text(),
              ::testing::HasSubstr("fairlead_webhook_rotation_steps_total{step=\"Promote\"} " +
                                   std::to_string(kRotations)));
}

}  // namespace
}  // namespace fairlead::app
