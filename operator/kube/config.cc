#include "operator/kube/config.h"

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <utility>

#include "crds/base/file.h"

namespace fairlead::kube {
namespace {

constexpr size_t kMaxConfigBytes = 16u << 20;

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> ReadAll(const std::string& path) {
  Result<std::string> text = ReadWholeFile(path, kMaxConfigBytes);
  if (text) return text;
  Error error = text.error();
  if (error.error_class == ErrorClass::kTransient)
    error.error_class = ErrorClass::kFatal;  // nobody asks again
  error.message = path + ": " + error.message;
  return Unexpected(std::move(error));
}

// Of a list, files that are not there are passed over, as kubectl does.
Result<ClusterConfig> FromFiles(const std::vector<std::string>& paths, const std::string& context) {
  std::vector<NamedText> files;
  for (const std::string& path : paths) {
    Result<std::string> text = ReadAll(path);
    if (!text && text.error().error_class == ErrorClass::kNotFound && paths.size() > 1) continue;
    if (!text) return Unexpected(text.error());
    files.push_back({path, std::move(*text)});
  }
  if (files.empty())
    return Unexpected(Error{ErrorClass::kFatal, "none of the files of KUBECONFIG can be read"});
  return ParseKubeconfig(files, context);
}

std::vector<std::string> SplitPaths(const std::string& list) {
  std::vector<std::string> out;
  std::istringstream in(list);
  for (std::string part; std::getline(in, part, ':');) {
    if (!part.empty()) out.push_back(part);
  }
  return out;
}

}  // namespace

Result<ClusterConfig> InClusterConfig(const std::string& host, const std::string& port,
                                      const std::string& dir) {
  if (host.empty() || port.empty()) {
    return Unexpected(
        Error{ErrorClass::kFatal, "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set"});
  }
  Result<std::string> token = ReadAll(dir + "/token");
  if (!token) return Unexpected(Error{ErrorClass::kFatal, "service account: " + token.error().message});
  Result<std::string> ca = ReadAll(dir + "/ca.crt");
  if (!ca) return Unexpected(Error{ErrorClass::kFatal, "service account: " + ca.error().message});
  Result<std::string> ns = ReadAll(dir + "/namespace");
  ClusterConfig config;
  const bool ipv6 = host.find(':') != std::string::npos;
  config.server = "https://" + (ipv6 ? "[" + host + "]" : host) + ":" + port;
  config.ca_file = dir + "/ca.crt";
  config.token_file = dir + "/token";
  config.ns = ns ? ns->substr(0, ns->find_first_of(" \r\n")) : "default";
  config.context = "in-cluster";
  return config;
}

Result<ClusterConfig> LoadConfig(const ConfigSources& sources) {
  if (!sources.kubeconfig.empty()) return FromFiles({sources.kubeconfig}, sources.context);
  const std::vector<std::string> listed = SplitPaths(Env("KUBECONFIG"));
  if (!listed.empty()) return FromFiles(listed, sources.context);
  const std::string host = Env("KUBERNETES_SERVICE_HOST");
  const std::string port = Env("KUBERNETES_SERVICE_PORT");
  std::error_code ignored;
  if (!host.empty() && std::filesystem::exists(sources.service_account_dir + "/token", ignored)) {
    return InClusterConfig(host, port, sources.service_account_dir);
  }
  const std::string home = Env("HOME") + "/.kube/config";
  if (std::filesystem::exists(home, ignored)) return FromFiles({home}, sources.context);
  return Unexpected(
      Error{ErrorClass::kFatal,
            "no cluster is configured: give --kubeconfig, set KUBECONFIG, or run inside a cluster"});
}

}  // namespace fairlead::kube
