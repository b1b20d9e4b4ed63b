// Clusters that come, go, break and return, each an embedded API server in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/clusters/cluster_rig.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using apiserver::ApiServer;
using apiserver::FaultKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;
using Members = std::vector<std::string>;

constexpr char kExec[] =
    "{current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}], clusters: [{name: c, "
    "cluster: {server: \"https://10.0.0.1\"}}], users: [{name: u, user: {exec: {apiVersion: "
    "client.authentication.k8s.io/v1, command: s3cret}}}]}";

std::unique_ptr<ApiServer> Serve(std::map<std::string, apiserver::User> tokens = {}) {
  apiserver::ServerOptions options;
  options.api.tokens = std::move(tokens);
  return *ApiServer::Start(options);
}

void Store(ApiServer* server, const std::string& json) {
  const auto value = apiserver::ParseJson(json);
  ASSERT_TRUE(value) << json;
  const auto stored = server->Apply(*value);
  ASSERT_TRUE(stored) << json;
}

void StoreNamespace(ApiServer* server, const std::string& name) {
  Store(server, R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + "\"}}");
}

void Cut(ApiServer* server) {
  server->faults().Add({.times = -1, .kind = FaultKind::kDropBeforeHeaders});
  server->DropConnections();
}

class ClustersTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = Serve();
    StoreNamespace(home_.get(), "fairlead-system");
    west_ = ServeRatings("10.2.0.1");
  }
  static std::unique_ptr<ApiServer> ServeRatings(const std::string& addresses,
                                                 std::map<std::string, apiserver::User> tokens = {}) {
    auto server = Serve(std::move(tokens));
    StoreNamespace(server.get(), "shop");
    Store(server.get(), RatingsService());
    Store(server.get(), RatingsSlice(addresses));
    return server;
  }
  void StartRegistry(milliseconds stale_limit = std::chrono::minutes(15),
                     milliseconds settle_limit = std::chrono::minutes(5)) {
    kube::WatcherOptions watches;
    watches.backoff_max = watches.slow_base = watches.slow_max = milliseconds(200);
    rig_ = std::make_unique<ClusterRig>(home_->kubeconfig(), watches, stale_limit, settle_limit);
  }
  void Name(const std::map<std::string, std::string>& clusters, const std::string& secret = "remotes") {
    Store(home_.get(), ClusterSecret(secret, clusters));
  }
  bool AwaitMetric(const std::string& line) {
    return Eventually([&] { return rig_->Metrics().find(line) != std::string::npos; });
  }
  void Forget(const std::string& secret = "remotes") {
    const std::unique_ptr<kube::HttpTransport> to_home =
        *kube::MakeTransport(*kube::ParseKubeconfig({{"home", home_->kubeconfig()}}));
    kube::Client client(to_home.get());
    const kube::ObjectName name{{"", "v1", "secrets"}, "fairlead-system", secret};
    const auto object = JsonDocument::Parse(*client.GetJson(name));
    const std::string uid(object->root().Find("metadata")->StringAt("uid"));
    ASSERT_TRUE(client.Delete(name, {.uid = uid}));
  }
  std::unique_ptr<ApiServer> home_, west_;
  std::unique_ptr<ClusterRig> rig_;
};

TEST_F(ClustersTest, AClusterIsAddedFollowedAndRemovedAtRunTime) {
  StartRegistry();
  EXPECT_EQ(rig_->Members(), Members{});
  Name({{"west", west_->kubeconfig()}});
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"})) << rig_->Log();
  EXPECT_TRUE(rig_->AwaitState("west", "fresh"));
  EXPECT_TRUE(AwaitMetric(R"(fairlead_cluster_state{cluster="west",state="fresh"} 1)"));
  Store(west_.get(), RatingsSlice("10.2.0.1, 10.2.0.2"));
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west", "10.2.0.2 west"}));
  const auto east = ServeRatings("10.3.0.1");
  Name({{"east", east->kubeconfig()}}, "another");
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west", "10.2.0.2 west", "10.3.0.1 east"}));
  Forget();
  ASSERT_TRUE(rig_->AwaitMembers({"10.3.0.1 east"}));
  EXPECT_TRUE(rig_->AwaitState("west", ""));
  EXPECT_TRUE(AwaitMetric(R"(fairlead_cluster_state{cluster="west",state="fresh"} 0)"));
}

TEST_F(ClustersTest, OneWithoutFailoverPoliciesIsFreshAndSaysSo) {
  StartRegistry();
  Name({{"west", west_->kubeconfig()}});
  ASSERT_TRUE(rig_->AwaitState("west", "fresh")) << rig_->Log();
  EXPECT_TRUE(Eventually(
      [&] { return rig_->registry().clusters().at("west").policies == "it serves no failoverpolicies"; }));
}

TEST_F(ClustersTest, OneThatIsCutOffStaysInForceAndReturns) {
  StartRegistry();
  Name({{"west", west_->kubeconfig()}});
  ASSERT_TRUE(rig_->AwaitState("west", "fresh"));
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  const uint64_t lowered = rig_->Lowered();
  Cut(west_.get());
  ASSERT_TRUE(rig_->AwaitState("west", "stale"));
  EXPECT_NE(rig_->registry().clusters().at("west").reason, "");
  EXPECT_EQ(rig_->Members(), Members{"10.2.0.1 west"});
  EXPECT_EQ(rig_->Lowered(), lowered) << "nothing is different for proxies";
  west_->faults().Clear();
  ASSERT_TRUE(rig_->AwaitState("west", "fresh")) << rig_->Log();
  EXPECT_EQ(rig_->Lowered(), lowered);
  Store(west_.get(), RatingsSlice("10.2.0.9"));
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.9 west"}));
}

