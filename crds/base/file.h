// ReadWholeFile: the text of a file, bounded. Memory is taken as the text comes: a generous bound costs
// nothing.
//
// Who calls: whoever reads kubeconfigs, tokens, certificates and manifests. The error's message is for after
// "path: ". Its class: kNotFound where there is no such file, kInvalid where it is too large, else
// kTransient, since rights and mounts change under a running process.
#pragma once

#include <string>

#include "crds/base/result.h"

namespace fairlead {

Result<std::string> ReadWholeFile(const std::string& path, size_t max_bytes);

}  // namespace fairlead
