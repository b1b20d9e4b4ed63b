// Certificates of our own against the embedded API server: from nothing, over the years, and put right
// whatever somebody did to them.
#include "operator/app/certificate_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "crds/base/base64.h"
#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "operator/kube/config.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/eventually.h"
#include "tests/support/fake_clock.h"
#include "webhooks/certificates/x509.h"

namespace fairlead::app {
namespace {

using testing::Eventually;
using webhooks::SplitPem;

const kube::ObjectName kSecret{{"", "v1", "secrets"}, "fairlead-system", "fairlead-webhooks"};
const kube::ObjectName kHooks{
    {"admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations"}, "", "fairlead"};

constexpr int kMaxPublishes = 4;

// A replica: what it is told to serve.
class Replica {
 public:
  Replica(kube::HttpTransport* transport, runtime::Metrics* metrics, const Clock* clock, bool leads)
      : leads_(leads),
        metrics_(metrics),
        keeper_(
            {kSecret, "fairlead", {.names = {"fairlead-webhooks.fairlead-system.svc"}}, kMaxPublishes},
            transport, [this] { return leads_.load(); }, &metrics_, &runtime::Log::Default(), clock) {
    keeper_.OnPair(
        [this](const webhooks::TlsMaterial& pair) {
          const std::lock_guard lock(mutex_);
          served_ = pair.certificate_pem;
        },
        [](const std::string&) {});
    keeper_.Start();
  }
  std::string served() const {
    const std::lock_guard lock(mutex_);
    return served_;
  }
  void Lead() {
    leads_ = true;
    keeper_.Wake();
  }
  void Wake() { keeper_.Wake(); }

