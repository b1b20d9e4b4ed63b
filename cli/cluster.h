// Cluster: the objects of a running cluster, read once, as if they had been manifests.
//
// Who calls: Read() where no -f is given, and the commands that write. The identity is that of the
// kubeconfig, as kubectl has it. Nobody needs to be an administrator: what may not be read in all namespaces
// is read in those that matter for the question (its own, those of the same workspace, the one of mesh-wide
// policies), and what cannot be read there either is told in Loaded::unread. Blocking; one thread.
//
//   Result<std::unique_ptr<Cluster>> cluster = Cluster::Connect({.kubeconfig = options.kubeconfig});
//   Loaded loaded = (*cluster)->Load({.ns = "shop", .root_namespace = "fairlead-system"});
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cli/load.h"
#include "operator/kube/client.h"
#include "operator/kube/config.h"

namespace fairlead::cli {

struct Identity {
  std::string user;
  std::vector<std::string> groups;
};

struct ClusterQuestion {
  std::string ns;              // that the question is about
  std::string root_namespace;  // policies of scope Mesh
  std::vector<Kind> kinds;     // that the answer depends on; empty: all
  bool whole = false;          // objects as they are stored, too, and AuthorizationPolicies
  bool access = false;         // AuthorizationPolicies, too
};

class Cluster {
 public:
  // Reads the configuration; nothing is sent. An error names file and field.
  static Result<std::unique_ptr<Cluster>> Connect(const kube::ConfigSources& sources);
  // Over a transport that is not owned; tests.
  Cluster(kube::HttpTransport* transport, std::string default_namespace);

  const std::string& default_namespace() const { return default_namespace_; }  // of the context
  const std::string& server() const { return server_; }                        // its URL, for messages
  kube::Client& client() { return client_; }
  kube::HttpTransport* transport() const { return transport_; }

  // An error: nothing can be read at all (no connection, credentials refused). A kind that is not installed
  // has no objects.
  Result<Loaded> Load(const ClusterQuestion& question);

  // Who the API server takes us for (SelfSubjectReview, authentication.k8s.io/v1).
  Result<Identity> WhoAmI();

  // Whether Kubernetes' own rights let somebody (nobody given: ourselves) do that; "" or its reason.
  // An error: it may not be asked.
  struct Access {
    bool allowed = false;
    std::string reason;
  };
  Result<Access> MayDo(const Identity* who, const std::string& verb, const ObjectKey& object);

 private:
  Cluster(std::unique_ptr<kube::HttpTransport> transport, const kube::ClusterConfig& config);
  Result<std::string> Post(const std::string& path, const std::string& body);

  std::unique_ptr<kube::HttpTransport> owned_;
  kube::HttpTransport* const transport_;
  kube::Client client_;
  const std::string default_namespace_, server_;
};

}  // namespace fairlead::cli
