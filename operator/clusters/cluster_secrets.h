// ClusterSecrets: which other clusters there are, as Secrets in our own namespace say, in the manner of
// Istio's remote secrets: label istio/multiCluster: "true", each key of `data` a cluster's name, its value a
// kubeconfig.
//
// Who calls: the registry, on its worker. Pure. A Secret must neither run programs nor read files here, so
// kubeconfigs with exec plug-ins, auth providers or paths are refused. What is refused tells of its own
// cluster alone, and never shows what is in the Secret.
//
//   ClusterSecrets secrets("Kubernetes");
//   secrets.Put(secret);
//   for (const auto& [cluster, entry] : secrets.Resolve().clusters) …
#pragma once

#include <json/value.h>

#include <map>
#include <string>
#include <vector>

#include "crds/base/result.h"
#include "operator/kube/config.h"
#include "operator/kube/watcher.h"

namespace fairlead::clusters {

inline constexpr size_t kMaxClusters = 32;
inline constexpr size_t kMaxSecretBytes = 1u << 20;  // as the API server has it

// One key of a Secret.
struct ClusterEntry {
  std::string secret, uid;                                     // of the Secret
  Secret kubeconfig;                                           // as it is there; equal: nothing has changed
  Result<kube::ClusterConfig> config = kube::ClusterConfig();  // an error: why it is refused
};

// Why a cluster that a Secret names is not read as that says.
struct ClusterProblem {
  std::string secret, uid, cluster, message;  // cluster: empty where the whole Secret is meant
  friend auto operator<=>(const ClusterProblem&, const ClusterProblem&) = default;
};

struct WishedClusters {
  std::map<std::string, ClusterEntry> clusters;  // by name; refused ones too
  std::vector<ClusterProblem> problems;          // sorted
};

class ClusterSecrets {
 public:
  explicit ClusterSecrets(std::string own_cluster) : own_cluster_(std::move(own_cluster)) {}

  static kube::WatchTarget Target(const std::string& ns);

  void Put(const Json::Value& secret);
  void Erase(const std::string& name) { secrets_.erase(name); }
  void Clear() { secrets_.clear(); }

  // Of two Secrets that name the same cluster, that whose name comes first counts.
  WishedClusters Resolve() const;

 private:
  struct Content {
    std::map<std::string, ClusterEntry> entries;  // by cluster
    std::string uid;
    std::string problem;  // of the whole
  };

  const std::string own_cluster_;
  std::map<std::string, Content> secrets_;
};

// What the text of a kubeconfig in a Secret says; `where` is for messages.
Result<kube::ClusterConfig> ReadSecretKubeconfig(const std::string& where, const std::string& text);

}  // namespace fairlead::clusters
