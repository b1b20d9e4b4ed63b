#include "operator/runtime/resident.h"

#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>

namespace fairlead::runtime {
namespace {

// An entry of /proc/self/pagemap (Linux: Documentation/admin-guide/mm/pagemap.rst).
constexpr uint64_t kPresent = uint64_t{1} << 63;
constexpr uint64_t kSwapped = uint64_t{1} << 62;
constexpr uint64_t kOfFile = uint64_t{1} << 61;  // and thus not written to: a private mapping copies then

// Written to, so that the file does not have it.
bool IsOurs(uint64_t entry) { return (entry & (kPresent | kSwapped)) != 0 && (entry & kOfFile) == 0; }

class Unmapper {
 public:
  explicit Unmapper(int pagemap) : pagemap_(pagemap), page_(static_cast<uintptr_t>(sysconf(_SC_PAGESIZE))) {}

  void Unmap(uintptr_t begin, uintptr_t end) {
    begin -= begin % page_;
    end = (end + page_ - 1) / page_ * page_;
    uintptr_t run = begin;  // from here on nothing is ours
    while (begin < end) {
      const size_t count = Read(begin, std::min<size_t>(entries_.size(), (end - begin) / page_));
      if (count == 0) break;
      for (size_t i = 0; i < count; ++i, begin += page_) {
        if (IsOurs(entries_[i])) {
          UnmapRun(run, begin);
          run = begin + page_;
        } else if ((entries_[i] & kPresent) != 0) {
          resident_ += page_;
        }
      }
    }
    UnmapRun(run, begin);
  }

  size_t bytes() const { return bytes_; }

 private:
  size_t Read(uintptr_t address, size_t count) {
    const auto offset = static_cast<off_t>(address / page_ * sizeof(uint64_t));
    const ssize_t got = pread(pagemap_, entries_.data(), count * sizeof(uint64_t), offset);
    return got < 0 ? 0 : static_cast<size_t>(got) / sizeof(uint64_t);
  }

  void UnmapRun(uintptr_t begin, uintptr_t end) {
    // NOLINTNEXTLINE(performance-no-int-to-ptr): the loader tells addresses as numbers
    auto* const start = reinterpret_cast<void*>(begin);
    if (begin < end && madvise(start, end - begin, MADV_DONTNEED) == 0) bytes_ += resident_;
    resident_ = 0;
  }

  const int pagemap_;
  const uintptr_t page_;
  std::array<uint64_t, 512> entries_{};
  size_t resident_ = 0;  // of the run
  size_t bytes_ = 0;
};

int UnmapObject(dl_phdr_info* object, size_t, void* unmapper) {
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const auto& segment = object->dlpi_phdr[i];
    // Writable ones are left alone: somebody may write between the look and the unmapping.
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) != 0) continue;
    const uintptr_t begin = object->dlpi_addr + segment.p_vaddr;
    static_cast<Unmapper*>(unmapper)->Unmap(begin, begin + segment.p_memsz);
  }
  return 0;
}

}  // namespace

size_t UnmapProgramPages() {
  const int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
  if (pagemap < 0) return 0;
  Unmapper unmapper(pagemap);
  dl_iterate_phdr(UnmapObject, &unmapper);
  close(pagemap);
  return unmapper.bytes();
}

void ReturnMemory() {
  malloc_trim(0);
  UnmapProgramPages();
}

}  // namespace fairlead::runtime
