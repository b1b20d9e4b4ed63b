#include "operator/app/status_keeper.h"

#include <gtest/gtest.h>

#include <atomic>

#include "crds/base/json_write.h"
#include "tests/support/fake_clock.h"
#include "tests/unit/operator/app/sample_world.h"

namespace fairlead::app {
namespace {

using std::chrono::milliseconds;

const api::PolicyStatus& PolicyOf(const api::ObjectStatus& status) {
  return std::get<api::PolicyStatus>(status);
}

class StatusKeeperTest : public ::testing::Test {
 protected:
  StatusKeeperTest() {
    engine_.Start();
    PushAll(&engine_, kShop);
  }

  Result<std::string> Write(const PolicyPicture& picture) {
    ++attempts_;
    if (failure_) return Unexpected(Error{*failure_, "the API server says no"});
    written_ = picture;
    return std::string("99");
  }
  // As the watch would show it: the policy with the status that was written.
  void ShowWritten(int generation, const std::string& request) {
    PushAll(&engine_, PolicyYaml(generation, request, WriteJson(api::ToJson(written_->desired))));
  }
  StatusKeeper::Outcome Process() { return keeper_.Process(kRatings); }
  static std::string ReasonOf(const PolicyPicture& picture, size_t condition) {
    return PolicyOf(picture.desired).conditions.at(condition).reason;
  }

