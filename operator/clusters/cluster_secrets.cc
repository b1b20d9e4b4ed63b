#include "operator/clusters/cluster_secrets.h"

#include <algorithm>

#include "crds/base/base64.h"
#include "crds/base/names.h"
#include "crds/base/yaml.h"
#include "operator/kube/resource.h"

namespace fairlead::clusters {
namespace {

Unexpected<Error> Refused(const std::string& where, const std::string& what) {
  return Unexpected(Error{ErrorClass::kInvalid, where + ": " + what});
}

// What would run or read something here.
std::string Outside(const kube::ClusterConfig& config) {
  if (config.exec)
    return "user.exec: programs are not run for a Secret; give a token or a client certificate";
  if (!config.ca_file.empty())
    return "cluster.certificate-authority: files are not read for a Secret; give certificate-authority-data";
  if (!config.client_certificate_file.empty())
    return "user.client-certificate: files are not read for a Secret; give client-certificate-data";
  if (!config.client_key_file.empty())
    return "user.client-key: files are not read for a Secret; give client-key-data";
  if (!config.token_file.empty()) return "user.tokenFile: files are not read for a Secret; give token";
  return "";
}

// Bytes of a Secret's data: base64, but never more than is taken.
Result<Secret> Decoded(const std::string& where, const Json::Value& value) {
  if (!value.isString()) return Refused(where, "is not a string");
  std::optional<std::string> text = DecodeBase64(value.asString());
  if (!text) return Refused(where, "is not base64");
  return Secret(*std::move(text));
}

ClusterEntry ReadEntry(const std::string& secret, const std::string& uid, const std::string& cluster,
                       const Json::Value& value) {
  ClusterEntry out;
  out.secret = secret;
  out.uid = uid;
  const std::string where = "secret " + secret + ", key " + cluster;
  const Result<Secret> text = Decoded(where, value);
  if (!text) {
    out.config = Unexpected(text.error());
    return out;
  }
  out.kubeconfig = *text;
  out.config = ReadSecretKubeconfig(where, text->Reveal());
  return out;
}

}  // namespace

Result<kube::ClusterConfig> ReadSecretKubeconfig(const std::string& where, const std::string& text) {
  // The parser's own message may quote what it read.
  if (!ParseYaml(text)) return Refused(where, "is not a kubeconfig: it cannot be read as YAML");
  Result<kube::ClusterConfig> config = kube::ParseKubeconfig({{where, text}});
  if (!config) return config;
  if (const std::string outside = Outside(*config); !outside.empty()) return Refused(where, outside);
  return config;
}

kube::WatchTarget ClusterSecrets::Target(const std::string& ns) {
  kube::WatchTarget target;
  target.collection = kube::CollectionPath({"", "v1", "secrets"}, ns);
  target.label_selector = "istio/multiCluster=true";
  return target;
}

void ClusterSecrets::Put(const Json::Value& secret) {
  const Json::Value& meta = secret["metadata"];
  const std::string name = meta["name"].asString();
  Content content;
  content.uid = meta["uid"].asString();
  const Json::Value& data = secret["data"];
  size_t bytes = 0;
  if (data.isObject()) {
    for (const Json::Value& value : data) bytes += value.isString() ? value.asString().size() : 0;
  }
  if (bytes / 4 * 3 > kMaxSecretBytes) {
    content.problem = "secret " + name + ": is larger than 1 MiB";
  } else if (!data.isObject() || data.empty()) {
    content.problem =
        "secret " + name + ": data: holds no cluster; each key is a cluster's name, its value a kubeconfig";
  } else {
    for (const std::string& cluster : data.getMemberNames())
      content.entries.emplace(cluster, ReadEntry(name, content.uid, cluster, data[cluster]));
  }
  secrets_[name] = std::move(content);
}

WishedClusters ClusterSecrets::Resolve() const {
  WishedClusters out;
  for (const auto& [name, content] : secrets_) {
    const auto problem = [&, &name = name, &content = content](const std::string& cluster,
                                                               std::string message) {
      out.problems.push_back({name, content.uid, cluster, std::move(message)});
    };
    if (!content.problem.empty()) problem("", content.problem);
    for (const auto& [cluster, entry] : content.entries) {
      const std::string where = "secret " + name + ", key " + cluster + ": ";
      const std::string wrong = CheckDnsLabel(cluster);
      const auto other = out.clusters.find(cluster);
      if (!wrong.empty()) {
        problem("", where + "a cluster's name " + wrong);
      } else if (cluster == own_cluster_) {
        problem(cluster, where + "is the name of this cluster (--cluster-name)");
      } else if (other != out.clusters.end()) {
        problem(cluster,
                where + "the cluster is named by secret " + other->second.secret + " already, which counts");
      } else if (out.clusters.size() == kMaxClusters) {
        problem(cluster, where + "there are " + std::to_string(kMaxClusters) +
                             " clusters already, which is the limit");
      } else {
        if (!entry.config) problem(cluster, entry.config.error().message);
        out.clusters.emplace(cluster, entry);
      }
    }
  }
  std::sort(out.problems.begin(), out.problems.end());
  return out;
}

}  // namespace fairlead::clusters
