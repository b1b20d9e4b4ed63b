// What was last known of a cluster outlives the operator: it ends, or dies, and is started while that cluster
// cannot be reached.
#include <gmock/gmock.h>

#include "crds/base/base64.h"
#include "tests/integration/clusters/embedded_clusters.h"
#include "tests/support/eventually.h"

namespace fairlead::testing {
namespace {

using apiserver::FaultKind;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::HasSubstr;
using Members = std::vector<std::string>;

constexpr char kCopy[] = "fairlead-last-known-of-west";

class KeptTest : public EmbeddedClusters {
 protected:
  // Fresh, with that endpoint.
  void BeginWell(milliseconds stale_limit = minutes(15)) {
    Name({{"west", west_->kubeconfig()}});
    StartRegistry(stale_limit);
    ASSERT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"})) << rig_->Log();
    ASSERT_TRUE(AwaitFresh());
  }
  // And everybody has been told.
  bool AwaitFresh() { return AwaitMetric(R"(fairlead_cluster_state{cluster="west",state="fresh"} 1)"); }
  void LoseWest() {
    Cut(west_.get());
    ASSERT_TRUE(rig_->AwaitState("west", "stale"));
    ASSERT_TRUE(Eventually([&] { return HasCopy(); })) << rig_->Log();
  }
  bool HasCopy() { return home_->Read("v1", "ConfigMap", "fairlead-system", kCopy).has_value(); }
  clusters::ClusterReport West() { return rig_->registry().clusters().at("west"); }
  std::string Dump() { return rig_->registry().Dump().toStyledString(); }
};

TEST_F(KeptTest, WhatWasKnownOfOneThatIsGoneIsInForceAfterARestart) {
  BeginWell();
  LoseWest();
  const Timestamp since = West().since;
  rig_.reset();
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
  EXPECT_EQ(West().state, "stale");
  EXPECT_EQ(West().since, since);
  EXPECT_TRUE(West().kept);
  EXPECT_THAT(West().reason, HasSubstr(": ")) << "which kind, and why";
  EXPECT_TRUE(AwaitMetric(R"(fairlead_cluster_kept{cluster="west"} 1)"));
  EXPECT_TRUE(AwaitMetric(R"(fairlead_cluster_copies_total{result="used"} 1)"));
  EXPECT_TRUE(
      AwaitMetric("fairlead_cluster_state_since_seconds{cluster=\"west\"} " + std::to_string(since.seconds)));

  // Once more, without having heard of it: it is as old as it was.
  rig_.reset();
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
  EXPECT_EQ(West().since, since);

  Store(west_.get(), RatingsSlice("10.2.0.1, 10.2.0.2"));
  west_->faults().Clear();
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.1 west", "10.2.0.2 west"})) << rig_->Log();
  EXPECT_TRUE(rig_->AwaitState("west", "fresh"));
  EXPECT_FALSE(West().kept);
  EXPECT_TRUE(AwaitMetric(R"(fairlead_cluster_kept{cluster="west"} 0)"));
  Store(west_.get(), RatingsSlice("10.2.0.3"));
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.3 west"})) << "changes are followed";
}

TEST_F(KeptTest, OneThatIsLostWhileNoOperatorRunsIsKnownToo) {
  BeginWell();
  rig_.reset();  // in good order, and it is fresh
  EXPECT_TRUE(HasCopy());
  Cut(west_.get());
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
  EXPECT_EQ(West().state, "stale");
}

TEST_F(KeptTest, AnOperatorThatDiesHasKeptWhatItLostBefore) {
  BeginWell();
  LoseWest();
  rig_->Die();
  rig_.reset();
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
}

TEST_F(KeptTest, AnOperatorThatDiesWhileAllIsWellHasKeptNothing) {
  BeginWell();
  rig_->Die();
  rig_.reset();
  EXPECT_FALSE(HasCopy());
  Cut(west_.get());
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{})) << rig_->Log();
  EXPECT_EQ(West().state, "connecting");
  EXPECT_EQ(West().copy, "");
}

