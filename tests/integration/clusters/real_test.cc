// Two real API servers: a cluster is added, cut off for longer than a watch would notice, returns, its
// credentials are rotated, wrong ones are told, and it is removed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/base64.h"
#include "tests/integration/clusters/cluster_rig.h"
#include "tests/support/eventually.h"
#include "tests/support/kube/real_cluster.h"

namespace fairlead::testing {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using Members = std::vector<std::string>;

// As `istioctl create-remote-secret` writes it: all of it inline.
std::string Kubeconfig(const RealCluster& cluster, const std::string& token) {
  return "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts:\n- name: c\n  context: {cluster: c, "
         "user: u}\n"
         "clusters:\n- name: c\n  cluster:\n    server: " +
         cluster.server() + "\n    certificate-authority-data: " + EncodeBase64(cluster.ca_pem()) +
         "\nusers:\n- name: u\n  user: {token: " + token + "}\n";
}

class RealClustersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = RealCluster::Missing(); !why.empty()) GTEST_SKIP() << why;
    for (auto* cluster : {&home_, &west_}) {
      auto started = RealCluster::Start();
      ASSERT_TRUE(started) << started.error().message;
      *cluster = *std::move(started);
    }
    Post(*home_, "/api/v1/namespaces", R"({"metadata":{"name":"fairlead-system"}})");
    Post(*west_, "/api/v1/namespaces", R"({"metadata":{"name":"shop"}})");
    Post(*west_, "/api/v1/namespaces/shop/services", RatingsService());
    Post(*west_, "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices", RatingsSlice("10.2.0.1"));
    StartRig(std::chrono::minutes(5));
  }
  void StartRig(seconds settle_limit) {
    kube::WatcherOptions watches;
    watches.idle_timeout = seconds(10);  // so long a silent stream is trusted
    watches.list_timeout = seconds(20);
    watches.backoff_max = watches.slow_base = watches.slow_max = std::chrono::milliseconds(500);
    rig_ = std::make_unique<ClusterRig>(Kubeconfig(*home_, "admin"), watches, std::chrono::minutes(15),
                                        settle_limit);
  }
  void TearDown() override {
    if (west_ && !west_->ApiServerRunning()) west_->ResumeApiServer();
    if (HasFailure() && rig_) ADD_FAILURE() << rig_->Log();
    rig_.reset();
  }
  static void Post(const RealCluster& cluster, const std::string& path, const std::string& body) {
    const HttpReply reply = cluster.Call("POST", path, body);
    ASSERT_TRUE(reply.ok()) << reply.body;
  }
  static constexpr char kSecrets[] = "/api/v1/namespaces/fairlead-system/secrets";
  void Name(const std::string& kubeconfig) {
    const HttpReply reply =
        home_->Call("PUT", std::string(kSecrets) + "/west", ClusterSecret("west", {{"west", kubeconfig}}));
    ASSERT_TRUE(reply.ok()) << reply.body;
  }

  std::unique_ptr<RealCluster> home_, west_;
  std::unique_ptr<ClusterRig> rig_;
};

TEST_F(RealClustersTest, AClustersLife) {
  // Added.
  Post(*home_, kSecrets, ClusterSecret("west", {{"west", Kubeconfig(*west_, "admin")}}));
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  ASSERT_TRUE(rig_->AwaitState("west", "fresh"));

  // Cut off: its server stops, connections stay open and silent.
  const uint64_t lowered = rig_->Lowered();
  west_->PauseApiServer();
  ASSERT_TRUE(rig_->AwaitState("west", "stale"));
  EXPECT_EQ(rig_->Members(), Members{"10.2.0.1 west"});
  EXPECT_EQ(rig_->Lowered(), lowered);

  // Returned.
  west_->ResumeApiServer();
  ASSERT_TRUE(rig_->AwaitState("west", "fresh"));
  EXPECT_EQ(rig_->Lowered(), lowered);
  ASSERT_TRUE(west_
                  ->Call("PUT", "/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices/ratings-1",
                         RatingsSlice("10.2.0.1, 10.2.0.2"))
                  .ok());
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west", "10.2.0.2 west"}));

  // Wrong credentials, then such without rights: what was known stays, and the state says why.
  Name(Kubeconfig(*west_, "nobody"));
  ASSERT_TRUE(rig_->AwaitState("west", "stale"));
  Name(Kubeconfig(*west_, "guest"));
  EXPECT_TRUE(rig_->AwaitReason("west", "forbidden"));
  EXPECT_EQ(rig_->Members(), (Members{"10.2.0.1 west", "10.2.0.2 west"}));

  // Rotated to good ones: a client certificate in place of a token.
  const KeyPair admin = west_->IssueClient("rotated", "system:masters");
  std::string rotated = Kubeconfig(*west_, "x");
  rotated.replace(rotated.find("{token: x}"), 10,
                  "{client-certificate-data: " + EncodeBase64(admin.certificate_pem) +
                      ", client-key-data: " + EncodeBase64(admin.key_pem) + "}");
  Name(rotated);
  ASSERT_TRUE(rig_->AwaitState("west", "fresh"));
  EXPECT_EQ(rig_->Members(), (Members{"10.2.0.1 west", "10.2.0.2 west"}));

  // Lost, and the operator is started anew meanwhile: what was known stays in force, as of then.
  west_->PauseApiServer();
  ASSERT_TRUE(rig_->AwaitState("west", "stale"));
  rig_.reset();
  StartRig(seconds(2));
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west", "10.2.0.2 west"})) << rig_->Log();
  EXPECT_EQ(rig_->registry().clusters().at("west").state, "stale");
  EXPECT_TRUE(rig_->registry().clusters().at("west").kept);
  west_->ResumeApiServer();
  ASSERT_TRUE(rig_->AwaitState("west", "fresh"));
  EXPECT_FALSE(rig_->registry().clusters().at("west").kept);
  EXPECT_EQ(rig_->Members(), (Members{"10.2.0.1 west", "10.2.0.2 west"}));

  // A Secret that would run a program: told by an Event; the connection stays.
  Name(
      "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, "
      "cluster: "
      "{server: \"https://10.0.0.1\"}}], users: [{name: u, user: {exec: {apiVersion: "
      "client.authentication.k8s.io/v1, command: sh}}}]}");
  ASSERT_TRUE(rig_->AwaitProblem("programs are not run for a Secret"));
  EXPECT_TRUE(rig_->AwaitState("west", "fresh"));
  EXPECT_TRUE(rig_->AwaitEvents(1));
  EXPECT_THAT(home_->Call("GET", "/apis/events.k8s.io/v1/namespaces/fairlead-system/events").body,
              HasSubstr("ClusterRefused"));

  // Removed.
  ASSERT_TRUE(home_->Call("DELETE", std::string(kSecrets) + "/west").ok());
  ASSERT_TRUE(rig_->AwaitMembers({}));
  EXPECT_TRUE(rig_->AwaitState("west", ""));
  EXPECT_TRUE(Eventually([&] {
    return home_->Call("GET", "/api/v1/namespaces/fairlead-system/configmaps/fairlead-last-known-of-west")
               .status == 404;
  }));
}

}  // namespace
}  // namespace fairlead::testing
