// Replay: the objects of a change laid over a state, one after the other, each judged as admission would.
//
// Who calls: preview.h. Refused is what Parse refuses, what tenancy does not let an object of somebody else's
// API say, and, where the caller is known, what its roles do not grant. What is refused changes nothing.
// Pure.
#pragma once

#include <map>
#include <vector>

#include "reconcilers/preview/preview.h"
#include "reconcilers/preview/state.h"

namespace fairlead::reconcilers::preview {

struct Replayed {
  std::vector<Refusal> refused;
  std::vector<ObjectChange> objects;  // sorted by id
};

Replayed Replay(const PreviewInput& input, State* state);

}  // namespace fairlead::reconcilers::preview
