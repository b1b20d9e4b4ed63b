// ForEachIndex: the same work on many things, by as many threads as the machine has cores.
//
// Who calls: commands that read or print large folders. `work` is called once for each index below `count`,
// in any order and by several threads at once; returns when all are done.
//
//   ForEachIndex(files.size(), [&](size_t i) { parts[i] = LoadFile(files[i]); });
#pragma once

#include <cstddef>
#include <functional>

namespace fairlead::cli {

void ForEachIndex(size_t count, const std::function<void(size_t)>& work);

}  // namespace fairlead::cli
