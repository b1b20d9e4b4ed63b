// Kept copies: what was last known of another cluster, as bytes that outlive this process.
//
// The leader writes one where a cluster is lost, or the operator ends (copy_keeper.h); whoever starts while
// that cluster cannot be reached reads it (registry.h). The bytes are gzip of one JSON object: who wrote them
// of which cluster, and the objects as Kubernetes writes them, which the parsers of crds/ read back. What is
// damaged, of a later format, or of another cluster is an error, and none of it is used. Pure.
//
//   Result<std::string> bytes = EncodeCopy({"west", identity, "pod-a", heard}, known);
//   Result<KeptCopy> copy = DecodeCopy(*bytes);
//   if (copy && !NotOf(copy->header, "west", identity)) …
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crds/object/any_object.h"
#include "operator/kube/config.h"
#include "reconcilers/store/known.h"

namespace fairlead::clusters {

inline constexpr int kCopyFormat = 1;
// Of a ConfigMap, which holds 1 MiB at most.
inline constexpr size_t kMaxCopyBytes = 900 << 10;
inline constexpr size_t kMaxUnpackedCopy = 32u << 20;

struct CopyHeader {
  std::string cluster;
  std::string identity;  // IdentityOf
  std::string by;        // the process that wrote it
  Timestamp heard;       // when that was known of the cluster
  friend bool operator==(const CopyHeader&, const CopyHeader&) = default;
};

struct KeptCopy {
  CopyHeader header;
  std::vector<AnyObject> objects;
};

// Which cluster a kubeconfig leads to: its server, and a checksum of the authority. One that was built anew
// under the same address is another one.
std::string IdentityOf(const kube::ClusterConfig& config);

// An error: it is more than can be kept; the message has the figures.
Result<std::string> EncodeCopy(const CopyHeader& header, const reconcilers::Known& known);
Result<KeptCopy> DecodeCopy(std::string_view bytes);

// Why the copy is not of that cluster; nullopt: it is.
std::optional<std::string> NotOf(const CopyHeader& header, const std::string& cluster,
                                 const std::string& identity);

}  // namespace fairlead::clusters
