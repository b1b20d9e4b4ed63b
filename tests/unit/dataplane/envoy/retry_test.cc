#include "dataplane/envoy/retry.h"

#include <gtest/gtest.h>

#include "tests/unit/dataplane/envoy/sample_model.h"

namespace fairlead::envoy {
namespace {

using namespace testing;  // NOLINT
using api::RetryMethods;
using api::RetryOn;
using ::testing::Test;

constexpr const char* kSafe = "connect-failure,refused-stream,reset-before-request";
const std::vector<std::string> kIdempotent = {"DELETE", "GET", "HEAD", "OPTIONS", "PUT", "TRACE"};

EffectivePolicy With(EffectiveRetries retries) {
  EffectivePolicy policy;
  policy.retries = std::move(retries);
  return policy;
}

TEST(RetryVariants, NoRetriesIsOneRouteWithoutPolicy) {
  const auto variants = RetryVariantsOf({}, "");
  ASSERT_EQ(variants.size(), 1u);
  EXPECT_FALSE(variants[0].policy);
  EXPECT_TRUE(variants[0].methods.empty());
}

TEST(RetryVariants, DefaultsSplitByMethod) {
  const auto variants = RetryVariantsOf(With(Retries()), "");
  ASSERT_EQ(variants.size(), 2u);
  EXPECT_EQ(variants[0].methods, kIdempotent);
  EXPECT_EQ(variants[0].policy->retry_on(), std::string(kSafe) + ",gateway-error");
  EXPECT_TRUE(variants[1].methods.empty());
  EXPECT_EQ(variants[1].policy->retry_on(), kSafe);
}

TEST(RetryVariants, AMatchWithAMethodNeedsNoSplit) {
  const auto get = RetryVariantsOf(With(Retries()), "GET");
  ASSERT_EQ(get.size(), 1u);
  EXPECT_EQ(get[0].policy->retry_on(), std::string(kSafe) + ",gateway-error");
  const auto post = RetryVariantsOf(With(Retries()), "POST");
  ASSERT_EQ(post.size(), 1u);
  EXPECT_EQ(post[0].policy->retry_on(), kSafe);
}

TEST(RetryVariants, AllMethodsIsOneRoute) {
  EffectiveRetries retries = Retries();
  retries.methods.value.choice = RetryMethods::Choice::kAll;
  const auto variants = RetryVariantsOf(With(retries), "");
  ASSERT_EQ(variants.size(), 1u);
  EXPECT_EQ(variants[0].policy->retry_on(), std::string(kSafe) + ",gateway-error");
}

TEST(RetryVariants, ListedMethods) {
  EffectiveRetries retries = Retries();
  retries.methods.value = {RetryMethods::Choice::kListed, {"GET", "POST"}};
  const auto variants = RetryVariantsOf(With(retries), "");
  ASSERT_EQ(variants.size(), 2u);
  EXPECT_EQ(variants[0].methods, (std::vector<std::string>{"GET", "POST"}));
  EXPECT_EQ(RetryVariantsOf(With(retries), "DELETE")[0].policy->retry_on(), kSafe);
}

TEST(RetryVariants, OnlySafeConditionsNeedNoSplit) {
  EffectiveRetries retries = Retries();
  retries.on.value = {RetryOn::kConnectFailure, RetryOn::kRefusedStream};
  EXPECT_EQ(RetryVariantsOf(With(retries), "").size(), 1u);
  retries.codes = Sourced<std::vector<int>>{{503}, {}};
  EXPECT_EQ(RetryVariantsOf(With(retries), "").size(), 2u)
      << "a status code says that the request was carried out";
}

TEST(RetryVariants, NothingSafeLeavesOtherMethodsAlone) {
  EffectiveRetries retries = Retries();
  retries.on.value = {RetryOn::kGatewayError};
  EXPECT_FALSE(RetryVariantsOf(With(retries), "")[1].policy);
}

TEST(RetryVariants, PerTryTimeoutHoldsEvenWhereNothingIsTriedAgain) {
  EffectiveRetries retries = Retries();
  retries.on.value = {RetryOn::kGatewayError};
  retries.per_try_timeout = Sourced<Duration>{Duration::Milliseconds(1500), {}};
  const auto variants = RetryVariantsOf(With(retries), "");
  EXPECT_EQ(Json(*variants[1].policy), R"({"num_retries":0,"per_try_timeout":"1.500s"})");
}

TEST(RetryPolicy, EveryField) {
  EffectiveRetries retries = Retries(3);
  retries.on.value = {RetryOn::kHttp5xx, RetryOn::kUnavailable};
  retries.codes = Sourced<std::vector<int>>{{409, 503}, {}};
  retries.per_try_timeout = Sourced<Duration>{Duration::Seconds(2), {}};
  retries.remote_localities = Sourced<bool>{true, {}};
  EXPECT_EQ(
      Json(*RetryVariantsOf(With(retries), "")[0].policy),
      R"({"retry_on":"5xx,unavailable,retriable-status-codes","num_retries":3,"per_try_timeout":"2s",)"
      R"("retry_priority":{"name":"envoy.retry_priorities.previous_priorities","typed_config":{"@type":)"
      R"("type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",)"
      R"("update_frequency":1}},"retry_host_predicate":[{"name":"envoy.retry_host_predicates.previous_hosts",)"
      R"("typed_config":{"@type":)"
      R"("type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"}}],)"
      R"("host_selection_retry_max_attempts":"5","retriable_status_codes":[409,503],)"
      R"("retry_back_off":{"base_interval":"0.025s","max_interval":"0.250s"}})");
}

TEST(RetryPolicy, EveryConditionHasEnvoysName) {
  EffectiveRetries retries = Retries();
  retries.methods.value.choice = RetryMethods::Choice::kAll;
  retries.on.value.clear();
  for (int on = 0; on <= static_cast<int>(RetryOn::kUnavailable); ++on) {
    retries.on.value.push_back(static_cast<RetryOn>(on));
  }
  EXPECT_EQ(
      RetryVariantsOf(With(retries), "")[0].policy->retry_on(),
      "connect-failure,refused-stream,reset-before-request,gateway-error,reset,5xx,retriable-4xx,cancelled,"
      "deadline-exceeded,internal,resource-exhausted,unavailable");
}

TEST(BudgetOf, OnlyWhereThereAreRetries) {
  EXPECT_FALSE(BudgetOf({}));
  EXPECT_EQ(BudgetOf(With(Retries())), (RetryBudget{20, 10}));
}

}  // namespace
}  // namespace fairlead::envoy
