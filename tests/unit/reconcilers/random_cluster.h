// RandomCluster: random objects out of a small universe of names, so that they refer to each other often.
//
// For property tests of World: the same seed gives the same sequence.
#pragma once

#include <random>
#include <string>

#include "crds/object/any_object.h"

namespace fairlead::testing {

class RandomCluster {
 public:
  explicit RandomCluster(unsigned seed) : random_(seed) {}

  AnyObject Object();  // of a random kind, never Invalid but for policies
  size_t Below(size_t n) { return std::uniform_int_distribution<size_t>(0, n - 1)(random_); }
  bool Chance(size_t percent) { return Below(100) < percent; }
  std::mt19937& engine() { return random_; }

 private:
  ObjectMeta Meta(const std::string& prefix, size_t names, bool namespaced = true);
  std::string Namespace();
  Labels SomeLabels();
  std::vector<gateway::ParentRef> Parents(const std::string& ns);
  std::vector<gateway::HttpBackendRef> Backends(const std::string& ns);
  AnyObject Policy();
  AnyObject Failover();
  AnyObject Service();
  AnyObject Entry();
  AnyObject HttpRoute();
  AnyObject GrpcRoute();
  AnyObject Gateway();
  AnyObject NamespaceObject();
  AnyObject Workspace();
  AnyObject Settings();
  AnyObject Slice();
  AnyObject Grant();
  AnyObject Pod();
  AnyObject Node();

  std::mt19937 random_;
};

}  // namespace fairlead::testing