 private:
  mutable std::mutex mutex_;
  std::string served_;
  std::atomic<bool> leads_;
  CertificateMetrics metrics_;
  CertificateKeeper keeper_;
};

class CertificateKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto server = apiserver::ApiServer::Start({});
    ASSERT_TRUE(server) << server.error().message;
    server_ = std::move(*server);
    auto cluster = kube::ParseKubeconfig({{"kubeconfig", server_->kubeconfig()}});
    ASSERT_TRUE(cluster) << cluster.error().message;
    auto transport = kube::MakeTransport(*cluster);
    ASSERT_TRUE(transport) << transport.error().message;
    transport_ = std::move(*transport);
    client_ = std::make_unique<kube::Client>(transport_.get());
    Write({{"", "v1", "namespaces"}, "", "fairlead-system"},
          R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})");
  }
  void TearDown() override {
    replicas_.clear();
    server_->Stop();
  }

  void Write(const kube::ObjectName& name, const std::string& json) const {
    const auto written = client_->Apply(name, json, {.manager = "helm"});
    ASSERT_TRUE(written) << written.error().message;
  }
  void Configure(const std::vector<std::string>& names = {"a.fairlead.dev", "b.fairlead.dev"}) const {
    std::string webhooks;
    for (const std::string& name : names) {
      webhooks +=
          (webhooks.empty() ? R"({"name":")" : R"(,{"name":")") + name +
          R"(","sideEffects":"None","admissionReviewVersions":["v1"],"clientConfig":{"service":{"name":"s",)"
          R"("namespace":"fairlead-system"}}})";
    }
    Write(
        kHooks,
        R"({"apiVersion":"admissionregistration.k8s.io/v1","kind":"ValidatingWebhookConfiguration","metadata":)"
        R"({"name":"fairlead"},"webhooks":[)" +
            webhooks + "]}");
  }
  void Patch(const kube::ObjectName& name, const std::string& patch) const {
    const auto written = client_->MergePatch(name, patch, "", "somebody");
    ASSERT_TRUE(written) << written.error().message;
  }
  Json::Value Read(const kube::ObjectName& name) const {
    const auto body = client_->GetJson(name);
    return body ? ToJsonValue(JsonDocument::Parse(*body)->root()) : Json::Value();
  }
  std::string At(const std::string& key) const {
    const Json::Value secret = Read(kSecret);
    return secret.isNull() ? "" : DecodeBase64(secret["data"][key].asString()).value_or("");
  }
  // The bundle of all webhooks; "" where they differ.
  std::string Bundle() const {
    const Json::Value hooks = Read(kHooks);
    std::set<std::string> all;
    for (const Json::Value& webhook : hooks["webhooks"]) {
      all.insert(webhook["clientConfig"]["caBundle"].asString());
    }
    return all.size() == 1 ? DecodeBase64(*all.begin()).value_or("") : "";
  }
  Replica& Start(bool leads = true) {
    replicas_.push_back(std::make_unique<Replica>(transport_.get(), &metrics_, &clock_, leads));
    return *replicas_.back();
  }
  // Nothing is left to be done: served is what the Secret holds, and each webhook trusts it.
  bool Settled(const Replica& replica, size_t authorities = 1) const {
    const std::string served = replica.served(), bundle = Bundle();
    const std::vector<std::string> trusted = SplitPem(bundle);
    return !served.empty() && served == At("tls.crt") && trusted.size() == authorities &&
           std::any_of(trusted.begin(), trusted.end(),
                       [&](const std::string& ca) { return webhooks::IsSignedBy(served, ca); });
  }
  void Pass(std::chrono::seconds time) {
    clock_.Advance(time);
    for (const auto& replica : replicas_) replica->Wake();
  }

  testing::FakeClock clock_;
  std::unique_ptr<apiserver::ApiServer> server_;
  std::unique_ptr<kube::HttpTransport> transport_;
  std::unique_ptr<kube::Client> client_;
  runtime::Metrics metrics_;
  std::vector<std::unique_ptr<Replica>> replicas_;
};

TEST_F(CertificateKeeperTest, StartsFromNothing) {
  Configure();
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  EXPECT_EQ(webhooks::ReadNames(replica.served()),
            (std::set<std::string>{"fairlead-webhooks.fairlead-system.svc"}));
  const Json::Value hooks = Read(kHooks);
  EXPECT_EQ(hooks["webhooks"].size(), 2u);
  EXPECT_EQ(hooks["webhooks"][0]["clientConfig"]["service"]["name"].asString(), "s") << WriteJson(hooks);
  EXPECT_THAT(metrics_.Text(),
              ::testing::HasSubstr("fairlead_webhook_rotation_steps_total{step=\"MakeCa\"} 1"));
}

// As helm 4 does it: by server-side apply. Half a webhook would be left of one that we had a part in.
TEST_F(CertificateKeeperTest, AnUpgradeKeepsTheBundleAndTakesAWebhookAway) {
  Configure();
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  const std::string bundle = Bundle();
  ASSERT_TRUE(Eventually([&] {
    return WriteJson(Read(kHooks)["metadata"]["managedFields"]).find("fairlead/webhook-certificates") ==
           std::string::npos;
  }));
  Configure();
  EXPECT_EQ(Bundle(), bundle);
  Configure({"b.fairlead.dev"});
  EXPECT_EQ(Read(kHooks)["webhooks"].size(), 1u);
  EXPECT_EQ(Bundle(), bundle);
}

TEST_F(CertificateKeeperTest, FillsTheSecretOfTheChartAndLeavesItsLabels) {
  Configure();
  Write(kSecret, R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"fairlead-webhooks","namespace":)"
                 R"("fairlead-system","labels":{"a":"b"}}})");
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  EXPECT_EQ(Read(kSecret)["metadata"]["labels"]["a"], "b");
}

