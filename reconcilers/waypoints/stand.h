// How the services of a namespace stand to the waypoint that their workspace wants for them: values.
//
// World keeps one plan a namespace (plan.h makes it); the writing loop carries it out, statuses, isolation,
// explain and lint read it. A service moves in steps, each of which World sees before the next:
//
//   kAwaits    the Gateway is not there, or not Programmed
//   kPrepared  it is Programmed; the rules of isolation that hold behind it are being written
//   kMoves     all is ready: the label is due
//   kMoved     the label is there
//   kReleased  it is to leave; the rules that hold without a waypoint are being written
//   kLeaves    the label goes
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "crds/base/key.h"

namespace fairlead::reconcilers {

inline constexpr char kOwnWaypoint[] = "fairlead-waypoint";  // the Gateway that we make, one a namespace

enum class Stand : unsigned char {
  kAwaits,
  kPrepared,
  kMoves,
  kMoved,
  kReleased,
  kLeaves,
  kStays,     // it has our label, and should not; `why` says what holds it
  kOptedOut,  // a label of a user says none
  kRefused,   // what a user wrote stands in the way
};

inline constexpr size_t kStandCount = 9;
std::string_view ToString(Stand stand);  // "Awaits"

struct WaypointStand {
  Stand stand = Stand::kAwaits;
  NamespacedName gateway;  // that it goes to, or is at; of kOptedOut and kRefused: the one it would go to
  std::string need;        // what asks for a waypoint: "RetryTimeoutPolicy shop/quick"; empty: nothing does
  std::string why;         // what is waited for, stands in the way, or is the matter; may be empty
  friend bool operator==(const WaypointStand&, const WaypointStand&) = default;
};

// Of one namespace.
struct WaypointPlan {
  enum class Own : unsigned char { kNone, kWrite, kKept, kDelete };
  Own own = Own::kNone;                         // what is to become of our Gateway there
  std::string workspace;                        // that it is for
  std::map<ObjectKey, WaypointStand> services;  // without those that there is nothing to say of
  bool empty() const { return own == Own::kNone && services.empty(); }
  friend bool operator==(const WaypointPlan&, const WaypointPlan&) = default;
};

struct WaypointPlans {
  std::map<std::string, WaypointPlan> by_namespace;  // without empty ones
  // What could not be written, and why, by namespace and object: our Gateway, or a service.
  std::map<std::string, std::map<ObjectKey, std::string>> problems;

  const WaypointStand* Find(const ObjectKey& service) const;
  std::string ProblemOf(const ObjectKey& object) const;  // empty: none
};

}  // namespace fairlead::reconcilers
