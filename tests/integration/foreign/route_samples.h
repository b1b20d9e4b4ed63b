// Objects of the kinds that travel as JSON, with every field that we read. Sent to a real API server and read
// back.
#pragma once

#include <string>
#include <vector>

#include "crds/base/key.h"

namespace fairlead::testing {

struct Sample {
  Kind kind;
  std::string json;
};
const std::vector<Sample>& RouteSamples();

}  // namespace fairlead::testing
