// CopyStore: kept copies in the API server, each a ConfigMap in the operator's own namespace.
//
// Who calls: the registry reads, the keeper writes; each has one of its own. A ConfigMap rather than a
// Secret: what is in it may be read by whoever may view objects in the clusters anyway, and with Secrets the
// operator would get the right to write those that hold credentials. Blocks for one call at a time.
//
//   CopyStore store(transport, nullptr, "fairlead-system");
//   Result<std::optional<std::string>> bytes = store.Read("west");
#pragma once

#include <map>
#include <optional>
#include <string>

#include "operator/kube/client.h"
#include "operator/runtime/metrics.h"

namespace fairlead::clusters {

// The value is the cluster's name.
inline constexpr char kCopyLabel[] = "fairlead.dev/last-known-of";

// The Secret that names the cluster; with it the copy is to go.
struct CopyOwner {
  std::string secret, uid;
};

// A copy that is there, by its metadata.
struct CopyEntry {
  std::string uid, resource_version;
  Timestamp heard;
};

// What became of copies: "written", "used", …
runtime::Counter CopyCounter(runtime::Metrics* metrics, const std::string& result);

class CopyStore {
 public:
  // Every write passes the gate.
  CopyStore(kube::HttpTransport* transport, kube::WriteGate* gate, std::string ns);

  static kube::ObjectName NameOf(const std::string& ns, const std::string& cluster);

  Result<std::map<std::string, CopyEntry>> List();                      // by cluster
  Result<std::optional<std::string>> Read(const std::string& cluster);  // nullopt: there is none
  // In place of `there`, exactly, or where there is none. kConflict: something else is there.
  Result<CopyEntry> Write(const std::string& cluster, const CopyOwner& owner, Timestamp heard,
                          const std::string& bytes, const std::optional<CopyEntry>& there);
  Result<void> Delete(const std::string& cluster, const CopyEntry& there);

 private:
  kube::Client client_;
  const std::string ns_;
};

}  // namespace fairlead::clusters
