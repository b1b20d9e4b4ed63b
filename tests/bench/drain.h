// Drain: a real Envoy in zone-0 under a steady load, with backends in three zones, while its own zone is
// taken out of service as a careful operator would: first no more new requests, then the end. Then one of the
// others begins to answer 500.
//
// Who calls: the group failover.
#pragma once

#include <chrono>
#include <cstdint>

#include "tests/bench/rig.h"

namespace fairlead::bench {

struct DrainResult {
  int requests = 0;
  int failed = 0;         // no answer, or another than 200
  double per_second = 0;  // that were sent
  uint64_t moved = 0;     // that other zones answered
  double ejected =
      0;           // milliseconds from the first 500 of an endpoint to its last, before Envoy leaves it out
  int errors = 0;  // these
};

// The rig's waypoint 0 has a plaintext port, and its operator runs. Adds a Service of its own, "drained".
Result<DrainResult> DrainZone(Rig* rig, std::chrono::seconds length, int requests_a_second);

}  // namespace fairlead::bench
