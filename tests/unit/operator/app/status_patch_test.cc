#include "operator/app/status_patch.h"

#include <gtest/gtest.h>

#include <random>

#include "crds/base/json_write.h"
#include "tests/support/apiserver/patch.h"

namespace fairlead::app {
namespace {

Json::Value Read(const std::string& text) {
  const Result<JsonDocument> document = JsonDocument::Parse(text);
  EXPECT_TRUE(document) << text;
  return document ? ToJsonValue(document->root()) : Json::Value();
}

api::FailoverSource Source(const std::string& name, int active, int64_t since = 0) {
  api::FailoverSource out;
  out.kind = Kind::kService;
  out.ns = "shop";
  out.name = name;
  out.ports = {80, 443};
  out.from = {"", "r", "za", ""};
  out.active = active;
  out.steps = {{"same \"zone\"", 3, 2, 60, "", {}},
               {"any", 4, 4, 40, "cluster west is stale", Timestamp{since}}};
  out.since = Timestamp{since};
  return out;
}

api::PolicyStatus Status(std::vector<api::FailoverSource> sources, int64_t generation = 1) {
  api::PolicyStatus out;
  out.observed_generation = generation;
  out.conditions = {{"Accepted", ConditionStatus::kTrue, "Accepted", "", generation, {}}};
  out.failover.sources = std::move(sources);
  out.failover.steps = "2";
  return out;
}

TEST(StatusPatchTest, TheFirstStatusIsWrittenWhole) {
  const api::PolicyStatus status = Status({Source("ratings", 1, 100)});
  EXPECT_EQ(Read(StatusPatch(std::nullopt, status)), api::ToJson(status));
}

TEST(StatusPatchTest, SourcesThatAreAlikeAreNotWritten) {
  const api::PolicyStatus live = Status({Source("ratings", 1, 100)}, 1);
  const Json::Value patch = Read(StatusPatch(live, Status({Source("ratings", 1, 200)}, 2)));
  EXPECT_FALSE(patch.isMember("sources")) << WriteJson(patch);
  EXPECT_EQ(patch["observedGeneration"].asInt(), 2);
  EXPECT_EQ(StatusPatch(live, live), "{}");
}

TEST(StatusPatchTest, SourcesThatAreOthersAreAllThatIsWritten) {
  const Json::Value patch = Read(StatusPatch(Status({Source("ratings", 1)}), Status({Source("ratings", 2)})));
  EXPECT_EQ(patch.getMemberNames(), std::vector<std::string>{"sources"});
  EXPECT_EQ(patch["sources"][0]["active"].asInt(), 2);
}

TEST(StatusPatchTest, SourcesThatAreGoneAreRemoved) {
  EXPECT_EQ(StatusPatch(Status({Source("ratings", 1)}), Status({})), R"({"sources":null})");
}

TEST(StatusPatchTest, MergedIntoWhatIsThereItMakesWhatIsToBe) {
  std::mt19937 random(11);
  const auto up_to = [&](int n) { return static_cast<int>(random() % static_cast<unsigned>(n + 1)); };
  const auto draw = [&] {
    std::vector<api::FailoverSource> sources;
    for (int i = up_to(3); i > 0; --i) sources.push_back(Source("s" + std::to_string(i), 1 + up_to(1)));
    api::PolicyStatus out = Status(std::move(sources), 1 + up_to(1));
    out.failover.more_sources = up_to(1);
    if (up_to(1) == 1) out.proxies.lagging = {"a"};
    if (up_to(1) == 1) out.waypoints = "1/2";
    return out;
  };
  for (int round = 0; round < 300; ++round) {
    const api::PolicyStatus live = draw(), desired = draw();
    const Json::Value merged =
        apiserver::ApplyMergePatch(api::ToJson(live), Read(StatusPatch(live, desired)));
    ASSERT_EQ(merged, api::ToJson(desired)) << WriteJson(api::ToJson(live));
  }
}

TEST(StatusPatchTest, OfAWorkspace) {
  api::WorkspaceStatus live, desired;
  live.namespaces = {"a"};
  desired.namespaces = {"a", "b"};
  EXPECT_EQ(StatusPatch(live, desired), R"({"namespaces":["a","b"]})");
}

}  // namespace
}  // namespace fairlead::app
