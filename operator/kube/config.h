// Where the API server is and who we are to it: kubeconfig files and the in-cluster service account.
//
// Who calls: the composition root and the command line. Reading gives a ClusterConfig, a value; what rotates
// (tokens, certificates in files, exec plug-ins) stays a reference in it and is read by Credentials. Errors
// name file and field. No thread rule.
//
//   Result<ClusterConfig> config = LoadConfig({.kubeconfig = flags.kubeconfig});
//   auto transport = MakeTransport(*config, {});
#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "crds/base/result.h"
#include "crds/base/secret.h"

namespace fairlead::kube {

// A command that prints an ExecCredential (client.authentication.k8s.io).
struct ExecPlugin {
  std::string command;
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string api_version;   // ".../v1" or ".../v1beta1"
  std::string install_hint;  // shown when the command is not found
  bool provide_cluster_info = false;
  friend bool operator==(const ExecPlugin&, const ExecPlugin&) = default;
};

struct ClusterConfig {
  std::string server;  // "https://10.0.0.1:6443", no trailing slash; a path is kept
  std::string tls_server_name;
  std::string ca_pem, ca_file;  // both empty: the system's authorities
  std::string client_certificate_pem, client_certificate_file;
  Secret client_key_pem;
  std::string client_key_file;
  Secret token;
  std::string token_file;  // wins over token, as in kubectl
  std::optional<ExecPlugin> exec;
  std::string impersonate_user, impersonate_uid;
  std::vector<std::string> impersonate_groups;
  std::string ns;       // of the context, or of the service account; "default"
  std::string context;  // for messages
};

struct NamedText {
  std::string file;  // relative paths inside are relative to its folder
  std::string text;
};

// Merges as kubectl does: of each named cluster, user and context, and of current-context, the first file's
// counts.
Result<ClusterConfig> ParseKubeconfig(const std::vector<NamedText>& files, const std::string& context = "");

struct ConfigSources {
  std::string kubeconfig;  // --kubeconfig; empty: $KUBECONFIG (a list), in-cluster, ~/.kube/config
  std::string context;
  std::string service_account_dir = "/var/run/secrets/kubernetes.io/serviceaccount";
};
// Reads the first source that is there.
Result<ClusterConfig> LoadConfig(const ConfigSources& sources = {});

// From KUBERNETES_SERVICE_HOST and _PORT and the mounted service account.
Result<ClusterConfig> InClusterConfig(const std::string& host, const std::string& port,
                                      const std::string& dir);

}  // namespace fairlead::kube
