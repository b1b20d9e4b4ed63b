// What was in memory for a moment's work goes back to the system: heap that is free, and pages of the program
// and its libraries, of which loading (relocations, symbols, static initialisers) touches some twenty times
// what runs later.
//
// Who calls: the engine after the first lists and after a list anew; any thread, at any time. It costs a
// millisecond; a page of program that is wanted again is mapped from the page cache, without reading a disk.
//
//   runtime::ReturnMemory();
#pragma once

#include <cstddef>

namespace fairlead::runtime {

// Free heap, then UnmapProgramPages().
void ReturnMemory();

// Unmaps the resident pages of all read-only segments (program and libraries), but those that were ever
// written to: relocated data, a debugger's or a tracer's breakpoints. Where the system does not tell which
// (no /proc/self/pagemap), none. How many bytes.
size_t UnmapProgramPages();

}  // namespace fairlead::runtime
