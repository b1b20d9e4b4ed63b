// Cluster: the embedded API server with our definitions and Gateway API's, for many runs one after the other;
// and what the operator wrote to it.
//
// Who calls: main makes one; each Run resets it. Reads and writes of the user go past the faults. Thread-safe
// but for Reset.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "tests/fault/workload.h"
#include "tests/support/apiserver/server.h"

namespace fairlead::fault {

inline constexpr char kOperator[] = "fairlead-operator";  // the beginning of its user agent
inline constexpr char kLeases[] = "coordination.k8s.io/leases";

// What the operator did, Leases left out.
struct Deeds {
  int sent = 0;    // write requests
  int stored = 0;  // those that changed something
  int series = 0;  // of these, Events that were said again
  std::map<std::string, int> created,
      deleted;  // by object; Events are left out: they are told apart by their text
};

class Cluster {
 public:
  static Result<std::unique_ptr<Cluster>> Start();

  void Reset();  // as after Start; nobody may be at work
  Result<void> Apply(const std::string& yaml);
  // In the other cluster, which is another API server, and as empty after each Reset.
  Result<void> ApplyWest(const std::string& yaml);
  size_t WritesToWest() const;  // of the operator, which may read there and no more
  Result<void> Remove(const std::string& path);
  // As istiod says it of the Gateway, "namespace/name", at its generation.
  Result<void> SetProgrammed(const std::string& gateway);

  bool HasReasons(const std::string& policy, const Reasons& reasons) const;
  std::string ReasonsOf(const std::string& policy) const;  // for messages
  bool Has(const std::string& object) const;               // "group/plural namespace/name"
  std::string LeaseHolder() const;                         // the replica; "" where there is none
  Deeds DeedsOfOperator();
  apiserver::ApiServer& server() { return *server_; }
  // A kubeconfig's text for the replica; its requests carry its name as user.
  std::string KubeconfigOf(const std::string& replica) const { return server_->kubeconfig(replica); }

 private:
  apiserver::ObjectPtr Policy(const std::string& name) const;

  std::unique_ptr<apiserver::ApiServer> server_, west_;
  std::set<apiserver::StoreKey> definitions_;  // what Reset leaves
};

}  // namespace fairlead::fault
