// When what is known of a cluster is kept, and when its copy goes; against an embedded API server.
#include "operator/clusters/copy_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "crds/base/json.h"
#include "crds/base/json_write.h"
#include "operator/kube/cpprest_transport.h"
#include "tests/support/apiserver/server.h"
#include "tests/support/eventually.h"

namespace fairlead::clusters {
namespace {

using reconcilers::Known;
using reconcilers::RemoteState;
using testing::Eventually;
using ::testing::HasSubstr;

constexpr char kNs[] = "fairlead-system";
constexpr Timestamp kHeard{1'700'000'000};

Known Of(const std::string& service) {
  auto object = std::make_shared<core::Service>();
  object->meta.ns = "shop";
  object->meta.name = service;
  object->meta.labels.Set("istio.io/global", "true");
  Known out;
  out.services.push_back(std::move(object));
  return out;
}

class CopyKeeperTest : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = *apiserver::ApiServer::Start({});
    Apply(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"fairlead-system"}})");
    transport_ = *kube::MakeTransport(*kube::ParseKubeconfig({{"home", server_->kubeconfig()}}));
    store_ = std::make_unique<CopyStore>(transport_.get(), nullptr, kNs);
    Begin();
  }
  void TearDown() override {
    keeper_.reset();
    events_.reset();
  }
  // As one operator after the other.
  void Begin() {
    keeper_.reset();
    fence_.Extend(Clock::TimePoint::max());
    client_ = std::make_unique<kube::Client>(transport_.get());
    events_ = std::make_unique<runtime::EventRecorder>(client_.get(), "fairlead.dev/operator", "test");
    events_->Start();
    CopyOptions options{kNs, "pod-a"};
    options.between = std::chrono::hours(1);
    const auto known = [this](const std::string&) {
      const std::lock_guard lock(mutex_);
      return known_;
    };
    keeper_ = std::make_unique<CopyKeeper>(options, CopyParts{transport_.get(), &fence_, known, events_.get(),
                                                              &metrics_, &log_, &Clock::System()});
    keeper_->Start();
  }
  void Know(std::optional<Known> known) {
    const std::lock_guard lock(mutex_);
    known_ = std::move(known);
  }
  void Is(RemoteState state, Timestamp since = kHeard, bool kept = false) {
    keeper_->OnState("west", {{state, since, "", "", kept}, "identity", {"clusters", "uid-1"}});
  }
  void Lead() {
    keeper_->OnNamed({"west"});
    keeper_->OnLeadership(true);
  }
  void Apply(const std::string& json) {
    const auto stored = server_->Apply(*apiserver::ParseJson(json));
    ASSERT_TRUE(stored) << json;
  }
  // The service in the copy, and who wrote it; "": there is none.
  std::string Copy() {
    const auto bytes = store_->Read("west");
    if (!bytes || !*bytes) return bytes ? "" : bytes.error().message;
    const auto copy = DecodeCopy(**bytes);
    if (!copy) return copy.error().message;
    return KeyOf(copy->objects.at(0)).name + " of " +
           std::to_string(copy->header.heard.seconds - kHeard.seconds);
  }
  bool AwaitCopy(const std::string& what) {
    return Eventually([&] { return Copy() == what; });
  }
  int Writes() {
    int out = 0;
    for (const auto& record : server_->audit().Writes()) out += record.resource == "configmaps" ? 1 : 0;
    return out;
  }

  std::unique_ptr<apiserver::ApiServer> server_;
  std::unique_ptr<kube::HttpTransport> transport_;
  std::unique_ptr<CopyStore> store_;
  std::unique_ptr<kube::Client> client_;
  runtime::Metrics metrics_;
  runtime::Log log_{{}, [](const std::string&) {}};
  runtime::Fence fence_;
  std::unique_ptr<runtime::EventRecorder> events_;
  std::mutex mutex_;
  std::optional<Known> known_ = Of("ratings");
  std::unique_ptr<CopyKeeper> keeper_;
};