TEST_F(ClustersTest, PastTheLimitItsEndpointsCountAsNotHealthy) {
  StartRegistry(milliseconds(1));
  Name({{"west", west_->kubeconfig()}});
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  Cut(west_.get());
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west ill"})) << rig_->Log();
  EXPECT_TRUE(rig_->AwaitState("west", "expired"));
  west_->faults().Clear();
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
}

TEST_F(ClustersTest, AWrongSecretIsToldAndLeavesTheOthers) {
  StartRegistry();
  Name({{"west", west_->kubeconfig()}, {"bad", kExec}});
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  ASSERT_TRUE(rig_->AwaitState("bad", "refused"));
  ASSERT_TRUE(rig_->AwaitProblem("programs are not run for a Secret"));
  EXPECT_TRUE(rig_->AwaitEvents(1));
  for (const std::string& text : {rig_->Log(), rig_->Metrics(), rig_->registry().Dump().toStyledString()})
    EXPECT_THAT(text, Not(HasSubstr("s3cret")));
  // What was good stays as it is.
  Name({{"west", kExec}});
  ASSERT_TRUE(rig_->AwaitState("bad", ""));
  ASSERT_TRUE(rig_->AwaitProblem("key west"));
  EXPECT_TRUE(rig_->AwaitState("west", "fresh"));
  Store(west_.get(), RatingsSlice("10.2.0.5"));
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.5 west"}));
  Name({{"west", west_->kubeconfig()}});
  EXPECT_TRUE(rig_->AwaitProblem(""));
}

TEST_F(ClustersTest, CredentialsAreRotatedWithoutAGap) {
  west_ = ServeRatings("10.2.0.1",
                       {{"one", {"first", {"system:masters"}}}, {"two", {"second", {"system:masters"}}}});
  StartRegistry();
  Name({{"west", west_->kubeconfig("one")}});
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  const uint64_t lowered = rig_->Lowered();
  Name({{"west", west_->kubeconfig("neither")}});
  ASSERT_TRUE(rig_->AwaitState("west", "stale"));
  EXPECT_EQ(rig_->Members(), Members{"10.2.0.1 west"});
  Name({{"west", west_->kubeconfig("two")}});
  ASSERT_TRUE(rig_->AwaitState("west", "fresh")) << rig_->Log();
  EXPECT_EQ(rig_->Members(), Members{"10.2.0.1 west"});
  EXPECT_EQ(rig_->Lowered(), lowered);
  bool seen = false;
  for (const auto& record : west_->audit().Records())
    seen = seen || (record.verb == "list" && record.user == "second");
  EXPECT_TRUE(seen);
}

TEST_F(ClustersTest, OneThatNeverAnswersDelaysNoOther) {
  const auto silent = Serve();
  silent->faults().Add({.times = -1, .kind = FaultKind::kStall});
  StartRegistry();
  Name({{"a-silent", silent->kubeconfig()}, {"west", west_->kubeconfig()}});
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  EXPECT_EQ(rig_->registry().clusters().at("a-silent").state, "connecting");
  Name({{"west", west_->kubeconfig()}});
  EXPECT_TRUE(rig_->AwaitState("a-silent", ""));
}

TEST_F(ClustersTest, TheStartIsOverOnceWhatSecretsNameWasListed) {
  Name({{"west", west_->kubeconfig()}});
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
}

TEST_F(ClustersTest, TheStartIsOverAtOnceWhereThereIsNothingToWaitFor) {
  const auto gone = Serve();
  const std::string nowhere = gone->kubeconfig();
  Cut(gone.get());
  Name({{"broken", kExec}, {"gone", nowhere}, {"west", west_->kubeconfig()}});
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
}

TEST_F(ClustersTest, TheStartIsOverWithoutAnySecret) {
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{})) << rig_->Log();
}

TEST_F(ClustersTest, OneThatNeverAnswersHoldsTheStartForTheLimitAtMost) {
  const auto silent = Serve();
  silent->faults().Add({.times = -1, .kind = FaultKind::kStall});
  Name({{"a-silent", silent->kubeconfig()}, {"west", west_->kubeconfig()}});
  StartRegistry(std::chrono::minutes(15), milliseconds(1500));
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  EXPECT_TRUE(rig_->AwaitSettled()) << rig_->Log();
  EXPECT_EQ(rig_->registry().clusters().at("a-silent").state, "connecting");
}

TEST_F(ClustersTest, AServerThatKnowsNoServicesIsNotBelieved) {
  StartRegistry();
  Name({{"west", west_->kubeconfig()}});
  ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
  west_->faults().Add({.times = -1, .kind = FaultKind::kStatus, .code = 404});
  west_->DropConnections();
  const size_t before = west_->faults().hits();
  ASSERT_TRUE(rig_->AwaitState("west", "stale"));
  ASSERT_TRUE(Eventually([&] { return west_->faults().hits() >= before + 40; }));
  EXPECT_EQ(rig_->Members(), Members{"10.2.0.1 west"});
}

}  // namespace
}  // namespace fairlead::testing
