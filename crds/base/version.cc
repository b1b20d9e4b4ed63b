#include "crds/base/version.h"

namespace fairlead {

std::string_view Version() { return FAIRLEAD_VERSION; }

}  // namespace fairlead
