#include "reconcilers/status/events.h"

#include <gtest/gtest.h>

namespace fairlead::reconcilers {
namespace {

api::PolicyStatus Status(const std::string& accepted, const std::string& programmed, bool effective) {
  api::PolicyStatus status;
  Condition a;
  a.type = "Accepted";
  a.status = accepted == "Accepted" ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  a.reason = accepted;
  a.message = accepted + " message";
  Condition p;
  p.type = "Programmed";
  p.status = effective ? ConditionStatus::kTrue : ConditionStatus::kFalse;
  p.reason = programmed;
  p.message = programmed + " message";
  status.conditions = {a, p};
  return status;
}

TEST(PolicyEvents, ANewPolicyIsToldOfOnlyWhenItHasEffect) {
  EXPECT_TRUE(EventsOf(std::nullopt, Status("Accepted", "Reconciling", false)).empty());
  const auto events = EventsOf(std::nullopt, Status("Accepted", "Programmed", true));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events.front(), (PolicyEvent{false, "Programmed", "Programmed message"}));
}

TEST(PolicyEvents, TheProgressOfAPushMakesNone) {
  const auto programmed = Status("Accepted", "Programmed", true);
  EXPECT_TRUE(EventsOf(programmed, Status("Accepted", "Reconciling", false)).empty());
  EXPECT_TRUE(EventsOf(programmed, programmed).empty());
}

TEST(PolicyEvents, WhatIsInvalidOrOverriddenWarns) {
  const auto invalid =
      EventsOf(Status("Accepted", "Programmed", true), Status("Invalid", "Reconciling", false));
  ASSERT_EQ(invalid.size(), 1u);
  EXPECT_EQ(invalid.front(), (PolicyEvent{true, "Invalid", "Invalid message"}));
  const auto overridden =
      EventsOf(Status("Accepted", "Programmed", true), Status("Accepted", "Overridden", false));
  ASSERT_EQ(overridden.size(), 1u);
  EXPECT_TRUE(overridden.front().warning);
}

TEST(PolicyEvents, AConflictIsToldOnce) {
  const auto events = EventsOf(std::nullopt, Status("Conflicted", "Overridden", false));
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events.front().reason, "Conflicted");
}

TEST(PolicyEvents, ARejectionIsToldWhenItBegins) {
  auto before = Status("Accepted", "Programmed", true);
  auto now = Status("Accepted", "Reconciling", false);
  now.proxies.rejected = {"shop/waypoint (w-1): bad"};
  const auto events = EventsOf(before, now);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events.front().reason, "Rejected");
  EXPECT_TRUE(EventsOf(now, now).empty());
}

TEST(PolicyEvents, ADrillBeginsEndsAndIsRefused) {
  const auto none = Status("Accepted", "Programmed", true);
  const auto with = [&](const std::string& state) {
    auto out = none;
    out.failover.drill.emplace();
    out.failover.drill->state = state;
    out.failover.drill->message = "why";
    return out;
  };
  const auto told = [](const api::PolicyStatus& before, const api::PolicyStatus& now) {
    const auto events = EventsOf(before, now);
    EXPECT_LE(events.size(), 1u);
    return events.empty() ? "" : (events[0].warning ? "Warning " : "") + events[0].reason;
  };
  EXPECT_EQ(told(none, with("Running")), "DrillStarted");
  EXPECT_EQ(told(with("Running"), with("Running")), "");
  EXPECT_EQ(told(with("Running"), with("Ended")), "DrillEnded");
  EXPECT_EQ(told(with("Ended"), with("Running")), "DrillStarted");
  EXPECT_EQ(told(with("Running"), none), "DrillEnded") << "stopped";
  EXPECT_EQ(told(with("Ended"), none), "");
  EXPECT_EQ(told(none, with("Refused")), "Warning DrillRefused");
}

TEST(PolicyEvents, MessagesAreBoundedAtWholeCharacters) {
  auto now = Status("Invalid", "Reconciling", false);
  now.conditions[0].message = std::string(1020, 'x') + "\u00e4\u00e4\u00e4\u00e4";
  const auto events = EventsOf(std::nullopt, now);
  EXPECT_LE(events.front().message.size(), 1024u);
  EXPECT_TRUE(events.front().message.ends_with("x..."));
}

}  // namespace
}  // namespace fairlead::reconcilers
