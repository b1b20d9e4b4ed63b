#include "operator/runtime/resident.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <fstream>
#include <string>

namespace fairlead::runtime {
namespace {

constexpr size_t kPage = 4096;
// Two pages of the program's read-only data, which nothing else is in.
alignas(kPage) extern const volatile char kConstants[2 * kPage];
alignas(kPage) const volatile char kConstants[2 * kPage] = {'a'};

long ResidentOfFilesInKb() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssFile:")) return std::stol(line.substr(line.find(':') + 1));
  }
  return -1;
}

bool TellsPages() { return access("/proc/self/pagemap", R_OK) == 0; }

TEST(Resident, PagesOfTheProgramAreMappedAnewWhenTheyAreWanted) {
  if (!TellsPages()) GTEST_SKIP() << "no /proc/self/pagemap";
  const long before = ResidentOfFilesInKb();
  EXPECT_GT(UnmapProgramPages(), 0U);
  EXPECT_LT(ResidentOfFilesInKb(), before);
  EXPECT_EQ(kConstants[0], 'a');
  EXPECT_EQ(kConstants[kPage], 0);
}

TEST(Resident, WhatWasWrittenIntoReadOnlyMemoryStays) {
  if (!TellsPages()) GTEST_SKIP() << "no /proc/self/pagemap";
  auto* const page = const_cast<char*>(&kConstants[kPage]);
  if (sysconf(_SC_PAGESIZE) != kPage || mprotect(page, kPage, PROT_READ | PROT_WRITE) != 0)
    GTEST_SKIP() << "read-only data cannot be written to here";
  *const_cast<volatile char*>(page) = 'b';  // as a debugger does that sets a breakpoint
  ASSERT_EQ(mprotect(page, kPage, PROT_READ), 0);
  ReturnMemory();
  EXPECT_EQ(kConstants[kPage], 'b');
}

}  // namespace
}  // namespace fairlead::runtime
