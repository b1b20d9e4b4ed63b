// Golden files: `<feature>-<case>.in.yaml` beside what the code makes of it, `<feature>-<case>.out.yaml` (or
// .out.txt).
//
// With FAIRLEAD_UPDATE_GOLDEN=1 the expected files are rewritten (`make golden`), which CI refuses: there a
// difference is a failure and nothing else.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace fairlead::golden {

std::vector<std::string> CasesIn(const std::string& folder);  // names without ".in.yaml", sorted

// Runs `make` on the case's input and compares its result with the expected file, as a GoogleTest failure.
void Check(const std::string& folder, const std::string& name,
           const std::function<std::string(const std::string& input)>& make,
           const std::string& output_suffix = ".out.yaml");

// The same for a file whose text was made already.
void Compare(const std::string& file, const std::string& expected, const std::string& actual);

}  // namespace fairlead::golden
