// The CustomResourceDefinitions of our kinds, as they are in crds/schema/*.yaml.
//
// Who calls: the command line (to print or install them), the embedded API server, tests. The build puts the
// files into the program. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crds/base/key.h"

namespace fairlead {

// One YAML document each, in the order of Kind; that of PolicyChange last.
std::vector<std::string> CrdManifests();

std::string_view PolicyChangeManifest();

// The manifest of one of our kinds; "" for a kind that is not ours.
std::string_view CrdManifest(Kind kind);

}  // namespace fairlead