TEST_F(CertificateKeeperTest, PutsRightWhatSomebodyDid) {
  Configure();
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  const std::string served = replica.served(), bundle = Bundle(), key = At("ca.key");

  Patch(kHooks, R"({"webhooks":null})");
  Configure();
  EXPECT_TRUE(Eventually([&] { return Bundle() == bundle; }));

  ASSERT_TRUE(client_->Delete(kSecret, {.uid = Read(kSecret)["metadata"]["uid"].asString()}));
  EXPECT_TRUE(Eventually([&] { return At("ca.key") == key; }));
  Patch(kSecret, R"({"data":null})");
  EXPECT_TRUE(Eventually([&] { return At("ca.key") == key; }));
  Patch(kSecret, R"({"data":{"ca.key":"aGVsbG8="}})");
  EXPECT_TRUE(Eventually([&] { return At("ca.key") == key; }));
  EXPECT_EQ(replica.served(), served);

  Patch(kSecret, R"({"data":{"tls.key":"aGVsbG8="}})");
  EXPECT_TRUE(Eventually([&] { return replica.served() != served && Settled(replica); }));
  EXPECT_EQ(Bundle(), bundle);
}

TEST_F(CertificateKeeperTest, DoesNotFightForEver) {
  Configure();
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  const std::string bundle = Bundle();
  for (int i = 1; i < kMaxPublishes; ++i) {
    Patch(kHooks, R"({"webhooks":null})");
    Configure();
    ASSERT_TRUE(Eventually([&] { return Bundle() == bundle; })) << i;
  }
  Patch(kHooks, R"({"webhooks":null})");
  Configure();
  EXPECT_EQ(Bundle(), "");
  Pass(std::chrono::minutes(1));
  EXPECT_TRUE(Eventually([&] { return Bundle() == bundle; }));
}

TEST_F(CertificateKeeperTest, RenewsInTime) {
  Configure();
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  const std::string served = replica.served(), bundle = Bundle();
  Pass(std::chrono::hours(24 * 21));
  EXPECT_TRUE(Eventually([&] { return replica.served() != served && Settled(replica); }));
  EXPECT_EQ(Bundle(), bundle);
}

TEST_F(CertificateKeeperTest, ChangesTheAuthorityOnceWhenAsked) {
  Configure();
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  const std::string served = replica.served(), bundle = Bundle();
  Patch(kSecret, R"({"metadata":{"annotations":{"fairlead.dev/rotate":"it leaked"}}})");
  ASSERT_TRUE(Eventually([&] { return SplitPem(Bundle()).size() == 2 && !At("trusted-since").empty(); }));
  EXPECT_EQ(replica.served(), served);  // until everybody trusts the new one
  Pass(std::chrono::minutes(10));
  ASSERT_TRUE(Eventually([&] { return replica.served() != served && Settled(replica, 2); }));
  Pass(std::chrono::minutes(10));
  ASSERT_TRUE(Eventually([&] { return Settled(replica, 1); }));
  EXPECT_NE(Bundle(), bundle);
  EXPECT_EQ(At("answered"), "it leaked");
  EXPECT_EQ(At("next.crt"), "");
}

// The leader may be of a version that knows nothing of certificates, and goes only when this one is ready.
TEST_F(CertificateKeeperTest, WhoHasNoneDoesNotWaitForTheLeader) {
  Configure();
  Replica& replica = Start(false);
  ASSERT_TRUE(Eventually([&] { return Settled(replica); }));
  const std::string bundle = Bundle();
  // What follows is for the leader.
  Patch(kHooks, R"({"webhooks":null})");
  Configure();
  EXPECT_EQ(Bundle(), "");
  replica.Lead();
  EXPECT_TRUE(Eventually([&] { return Bundle() == bundle; }));
}

TEST_F(CertificateKeeperTest, ManyAtOnceEndWithOne) {
  Configure();
  for (int i = 0; i < 6; ++i) Start(i % 2 == 0);
  for (const auto& replica : replicas_) {
    EXPECT_TRUE(Eventually([&] { return Settled(*replica); }));
  }
}

TEST_F(CertificateKeeperTest, WithoutAConfigurationItIsServedAndPublishedLater) {
  const Replica& replica = Start();
  ASSERT_TRUE(Eventually([&] { return !replica.served().empty(); }));
  Configure();
  EXPECT_TRUE(Eventually([&] { return Settled(replica); }));
}

}  // namespace
}  // namespace fairlead::app
