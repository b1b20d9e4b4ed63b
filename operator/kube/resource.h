// Paths of the Kubernetes REST API.
//
// Who calls: the client and the watches. Names and queries are percent-encoded. Values; pure.
//
//   ObjectPath({"apps", "v1", "deployments"}, "shop", "web", "status");
//   // "/apis/apps/v1/namespaces/shop/deployments/web/status"
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crds/base/key.h"

namespace fairlead::kube {

struct Resource {
  std::string group;  // "" for core
  std::string version;
  std::string plural;

  std::string GroupVersion() const { return group.empty() ? version : group + "/" + version; }
  // "httproutes.gateway.networking.k8s.io": the name of its CRD, and in messages
  std::string ToString() const { return group.empty() ? plural : plural + "." + group; }
  friend auto operator<=>(const Resource&, const Resource&) = default;
};

Resource ResourceOf(Kind kind);

// An empty namespace: cluster-scoped, or all namespaces.
std::string CollectionPath(const Resource& resource, const std::string& ns);
std::string ObjectPath(const Resource& resource, const std::string& ns, const std::string& name,
                       const std::string& subresource = "");

using Query = std::vector<std::pair<std::string, std::string>>;
std::string WithQuery(const std::string& path,
                      const Query& query);  // entries with an empty value are left out

}  // namespace fairlead::kube
