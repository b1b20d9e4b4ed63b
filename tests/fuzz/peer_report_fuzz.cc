// Any bytes as the report of another replica: an error, or a report that reads back as it is printed.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "dataplane/xds/peer_book.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fairlead::xds;
  if (size > 1u << 16) return 0;
  const auto report = ParsePeerReport({reinterpret_cast<const char*>(data), size});
  if (!report) {
    if (report.error().message.empty()) std::abort();
    return 0;
  }
  const auto again = ParsePeerReport(PeerReportJson(*report));
  if (!again || !(*again == *report)) std::abort();
  PeerBook book;
  (void)book.Tell(*book.Open(), *report);
  return 0;
}
