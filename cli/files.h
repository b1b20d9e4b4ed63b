// Files: which manifests a path stands for, and their text, bounded; every failure with its path and reason.
//
// Who calls: Load. The only place of fairleadctl that touches the file system.
#pragma once

#include <istream>
#include <string>
#include <utility>
#include <vector>

#include "crds/base/result.h"

namespace fairlead::cli {

struct FileList {
  std::vector<std::string> files;                             // sorted within each folder's tree; none twice
  std::vector<std::pair<std::string, std::string>> problems;  // path, what is wrong with it
};

// Files and standard input ("-") stand for themselves, folders for their .yaml, .yml and .json files,
// recursively.
FileList FindManifests(const std::vector<std::string>& paths);

// The whole text. The error's message is for after "path: ".
Result<std::string> ReadFile(const std::string& path, size_t max_bytes);
Result<std::string> ReadStream(std::istream& in, size_t max_bytes);

}  // namespace fairlead::cli