TEST_F(CopyKeeperTest, WhatIsLostIsKeptWithItsSecret) {
  Lead();
  Is(RemoteState::kConnecting);
  Is(RemoteState::kFresh);
  Is(RemoteState::kStale);
  ASSERT_TRUE(AwaitCopy("ratings of 0")) << Copy();
  const auto object = server_->Read("v1", "ConfigMap", kNs, "fairlead-last-known-of-west");
  ASSERT_TRUE(object);
  const auto meta = (*object)["metadata"];
  EXPECT_EQ(meta["labels"]["fairlead.dev/last-known-of"].asString(), "west");
  EXPECT_EQ(meta["labels"]["app.kubernetes.io/managed-by"].asString(), "fairlead");
  EXPECT_EQ(meta["annotations"]["fairlead.dev/heard"].asString(), kHeard.ToString());
  EXPECT_EQ(meta["ownerReferences"][0]["uid"].asString(), "uid-1");
  EXPECT_EQ(keeper_->copies().at("west"), kHeard);
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(fairlead_cluster_copies_total{result="written"} 1)"));
  // That it has expired is nothing new, nor is the end.
  Is(RemoteState::kExpired);
  keeper_->Stop();
  EXPECT_EQ(Writes(), 1);
}

TEST_F(CopyKeeperTest, OneThatIsLostAgainAndAgainIsWrittenNowAndThenAndAtTheEnd) {
  Lead();
  Is(RemoteState::kStale);
  ASSERT_TRUE(AwaitCopy("ratings of 0"));
  for (int i = 1; i < 50; ++i) {
    Know(Of("ratings-" + std::to_string(i)));
    Is(RemoteState::kFresh);
    Is(RemoteState::kStale, {kHeard.seconds + i});
  }
  keeper_->Stop();
  EXPECT_EQ(Copy(), "ratings-49 of 49");
  EXPECT_EQ(Writes(), 2);
}

TEST_F(CopyKeeperTest, WhatIsFreshIsKeptAtTheEnd) {
  Lead();
  Is(RemoteState::kFresh);
  keeper_->Stop();
  EXPECT_THAT(Copy(), HasSubstr("ratings of "));
  EXPECT_EQ(Writes(), 1);
}

TEST_F(CopyKeeperTest, WhatWasLostAndFoundWithinASecondIsKeptAsItIsAtTheEnd) {
  Lead();
  for (int i = 0; i < 3; ++i) {
    Know(Of("ratings"));
    const Timestamp now = Clock::System().WallNow();
    Is(RemoteState::kStale, now);
    ASSERT_TRUE(Eventually([&] { return keeper_->copies().contains("west"); }));
    Know(Of("reviews"));
    Is(RemoteState::kFresh);
    keeper_->Stop();
    EXPECT_THAT(Copy(), HasSubstr("reviews of "));
    Begin();
    Lead();
  }
}

TEST_F(CopyKeeperTest, WhatIsNotOursToKeepIsNot) {
  Lead();
  Is(RemoteState::kConnecting);
  keeper_->Stop();
  EXPECT_EQ(Writes(), 0) << "nothing was known";
  Begin();
  Lead();
  Is(RemoteState::kExpired, kHeard, true);
  keeper_->Stop();
  EXPECT_EQ(Writes(), 0) << "it is the copy itself";
  Begin();
  Lead();
  Know(std::nullopt);
  Is(RemoteState::kStale);
  keeper_->Stop();
  EXPECT_EQ(Writes(), 0) << "the World knows nothing of it";
}

TEST_F(CopyKeeperTest, OnlyTheLeaderWritesAndAFollowerThatBecomesOneDoes) {
  fence_.Close();
  keeper_->OnNamed({"west"});
  Is(RemoteState::kStale);
  EXPECT_FALSE(Eventually([&] { return Writes() > 0; }, std::chrono::milliseconds(300)));
  fence_.Extend(Clock::TimePoint::max());
  keeper_->OnLeadership(true);
  EXPECT_TRUE(AwaitCopy("ratings of 0"));
  keeper_->OnLeadership(false);
  fence_.Close();
  Is(RemoteState::kFresh);
  keeper_->Stop();
  EXPECT_EQ(Writes(), 1);
}

TEST_F(CopyKeeperTest, WhatIsNewerStays) {
  Lead();
  Is(RemoteState::kStale);
  ASSERT_TRUE(AwaitCopy("ratings of 0"));
  Begin();
  Know(Of("old"));
  Lead();
  Is(RemoteState::kStale, {kHeard.seconds - 5});
  keeper_->Stop();
  EXPECT_EQ(Copy(), "ratings of 0");
  Begin();
  Know(Of("new"));
  Lead();
  Is(RemoteState::kStale, {kHeard.seconds + 5});
  EXPECT_TRUE(AwaitCopy("new of 5"));
}

