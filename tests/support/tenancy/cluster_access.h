// ClusterAccess: who may call what, and who may change what, in a cluster of whole objects: by the words of
// its Workspaces, and by the objects that Kubernetes and Istio go by.
//
// Who calls: the fault campaign, after every write of the operator. Both answers are sets of sentences, so
// that one is held against the other. Written apart from the lowering; it knows as much of the API as
// workloads use, and throws at what it does not know. Pure.
//
//   Beyond(AccessByObjects(stored), {AccessByWords(before), AccessByWords(after)})   // "": nothing is open
//   that
//                                                                                    // neither opens
#pragma once

#include <json/value.h>

#include <set>
#include <string>
#include <vector>

namespace fairlead::testing {

struct Access {
  std::set<std::string> calls;     // "till/default calls web/ratings"
  std::set<std::string> names;     // "HTTPRoute of till names web/ratings"
  std::set<std::string> rights;    // "Group devs writes retrytimeoutpolicies in web"
  std::set<std::string> unjudged;  // "retrytimeoutpolicies in web": no Workspace's roles judge a change
  // "Group devs writes retrytimeoutpolicies in web": a right that a role gave, and nothing judges its use.
  // Words never say so.
  std::set<std::string> loose;
  friend bool operator==(const Access&, const Access&) = default;
};

// Of namespaces, Workspaces (in the order of their age), WorkspaceSettings, Services and Gateways; a service
// has one pod, with the labels that it selects; a namespace has the service account "default".
Access AccessByWords(const std::vector<Json::Value>& objects);
// Likewise, and of AuthorizationPolicies, ReferenceGrants, Roles, RoleBindings and admission policies.
Access AccessByObjects(const std::vector<Json::Value>& objects);

// What is open, and by none of the others is; one line each.
std::string Beyond(const Access& access, const std::vector<Access>& allowed);

}  // namespace fairlead::testing
