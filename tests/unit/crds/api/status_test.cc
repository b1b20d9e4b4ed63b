#include <gtest/gtest.h>

#include "crds/api/failover_policy.h"
#include "crds/api/retry_timeout_policy.h"
#include "crds/base/json_write.h"

namespace fairlead::api {
namespace {

PolicyStatus Full() {
  PolicyStatus status;
  status.observed_generation = 7;
  status.conditions = {
      {"Accepted", ConditionStatus::kTrue, "Accepted", "fine", 7, {1'700'000'000}},
      {"Programmed", ConditionStatus::kFalse, "PartiallyProgrammed", "1 lags", 7, {1'700'000'001}}};
  status.targets = {{Kind::kService, "shop", "ratings", "http", "PartlyOverridden", "lost to platform"},
                    {Kind::kHTTPRoute, "shop", "web", "", "Effective", ""}};
  status.proxies = {3, 1, {"shop/a"}, {"shop/b"}, {"shop/c: no"}};
  status.waypoints = "1/3";
  return status;
}

Result<JsonDocument> Reread(const Json::Value& value) { return JsonDocument::Parse(WriteJson(value)); }

TEST(PolicyStatusTest, ReadsBackTheSame) {
  const auto document = Reread(ToJson(Full()));
  ASSERT_TRUE(document);
  const PolicyStatus status = ParsePolicyStatus(document->root());
  EXPECT_EQ(status, Full());
  EXPECT_EQ(status.conditions[1].last_transition, Full().conditions[1].last_transition);
}

TEST(PolicyStatusTest, IsReadLenientlyAndBounded) {
  const auto document = JsonDocument::Parse(R"({"observedGeneration":"x","conditions":[{},5,{"type":"A"}],
    "targets":{"a":1},"proxies":{"needed":-4,"lagging":["1","2","3","4","5","6","7","8","9"]},"waypoints":[]})");
  ASSERT_TRUE(document);
  const PolicyStatus status = ParsePolicyStatus(document->root());
  EXPECT_EQ(status.conditions.size(), 1u);
  EXPECT_EQ(status.proxies.needed, 0);
  EXPECT_EQ(status.proxies.lagging.size(), ProxyCounts::kMaxNamed);
}

TEST(PolicyStatusTest, DoesNotMakeAPolicyInvalid) {
  const auto document = JsonDocument::Parse(R"({"metadata":{"name":"x"},"status":{"conditions":5},
    "spec":{"targetRefs":[{"kind":"Service","name":"a"}],"retries":{}}})");
  ASSERT_TRUE(document);
  const auto parsed = ParseRetryTimeoutPolicy(document->root());
  ASSERT_TRUE(parsed.ok());
  EXPECT_TRUE(parsed.value().status.has_value());
}

TEST(FailoverStatusTest, ReadsBackWithThePolicy) {
  FailoverPolicy policy;
  policy.meta.name = "east";
  policy.meta.ns = "shop";
  policy.meta.generation = 7;
  policy.targets.refs = {{Kind::kService, "ratings", std::nullopt}};
  policy.localities = {{{"", "us", "a", ""}, {{{{{"", "us", "b", ""}, 100}}}}}};
  policy.status = Full();
  FailoverSource source{
      Kind::kService, "shop", "ratings", {80, 81}, {"", "us", "a", ""}, 2, 10, 1, {}, 3, {99}};
  source.steps = {{"us/b 100%", 4, 0, 0, "no healthy endpoint", {77}}, {"west", 2, 2, 90, "", {}}};
  policy.status->failover = {{source}, 5, "2", "2"};
  const auto document = Reread(ToJson(policy));
  ASSERT_TRUE(document);
  const auto parsed = ParseFailoverPolicy(document->root());
  ASSERT_TRUE(parsed.ok()) << Join(parsed.invalid().errors);
  EXPECT_EQ(parsed.value(), policy);
  const FailoverSource& read = parsed.value().status->failover.sources.at(0);
  EXPECT_EQ(read.since, Timestamp{99});
  EXPECT_EQ(read.steps.at(0).since, Timestamp{77});
}

TEST(FailoverStatusTest, OfADrillReadsBack) {
  FailoverStatus status;
  status.drill = DrillStatus{"Running", "InForce", "zone r/za", 30, Timestamp{1800}, "where", 2, 1};
  Json::Value json(Json::objectValue);
  WriteFailoverStatus(status, &json);
  const auto document = JsonDocument::Parse(WriteJson(json));
  ASSERT_TRUE(document);
  EXPECT_EQ(ParseFailoverStatus(document->root()), status);
}

TEST(FailoverStatusTest, WhatIsStillSoKeepsItsTime) {
  FailoverSource source{Kind::kService, "shop", "ratings", {80}, {"", "us", "a", ""}, 2, 0, 0, {}, 0, {}};
  source.steps = {{"a", 1, 0, 0, "no healthy endpoint", {}}, {"b", 1, 1, 100, "", {}}};
  FailoverStatus before{{source}, 0, "2", "2"}, after = before;
  StampTimes(&before, nullptr, {10});
  EXPECT_EQ(before.sources[0].since, Timestamp{10});
  EXPECT_EQ(before.sources[0].steps[0].since, Timestamp{10});
  after.sources[0].steps[0].endpoints = 5;
  after.sources[0].steps[1].missing = "no endpoints";
  StampTimes(&after, &before, {20});
  EXPECT_EQ(after.sources[0].since, Timestamp{10});
  EXPECT_EQ(after.sources[0].steps[0].since, Timestamp{10});
  EXPECT_EQ(after.sources[0].steps[1].since, Timestamp{20});
  after.sources[0].active = 1;
  StampTimes(&after, &before, {30});
  EXPECT_EQ(after.sources[0].since, Timestamp{30});
  EXPECT_NE(after, before);
  EXPECT_EQ(before.sources[0].since, Timestamp{10});
}

TEST(RetryOnTest, OnlyFailuresBeforeTheRequestAreSafeForAnyMethod) {
  EXPECT_TRUE(IsSafeForAnyMethod(RetryOn::kConnectFailure));
  EXPECT_TRUE(IsSafeForAnyMethod(RetryOn::kRefusedStream));
  EXPECT_TRUE(IsSafeForAnyMethod(RetryOn::kResetBeforeRequest));
  EXPECT_FALSE(IsSafeForAnyMethod(RetryOn::kReset));
  EXPECT_FALSE(IsSafeForAnyMethod(RetryOn::kGatewayError));
  EXPECT_EQ(ToString(RetryOn::kHttp5xx), "Http5xx");
}

}  // namespace
}  // namespace fairlead::api