TEST_F(KeptTest, PastTheLimitItsEndpointsCountAsNotHealthy) {
  BeginWell();
  LoseWest();
  rig_.reset();
  StartRegistry(milliseconds(1));
  EXPECT_TRUE(rig_->AwaitSettled()) << rig_->Log();
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.1 west ill"})) << rig_->Log();
  EXPECT_EQ(West().state, "expired");
  EXPECT_TRUE(West().kept);
  west_->faults().Clear();
  EXPECT_TRUE(rig_->AwaitMembers({"10.2.0.1 west"}));
}

TEST_F(KeptTest, OneThatOnlyIsSilentIsKnownAfterTheWait) {
  BeginWell();
  rig_.reset();
  west_->faults().Add({.times = -1, .kind = FaultKind::kStall});
  StartRegistry(minutes(15), milliseconds(500));
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
  EXPECT_EQ(West().reason, "does not answer yet");
}

TEST_F(KeptTest, OneThatCanBeReachedNeedsNoCopy) {
  BeginWell();
  rig_.reset();
  EXPECT_TRUE(HasCopy());
  Store(west_.get(), RatingsSlice("10.2.0.5"));
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.5 west"})) << rig_->Log();
  EXPECT_FALSE(West().kept);
}

TEST_F(KeptTest, AnotherClusterOfTheSameNameDoesNotGetIt) {
  BeginWell();
  rig_.reset();
  const auto other = ServeRatings("10.9.0.1");
  const std::string nowhere = other->kubeconfig();
  Cut(other.get());
  Name({{"west", nowhere}});
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{})) << rig_->Log();
  EXPECT_EQ(West().state, "connecting");
  EXPECT_TRUE(rig_->AwaitEvents(1));
  EXPECT_THAT(Dump(), HasSubstr("is not used: ConfigMap fairlead-last-known-of-west: is of " + west_->url()));
  EXPECT_TRUE(AwaitMetric(R"(fairlead_cluster_copies_total{result="unusable"} 1)"));
  other->faults().Clear();
  EXPECT_TRUE(rig_->AwaitMembers({"10.9.0.1 west"}));
  EXPECT_TRUE(Eventually([&] { return West().copy.empty(); }));
}

TEST_F(KeptTest, OneThatIsDamagedIsToldAndNotUsed) {
  BeginWell();
  LoseWest();
  rig_->Die();
  rig_.reset();
  Store(home_.get(), R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":")" + std::string(kCopy) +
                         R"(","namespace":"fairlead-system","labels":{"fairlead.dev/last-known-of":"west"}},)"
                         R"("binaryData":{"known.json.gz":")" +
                         EncodeBase64("no gzip") + R"("}})");
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{})) << rig_->Log();
  EXPECT_THAT(West().copy, HasSubstr("is no gzip, or is damaged or cut"));
  EXPECT_TRUE(rig_->AwaitEvents(1));
}

TEST_F(KeptTest, OtherCredentialsForTheSameClusterChangeNothing) {
  west_ = ServeRatings("10.2.0.1",
                       {{"one", {"first", {"system:masters"}}}, {"two", {"second", {"system:masters"}}}});
  Name({{"west", west_->kubeconfig("one")}});
  StartRegistry();
  ASSERT_TRUE(AwaitFresh());
  rig_.reset();
  Name({{"west", west_->kubeconfig("neither")}});
  StartRegistry();
  EXPECT_TRUE(rig_->AwaitSettled(Members{"10.2.0.1 west"})) << rig_->Log();
  Name({{"west", west_->kubeconfig("two")}});
  ASSERT_TRUE(rig_->AwaitState("west", "fresh")) << rig_->Log();
  EXPECT_FALSE(West().kept);
}

TEST_F(KeptTest, WithItsSecretTheCopyGoes) {
  BeginWell();
  LoseWest();
  Forget();
  ASSERT_TRUE(rig_->AwaitMembers({}));
  EXPECT_TRUE(Eventually([&] { return !HasCopy(); })) << rig_->Log();
  // And where that happened while no operator ran.
  west_->faults().Clear();
  BeginWell();
  rig_.reset();
  EXPECT_TRUE(HasCopy());
  Forget();
  StartRegistry();
  EXPECT_TRUE(Eventually([&] { return !HasCopy(); })) << rig_->Log();
}

}  // namespace
}  // namespace fairlead::testing
