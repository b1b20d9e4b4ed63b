// WithResourceVersion: a patch or object with the version that it is for.
//
// Who calls: Client, for each write that is over what was read. The text is kept as it is but for that field:
// it is neither parsed into values nor written anew. Pure.
#pragma once

#include <string>
#include <string_view>

#include "crds/base/result.h"

namespace fairlead::kube {

// An error: the text is no JSON object, or its `metadata` is none.
Result<std::string> WithResourceVersion(std::string_view json, std::string_view version);

}  // namespace fairlead::kube
