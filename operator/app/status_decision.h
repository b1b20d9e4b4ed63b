// When is a policy's status worth a write? A pure decision, so that it can be tested without clock and
// server.
//
// Proxies acknowledge one by one; a write for each would cost the API server as many writes as there are
// proxies. So a status is written when its picture is complete (all have answered, or nothing is to be
// programmed), at the first rejection, or, to say who has not answered, once patience is over, and then each
// time twice as patient. Equal but for time: never.
#pragma once

#include <chrono>
#include <optional>

#include "crds/api/tenancy_status.h"
#include "crds/base/clock.h"

namespace fairlead::app {

struct StatusPatience {
  std::chrono::milliseconds lagging{1'000};  // a connected proxy has not acknowledged
  std::chrono::milliseconds disconnected{
      10'000};  // a proxy is expected but not connected: at start they come one by one
  std::chrono::milliseconds most{30'000};

  // After so many writes of an incomplete picture.
  StatusPatience After(int writes) const;
};

enum class StatusAction { kNothing, kWrite, kWait };

struct StatusDecision {
  StatusAction action = StatusAction::kNothing;
  std::chrono::milliseconds wait{0};  // for kWait: look again then
};

// `awaited`: writes that the status tells of are under way.
// `gone`: there were more proxies: after a start they have yet to come back.
// `incomplete_since`: when this generation was first seen incomplete; nullopt: just now.
StatusDecision Decide(const api::ObjectStatus& desired, const std::optional<api::ObjectStatus>& live,
                      std::optional<Clock::TimePoint> incomplete_since, Clock::TimePoint now,
                      const StatusPatience& patience, bool awaited = false, bool gone = false);

// None where the status tells of none.
const api::ProxyCounts& ProxiesOf(const api::ObjectStatus& status);

// All that is needed has answered, for better or worse.
bool IsComplete(const api::ProxyCounts& proxies);

// Fills lastTransitionTime: kept from `live` where a condition's status is the same, else `now`; likewise
// since when a step of failover lacks what it lacks.
void StampTransitions(api::ObjectStatus* status, const std::optional<api::ObjectStatus>& live, Timestamp now);

}  // namespace fairlead::app