  testing::FakeClock clock_;
  xds::Catalog catalog_{clock_};
  Engine engine_{EngineOptions{}, &catalog_, [](const reconcilers::Delta&) {}};
  int attempts_ = 0, told_ = 0;
  std::optional<ErrorClass> failure_;
  std::optional<PolicyPicture> written_;
  StatusKeeper keeper_{&engine_,
                       &catalog_,
                       [this](const ObjectKey&, const PolicyPicture& p) { return Write(p); },
                       [this](const ObjectKey&, const PolicyPicture&) { ++told_; },
                       {},
                       &clock_};
};

TEST_F(StatusKeeperTest, WritesOverTheVersionThatWasReadAndTells) {
  PushAll(&engine_, PolicyYaml(7, "1s"));
  EXPECT_TRUE(Process().result);
  ASSERT_TRUE(written_);
  EXPECT_EQ(written_->meta.resource_version, "7");
  EXPECT_EQ(PolicyOf(written_->desired).observed_generation, 7);
  EXPECT_FALSE(written_->live);
  EXPECT_EQ(ReasonOf(*written_, 0), "Accepted");
  EXPECT_EQ(PolicyOf(written_->desired).conditions[0].last_transition.seconds, clock_.WallNow().seconds);
  EXPECT_EQ(told_, 1);
  EXPECT_EQ(keeper_.writes(), 1u);
}

TEST_F(StatusKeeperTest, WritesNothingTwice) {
  PushAll(&engine_, PolicyYaml(1, "1s"));
  Process();
  Process();  // the watch has not shown the first write yet
  EXPECT_EQ(attempts_, 1);
  ShowWritten(1, "1s");
  Process();
  clock_.Advance(milliseconds(60'000));
  Process();
  EXPECT_EQ(attempts_, 1);
}

TEST_F(StatusKeeperTest, ForgetsItsWriteOnceTheWatchShowsIt) {
  PushAll(&engine_, PolicyYaml(1, "1s"));
  Process();
  EXPECT_EQ(keeper_.remembered(), 1u);
  std::string yaml = PolicyYaml(1, "1s", WriteJson(api::ToJson(written_->desired)));
  yaml.replace(yaml.find("\"1\""), 3, "\"99\"");
  PushAll(&engine_, yaml);
  Process();
  EXPECT_EQ(keeper_.remembered(), 0u);
  EXPECT_EQ(attempts_, 1);
}

TEST_F(StatusKeeperTest, ANewGenerationIsWorthAWrite) {
  PushAll(&engine_, PolicyYaml(1, "1s"));
  Process();
  ShowWritten(2, "2s");
  Process();
  EXPECT_EQ(attempts_, 2);
  EXPECT_EQ(PolicyOf(written_->desired).observed_generation, 2);
}

TEST_F(StatusKeeperTest, NamesALaggingProxyAfterItsPatience) {
  const auto proxy = catalog_.Attach({.id = "w-1", .audience = kWaypoint, .version = ""}, [] {});
  PushAll(&engine_, PolicyYaml(1, "1s"));
  const StatusKeeper::Outcome first = Process();
  EXPECT_EQ(first.again, milliseconds(1000));
  clock_.Advance(milliseconds(600));
  EXPECT_EQ(Process().again, milliseconds(400));
  EXPECT_EQ(attempts_, 0);
  clock_.Advance(milliseconds(400));
  EXPECT_EQ(Process().again, milliseconds(0));
  ASSERT_EQ(attempts_, 1);
  EXPECT_EQ(PolicyOf(written_->desired).proxies.lagging, std::vector<std::string>{"shop/waypoint (w-1)"});
}

TEST_F(StatusKeeperTest, WritesOverItsOwnWriteBeforeTheWatchShowsIt) {
  PushAll(&engine_, PolicyYaml(7, "1s"));
  Process();  // "no proxy is running"
  const auto proxy = catalog_.Attach({.id = "w-1", .audience = kWaypoint, .version = ""}, [] {});
  Process();
  clock_.Advance(milliseconds(1000));
  Process();
  ASSERT_EQ(attempts_, 2);
  EXPECT_EQ(written_->meta.resource_version, "99");  // that of the first write: over 7 it would conflict
  ASSERT_TRUE(written_->live);
  EXPECT_TRUE(PolicyOf(*written_->live).proxies.lagging.empty());
}

TEST_F(StatusKeeperTest, ProxiesThatAnswerOneByOneDoNotCostAWriteEach) {
  std::vector<std::unique_ptr<xds::Stream>> proxies;
  PushAll(&engine_, PolicyYaml(1, "1s"));
  for (int i = 0; i < 64; ++i) {  // each a change of the picture, one a second
    proxies.push_back(
        catalog_.Attach({.id = "w-" + std::to_string(i), .audience = kWaypoint, .version = ""}, [] {}));
    Process();
    clock_.Advance(milliseconds(1000));
  }
  EXPECT_LE(attempts_, 8);
  EXPECT_GE(attempts_, 5);
}

TEST_F(StatusKeeperTest, DeletedPoliciesAreForgotten) {
  for (int i = 0; i < 1000; ++i) {
    const std::string name = "p" + std::to_string(i);
    std::string yaml = PolicyYaml(1, "1s");
    yaml.replace(yaml.find("ratings"), 7, name);
    const ObjectKey key{Kind::kRetryTimeoutPolicy, "shop", name};
    PushAll(&engine_, yaml);
    keeper_.Process(key);
    engine_.Push(Engine::Remove{key});
  }
  EXPECT_EQ(keeper_.writes(), 1000u);
  EXPECT_LE(keeper_.remembered(), 256u);
}

TEST_F(StatusKeeperTest, ItsPatienceBeginsAnewWithEachGeneration) {
  const auto proxy = catalog_.Attach({.id = "w-1", .audience = kWaypoint, .version = ""}, [] {});
  PushAll(&engine_, PolicyYaml(1, "1s"));
  Process();
  clock_.Advance(milliseconds(900));
  PushAll(&engine_, PolicyYaml(2, "2s"));
  EXPECT_EQ(Process().again, milliseconds(1000));
}

TEST_F(StatusKeeperTest, TheClassOfAnErrorIsHandedOn) {
  PushAll(&engine_, PolicyYaml(1, "1s"));
  failure_ = ErrorClass::kConflict;
  EXPECT_EQ(Process().result.error().error_class, ErrorClass::kConflict);
  failure_ = ErrorClass::kNotFound;  // it was deleted: nothing is owed
  EXPECT_TRUE(Process().result);
  failure_.reset();
  EXPECT_TRUE(Process().result);
  EXPECT_EQ(attempts_, 3);
  EXPECT_EQ(told_, 1);
}

TEST_F(StatusKeeperTest, AnInvalidPolicyIsToldOnce) {
  const std::string bad = PolicyYaml(3, "[1s]");
  PushAll(&engine_, bad);
  Process();
  ASSERT_TRUE(written_);
  EXPECT_EQ(ReasonOf(*written_, 0), "Invalid");
  EXPECT_NE(PolicyOf(written_->desired).conditions[0].message.find("spec.timeouts.request"),
            std::string::npos);
  ShowWritten(3, "[1s]");
  Process();
  EXPECT_EQ(attempts_, 1);
}

TEST_F(StatusKeeperTest, NothingIsOwedToWhatIsGoneOrGoing) {
  EXPECT_TRUE(Process().result);
  std::string going = PolicyYaml(1, "1s");
  going.insert(going.find("generation"), "deletionTimestamp: \"2026-01-01T00:00:00Z\", ");
  PushAll(&engine_, going);
  EXPECT_TRUE(Process().result);
  EXPECT_EQ(attempts_, 0);
}

}  // namespace
}  // namespace fairlead::app
