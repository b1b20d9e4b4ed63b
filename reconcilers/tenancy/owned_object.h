// OwnedObject: an object that Fairlead writes for a workspace: its own, whole, and nobody else's.
//
// Who calls: the lowerings of tenancy make them, render prints them, the writing loop keeps the cluster as
// they say. Values. The same state gives the same names and bytes. Each carries the labels of Own(): by them
// the loop finds what it once wrote, also for a workspace that is gone.
//
//   OwnedObject object{"v1", "Role", "shop", "fairlead-shop", json};
//   Own("shop", &object);
#pragma once

#include <json/value.h>

#include <string>
#include <tuple>
#include <vector>

namespace fairlead::reconcilers {

inline constexpr char kManagedByLabel[] = "app.kubernetes.io/managed-by";
inline constexpr char kManagedByFairlead[] = "fairlead";
inline constexpr char kWorkspaceLabel[] = "fairlead.dev/workspace";

struct OwnedObject {
  std::string api_version;  // "security.istio.io/v1"
  std::string kind;
  std::string ns;  // empty for cluster-scoped kinds
  std::string name;
  Json::Value object;  // all that we own of it: apiVersion, kind, metadata, spec
  friend bool operator==(const OwnedObject&, const OwnedObject&) = default;
};

// Fills in apiVersion, kind, name, namespace and the labels that say whose it is.
void Own(const std::string& workspace, OwnedObject* object);

// By kind, namespace and name.
void SortOwned(std::vector<OwnedObject>* objects);

}  // namespace fairlead::reconcilers
