// Lifecycle: what controllers do in a cluster, done here at once after a write: dependents of what was
// deleted, the content of namespaces that go, and CustomResourceDefinitions that come and go.
//
// Who calls: Api after each write, holding Core::mutex.
#pragma once

#include <map>

#include "tests/support/apiserver/core.h"

namespace fairlead::apiserver {

class Lifecycle {
 public:
  explicit Lifecycle(Core& core) : core_(core) {}

  void Bootstrap();  // the namespaces and the Service that every cluster has
  void Settle();     // until nothing is left to do

 private:
  bool EstablishCrds();
  bool FinishCrd(const Value& crd);
  bool CollectDependents();
  bool Propagate();
  bool EmptyNamespaces();
  void DropOwner(const StoreKey& key, const std::string& uid);
  void Delete(const StoreKey& key);
  void RemoveFinalizer(const StoreKey& key, const std::string& name);

  Core& core_;
  std::map<std::string, std::string> crds_;  // name → resourceVersion that the registry knows
  std::map<std::string, Value> installed_;
};

}  // namespace fairlead::apiserver
