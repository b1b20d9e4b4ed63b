// Plan: one way to disturb a workload: what happens at which write of the operator. Its name says all of it,
// so that a plan that failed is run again by name.
//
// Who calls: main. A value.
//
//   Plan::Parse("edited/3.before")   // killed when its third write has come, and that is not carried out
#pragma once

#include <string>
#include <vector>

#include "crds/base/result.h"

namespace fairlead::fault {

enum class Fault {
  kNone,    // the undisturbed run
  kAfter,   // killed once the write is stored, before the reply reaches it; started again
  kBefore,  // killed, and the write is not carried out; started again
  kLost,    // the write is stored, its reply is lost, the operator lives on
  kFailed,  // the write is not carried out, its connection is cut, the operator lives on
  kPaused,  // stopped once the write is stored, until another replica leads; then it goes on
};
std::string ToString(Fault fault);

struct Plan {
  std::string workload;
  int write = 0;  // the number of the write, from 1; Leases do not count
  Fault fault = Fault::kNone;

  static Result<Plan> Parse(const std::string& name);
  std::string Name() const;  // "edited/3", "edited/3.before"
};

// Which writes are disturbed: all of 1..writes, or `points` of them, first and last among them, spread
// evenly.
std::vector<int> PointsOf(int writes, int points);

}  // namespace fairlead::fault
