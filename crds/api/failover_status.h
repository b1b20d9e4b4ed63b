// The part of a policy's status that only a FailoverPolicy has: for each target, seen from each place that
// requests come from, the steps in order, with their endpoints and their share of the requests now.
//
// Bounded; what is left out is counted. Equality ignores since when something is so: a status that differs in
// time only is not written.
#pragma once

#include <json/value.h>

#include <compare>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "crds/base/json.h"
#include "crds/base/key.h"
#include "crds/base/meta.h"

namespace fairlead::api {

struct Locality {
  std::string cluster;  // empty: this cluster / any
  std::string region;
  std::string zone;
  std::string subzone;
  friend auto operator<=>(const Locality&, const Locality&) = default;
};

struct FailoverStepStatus {
  std::string to;       // "us-east/us-east-1b 80%, us-east/us-east-1c 20%"
  int endpoints = 0;    // there are
  int healthy = 0;      // of these
  int percent = 0;      // of the source's requests that it gets now
  std::string missing;  // what the step lacks to work; empty: nothing
  Timestamp since;      // of `missing`
  int number = 0;       // its place, from 1, where steps before it are left out; 0: it follows the one before

  friend bool operator==(const FailoverStepStatus& a, const FailoverStepStatus& b) {
    return std::tie(a.to, a.endpoints, a.healthy, a.percent, a.missing, a.number) ==
           std::tie(b.to, b.endpoints, b.healthy, b.percent, b.missing, b.number);
  }
};

struct FailoverSource {
  static constexpr size_t kMaxPorts = 16, kMaxSteps = 8;
  Kind kind = Kind::kService;  // of the target
  std::string ns;
  std::string name;
  std::vector<int> ports;  // for which it is so
  Locality from;           // all empty: the place is not known
  int active = 0;          // the step that gets the most, from 1; 0: none
  int unserved = 0;   // percent of the requests that are answered 503 now, since no endpoint can have them
  int unreached = 0;  // endpoints that no step names
  std::vector<FailoverStepStatus> steps;
  int more_steps = 0;
  Timestamp since;  // of `active`

  // The same target and place.
  friend bool SameView(const FailoverSource& a, const FailoverSource& b) {
    return std::tie(a.kind, a.ns, a.name, a.ports, a.from) == std::tie(b.kind, b.ns, b.name, b.ports, b.from);
  }
  friend bool operator==(const FailoverSource& a, const FailoverSource& b) {
    return SameView(a, b) && std::tie(a.active, a.unserved, a.unreached, a.steps, a.more_steps) ==
                                 std::tie(b.active, b.unserved, b.unreached, b.steps, b.more_steps);
  }
};

// What came of spec.drill.
struct DrillStatus {
  std::string state;    // Running | Ended | Refused
  std::string reason;   // InForce, TimeOver, Unsafe, TooLong, NoTarget, Waiting
  std::string down;     // "zone us-east/us-east-1a"
  int weight = 0;       // percent of its requests that it keeps
  Timestamp until;      // as asked for
  std::string message;  // where it is in force and where not, or why it is not, and what to do
  int needed = 0;       // proxies that need the policy
  int programmed = 0;   // of these, those that take part
  friend bool operator==(const DrillStatus&, const DrillStatus&) = default;
};

struct FailoverStatus {
  static constexpr size_t kMaxTargets = 16, kMaxPlaces = 8, kMaxSources = 64;  // places: of one target
  std::vector<FailoverSource> sources;                                         // sorted by target and place
  int more_sources = 0;
  std::string steps;   // for the printer column: "3"
  std::string active;  // for the printer column: "1", or "1,2" where sources differ
  std::optional<DrillStatus> drill;
  std::string outlier_detection = {};  // as whoever carries the policy has it: "5 errors in a row: …", "off"
  friend bool operator==(const FailoverStatus&, const FailoverStatus&) = default;
};

// Out of the value of `status`, and into it. Lenient, as all statuses.
FailoverStatus ParseFailoverStatus(const JsonNode& status);
void WriteFailoverStatus(const FailoverStatus& failover, Json::Value* status);
// The JSON of the sources, as text: they are most of a status, and a tree of values takes three times as
// long.
std::string WriteSources(const std::vector<FailoverSource>& sources);
Json::Value ToJson(const Locality& locality);

// Fills the times: kept from `live` where it is so since then, else `now`.
void StampTimes(FailoverStatus* status, const FailoverStatus* live, Timestamp now);

}  // namespace fairlead::api