TEST_F(CopyKeeperTest, WhatIsOfTheFutureDoesNotStay) {
  Lead();
  Is(RemoteState::kStale, {Clock::System().WallNow().seconds + 86'400});
  ASSERT_TRUE(Eventually([&] { return Writes() == 1; }));
  Begin();
  Know(Of("new"));
  Lead();
  Is(RemoteState::kStale);
  EXPECT_TRUE(AwaitCopy("new of 0"));
}

TEST_F(CopyKeeperTest, WithTheSecretTheCopyGoes) {
  Lead();
  Is(RemoteState::kStale);
  ASSERT_TRUE(AwaitCopy("ratings of 0"));
  keeper_->OnNamed({});
  EXPECT_TRUE(AwaitCopy(""));
  EXPECT_TRUE(Eventually([&] { return keeper_->copies().empty(); }));
  // Named anew, and lost once more.
  keeper_->OnNamed({"west"});
  Is(RemoteState::kStale, {kHeard.seconds + 1});
  EXPECT_TRUE(AwaitCopy("ratings of 1"));
  // While no operator runs: the next one finds it, and what has its label under another name is somebody's.
  Apply(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"mine","namespace":"fairlead-system",
            "labels":{"fairlead.dev/last-known-of":"west"}}})");
  Begin();
  keeper_->OnLeadership(true);
  keeper_->OnNamed({"east"});
  EXPECT_TRUE(AwaitCopy(""));
  EXPECT_TRUE(server_->Read("v1", "ConfigMap", kNs, "mine"));
}

TEST_F(CopyKeeperTest, WhatSomebodyElseHasThereIsLeftAndTold) {
  Apply(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"fairlead-last-known-of-west",
            "namespace":"fairlead-system"},"data":{"a":"b"}})");
  Lead();
  Is(RemoteState::kStale);
  EXPECT_TRUE(Eventually([&] { return events_->written() > 0; }));
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(fairlead_cluster_copies_total{result="failed"})"));
  const auto object = server_->Read("v1", "ConfigMap", kNs, "fairlead-last-known-of-west");
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)["data"]["a"].asString(), "b");
}

TEST_F(CopyKeeperTest, OneThatWasDeletedByHandIsMadeAnewWhenItIsDue) {
  Lead();
  Is(RemoteState::kStale);
  ASSERT_TRUE(AwaitCopy("ratings of 0"));
  const auto copies = store_->List();
  ASSERT_TRUE(copies);
  ASSERT_TRUE(store_->Delete("west", copies->at("west")));
  Is(RemoteState::kFresh);
  keeper_->Stop();
  EXPECT_THAT(Copy(), HasSubstr("ratings of "));
}

TEST_F(CopyKeeperTest, WhatIsTooMuchIsToldOnce) {
  Known known = Of("ratings");
  auto slice = std::make_shared<core::EndpointSlice>();
  uint64_t random = 1;
  for (int i = 0; i < 150'000; ++i) {
    random = random * 6364136223846793005u + 1442695040888963407u;
    slice->endpoints.push_back({.addresses = {std::to_string(random)}});
  }
  known.slices.push_back(slice);
  Know(known);
  Lead();
  Is(RemoteState::kStale);
  EXPECT_TRUE(Eventually([&] { return events_->written() > 0; }));
  Is(RemoteState::kExpired);
  keeper_->Stop();
  EXPECT_EQ(Writes(), 0);
  EXPECT_THAT(metrics_.Text(), HasSubstr(R"(fairlead_cluster_copies_total{result="too_large"} 1)"));
}

TEST_F(CopyKeeperTest, AnApiServerThatFailsIsAskedAgain) {
  server_->faults().Add({.verb = "list", .resource = "configmaps", .times = 2, .code = 503});
  server_->faults().Add({.verb = "create", .resource = "configmaps", .times = 2, .code = 500});
  Lead();
  Is(RemoteState::kStale);
  EXPECT_TRUE(AwaitCopy("ratings of 0")) << Copy();
}

}  // namespace
}  // namespace fairlead::clusters
