// Transition: in which order the objects of tenancy are written, so that at no point more is open than before
// or after.
//
// Who calls: the loop that writes them. Pure. First all that narrows: an object that both narrows and widens
// is written twice, at first with what both its old and its new form admit. Then all that widens. So while
// the first phase lasts nothing is open that was not before, and in the second nothing that will not be
// after, wherever it stops. The writes of a phase may be done at once; a phase begins when every write of the
// one before is done. What belongs together (all workspaces that a change touches) is planned together.
//
//   for (const Write& write : PlanWrites(stored, wished)) …
#pragma once

#include <json/value.h>

#include <vector>

#include "reconcilers/tenancy/owned_object.h"

namespace fairlead::reconcilers {

struct Write {
  enum class Verb : unsigned char { kApply, kDelete };
  int phase = 0;
  Verb verb = Verb::kApply;
  Json::Value object;  // of a deletion: as it was
  friend bool operator==(const Write&, const Write&) = default;
};

// One object, as it is (as the API server has it, or as it was written) and as it shall be; null: not there.
// Two writes where a form between is needed, none where nothing differs.
std::vector<Write> StepsOf(const Json::Value& stored, const Json::Value& wished);

// All that belongs together, each name once. Sorted by phase.
std::vector<Write> PlanWrites(const std::vector<OwnedObject>& stored, const std::vector<OwnedObject>& wished);

}  // namespace fairlead::reconcilers
