// Any bytes as a kept copy of another cluster: an error, or objects that can stand in for that cluster. Bytes
// that are no gzip are taken for what is in one, or the reader behind it would rarely be reached.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "operator/clusters/gzip.h"
#include "operator/clusters/kept_copy.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace fairlead;
  if (size > 1u << 20) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string packed;
  if (!bytes.starts_with("\x1f\x8b")) bytes = packed = clusters::Gzip(bytes);
  Result<clusters::KeptCopy> copy = clusters::DecodeCopy(bytes);
  if (!copy) {
    if (copy.error().message.empty()) std::abort();
    return 0;
  }
  reconcilers::Remotes remotes;
  (void)remotes.Keep("west", copy->objects);
  (void)remotes.SetStatus("west", {reconcilers::RemoteState::kFresh, copy->header.heard, ""});
  const auto known = reconcilers::KnownOf(remotes, "west");
  if (!known) std::abort();
  // What was read once is written and read again without a loss.
  const auto again = clusters::EncodeCopy(copy->header, *known);
  if (again && !clusters::DecodeCopy(*again)) std::abort();
  return 0;
}
