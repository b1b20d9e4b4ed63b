#include "operator/app/status_decision.h"

#include <gtest/gtest.h>

namespace fairlead::app {
namespace {

using std::chrono::milliseconds;

const Clock::TimePoint kStart{std::chrono::seconds(100)};
const StatusPatience kPatience{milliseconds(1000), milliseconds(10000)};

api::PolicyStatus StatusWith(std::vector<std::string> lagging, std::vector<std::string> disconnected,
                             std::vector<std::string> rejected = {}) {
  api::PolicyStatus status;
  status.observed_generation = 3;
  status.proxies.needed = 2;
  status.proxies.programmed = 2 - static_cast<int>(lagging.size()) - static_cast<int>(disconnected.size());
  status.proxies.lagging = std::move(lagging);
  status.proxies.disconnected = std::move(disconnected);
  status.proxies.rejected = std::move(rejected);
  status.conditions = {{"Accepted", ConditionStatus::kTrue, "Accepted", "", 3, {}}};
  return status;
}

TEST(StatusDecision, WritesWhenEveryProxyHasAnswered) {
  EXPECT_EQ(Decide(StatusWith({}, {}), std::nullopt, std::nullopt, kStart, kPatience).action,
            StatusAction::kWrite);
}

TEST(StatusDecision, WritesNothingThatIsThereAlready) {
  EXPECT_EQ(Decide(StatusWith({}, {}), StatusWith({}, {}), std::nullopt, kStart, kPatience).action,
            StatusAction::kNothing);
}

TEST(StatusDecision, ADifferenceInTimeAloneIsNone) {
  api::PolicyStatus live = StatusWith({}, {});
  live.conditions[0].last_transition = {12345};
  EXPECT_EQ(Decide(StatusWith({}, {}), live, std::nullopt, kStart, kPatience).action, StatusAction::kNothing);
}

TEST(StatusDecision, WaitsForALaggingProxyUntilPatienceIsOver) {
  const api::PolicyStatus desired = StatusWith({"a"}, {});
  const StatusDecision first = Decide(desired, std::nullopt, std::nullopt, kStart, kPatience);
  EXPECT_EQ(first.action, StatusAction::kWait);
  EXPECT_EQ(first.wait, milliseconds(1000));
  const StatusDecision later = Decide(desired, std::nullopt, kStart, kStart + milliseconds(400), kPatience);
  EXPECT_EQ(later.action, StatusAction::kWait);
  EXPECT_EQ(later.wait, milliseconds(600));
  EXPECT_EQ(Decide(desired, std::nullopt, kStart, kStart + milliseconds(1000), kPatience).action,
            StatusAction::kWrite);
}

TEST(StatusDecision, IsMorePatientWithProxiesThatAreNotConnected) {
  const api::PolicyStatus desired = StatusWith({}, {"b"});
  EXPECT_EQ(Decide(desired, std::nullopt, kStart, kStart + milliseconds(5000), kPatience).action,
            StatusAction::kWait);
  EXPECT_EQ(Decide(desired, std::nullopt, kStart, kStart + milliseconds(10000), kPatience).action,
            StatusAction::kWrite);
}

TEST(StatusDecision, DoesNotWaitForAProxyThatIsNotNeeded) {
  api::PolicyStatus desired = StatusWith({}, {"run by hand, and gone"});
  desired.proxies.programmed = desired.proxies.needed;
  EXPECT_EQ(Decide(desired, std::nullopt, std::nullopt, kStart, kPatience).action, StatusAction::kWrite);
  desired.proxies.programmed = desired.proxies.needed = 0;  // the last one went; it may come back at once
  EXPECT_EQ(Decide(desired, std::nullopt, std::nullopt, kStart, kPatience).action, StatusAction::kWait);
}

TEST(StatusDecision, ARejectionIsToldAtOnce) {
  EXPECT_EQ(Decide(StatusWith({"a"}, {}, {"b: bad regex"}), std::nullopt, kStart, kStart, kPatience).action,
            StatusAction::kWrite);
}

TEST(StatusDecision, ARejectionIsToldAtOnceButOnce) {
  const api::PolicyStatus live = StatusWith({"a", "c"}, {}, {"b: bad regex"});
  const api::PolicyStatus desired = StatusWith({"a"}, {}, {"b: bad regex"});
  EXPECT_EQ(Decide(desired, live, kStart, kStart, kPatience).action, StatusAction::kWait);
  api::PolicyStatus older = live;
  older.observed_generation = 2;
  EXPECT_EQ(Decide(desired, older, kStart, kStart, kPatience).action, StatusAction::kWrite);
  EXPECT_EQ(Decide(StatusWith({}, {}, {"b: bad regex"}), live, kStart, kStart, kPatience).action,
            StatusAction::kWrite);  // all have answered
}

TEST(StatusDecision, WaitsForProxiesThatAreGoneAsForDisconnectedOnes) {
  const api::PolicyStatus live = StatusWith({}, {});
  api::PolicyStatus desired = live;
  desired.proxies = {};
  EXPECT_EQ(Decide(desired, live, kStart, kStart, kPatience, false, false).action, StatusAction::kWrite);
  const StatusDecision first = Decide(desired, live, std::nullopt, kStart, kPatience, false, true);
  EXPECT_EQ(first.action, StatusAction::kWait);
  EXPECT_EQ(first.wait, kPatience.disconnected);
  EXPECT_EQ(Decide(desired, live, kStart, kStart + kPatience.disconnected, kPatience, false, true).action,
            StatusAction::kWrite);
}

TEST(StatusDecision, PatienceDoublesUpToALimit) {
  EXPECT_EQ(kPatience.After(0).lagging, milliseconds(1000));
  EXPECT_EQ(kPatience.After(3).lagging, milliseconds(8000));
  EXPECT_EQ(kPatience.After(1000).lagging, milliseconds(30'000));
  EXPECT_EQ(kPatience.After(1000).disconnected, milliseconds(30'000));
}

TEST(StatusDecision, KeepsTheTimeOfAConditionThatDidNotChange) {
  api::PolicyStatus live = StatusWith({}, {});
  live.conditions[0].last_transition = {50};
  live.conditions.push_back({"Programmed", ConditionStatus::kFalse, "Reconciling", "", 3, {60}});
  api::PolicyStatus desired = StatusWith({}, {});
  desired.conditions.push_back({"Programmed", ConditionStatus::kTrue, "Programmed", "", 3, {}});
  api::ObjectStatus stamped = desired;
  StampTransitions(&stamped, live, {99});
  EXPECT_EQ(api::ConditionsOf(stamped)[0].last_transition.seconds, 50);
  EXPECT_EQ(api::ConditionsOf(stamped)[1].last_transition.seconds, 99);
}

}  // namespace
}  // namespace fairlead::app
