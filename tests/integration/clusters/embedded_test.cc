// Clusters that come, go, break and return, each an embedded API server in this process.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/clusters/embedded_clusters.h"
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

class ClustersTest : public EmbeddedClusters {};

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
